"""What a Google Ads connector asks for: the OAuth client, the account, and which list is kept in step."""

from functools import cached_property

from connectors.kit.declaration import Secret, setting
from connectors.kit.google_access import GoogleSettings
from connectors.kit.google_customer_match import CustomerMatchFields
from connectors.kit.google_data_manager import API_URL, Access, Account
from connectors.kit.partner_url import PartnerUrl

GOOGLE_ADS = "GOOGLE_ADS"


class GoogleAdsSettings(GoogleSettings):
    """Access to the Google Ads account that owns the lists."""

    refresh_token: Secret = setting(
        "Refresh token",
        "What a user of the Google Ads account gave when they allowed the OAuth client the scope"
        " https://www.googleapis.com/auth/datamanager. No developer token is needed.",
        min_length=1,
    )
    customer_id: str = setting(
        "Customer ID",
        "The number at the top right of Google Ads, without hyphens, of the account that owns the lists.",
        example="1234567890",
        pattern=r"^[0-9]{1,20}$",
    )
    manager_id: str | None = setting(
        "Manager account ID",
        "When the user has access through a manager account: its number, without hyphens.",
        default=None,
        pattern=r"^[0-9]{1,20}$",
    )
    api_url: PartnerUrl = setting(
        "API address",
        "Where the Data Manager API is reached; change it only for a gateway of your own.",
        default=API_URL,
    )

    @cached_property
    def access(self) -> Access:
        """The account, and the manager account that signs in for it."""
        login = Account(GOOGLE_ADS, self.manager_id) if self.manager_id else None
        return Access(self.api_url, Account(GOOGLE_ADS, self.customer_id), login)


class SyncAudienceFields(CustomerMatchFields):
    """One customer list of the account."""

    audience_id: str = setting(
        "User list ID",
        "Google Ads → Tools → Audience manager: the number in the address when the customer list is open.",
        example="8123456789",
        pattern=r"^[0-9]{1,20}$",
    )
