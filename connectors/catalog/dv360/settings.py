"""What a Display & Video 360 connector asks for: the OAuth client, the advertiser, and which list is kept in step."""

from enum import StrEnum
from functools import cached_property
from typing import ClassVar

from connectors.kit import google_data_manager
from connectors.kit.declaration import Secret, setting
from connectors.kit.google_access import GoogleSettings, refresh_token
from connectors.kit.google_customer_match import CustomerMatchFields, PersonFields
from connectors.kit.google_data_manager import Access, Account
from connectors.kit.partner_url import PartnerUrl

API_URL = "https://displayvideo.googleapis.com"
API_VERSION = "v4"
AUDIENCE_PAGE = "Display & Video 360 → Resources → Audiences: the number beside the first-party audience."


class DisplayVideoSettings(GoogleSettings):
    """Access to one advertiser; a sub-brand or region with an advertiser of its own gets a connector of its own."""

    host_fields: ClassVar[tuple[str, ...]] = ("api_url", "data_manager_url", "token_url")

    refresh_token: Secret = refresh_token(
        "Display & Video 360", google_data_manager.SCOPE, "https://www.googleapis.com/auth/display-video"
    )
    advertiser_id: str = setting(
        "Advertiser ID",
        "Display & Video 360 → Advertiser settings → Basic details.",
        example="4561237",
        pattern=r"^[0-9]{1,20}$",
    )
    partner_id: str | None = setting(
        "Partner ID",
        "Give it when the audiences belong to the partner and not to the advertiser: Partner settings → Basic details.",
        default=None,
        pattern=r"^[0-9]{1,20}$",
    )
    data_manager_url: PartnerUrl = setting(
        "Data Manager address",
        "Where the Data Manager API is reached; change it only for a gateway of your own.",
        default=google_data_manager.API_URL,
    )
    api_url: PartnerUrl = setting(
        "API address",
        "Where the Display & Video 360 API is reached; change it only for a gateway of your own.",
        default=API_URL,
    )

    @cached_property
    def access(self) -> Access:
        """The account that owns the audiences."""
        partner = Account("DISPLAY_VIDEO_PARTNER", self.partner_id) if self.partner_id else None
        return Access(self.data_manager_url, partner or Account("DISPLAY_VIDEO_ADVERTISER", self.advertiser_id))


class SyncAudienceFields(CustomerMatchFields):
    """One Customer Match audience, filled through the Data Manager API."""

    audience_id: str = setting("Audience ID", AUDIENCE_PAGE, example="1234567", pattern=r"^[0-9]{1,20}$")


class ListKind(StrEnum):
    """What people are recognised by on a Customer Match audience of the Display & Video 360 API."""

    CONTACT_INFO = "contact_info"
    MOBILE_IDS = "mobile_ids"


class UpdateAudienceFields(PersonFields):
    """One Customer Match audience, edited through the Display & Video 360 API."""

    audience_id: str = setting("Audience ID", AUDIENCE_PAGE, example="1234567", pattern=r"^[0-9]{1,20}$")
    members: ListKind = setting(
        "Kind of members",
        "What the audience was made for: contact data (e-mail, phone, address) or mobile advertising ids.",
        default=ListKind.CONTACT_INFO,
    )
