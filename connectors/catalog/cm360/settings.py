"""What a Campaign Manager 360 connector asks for: the OAuth client, the user profile, and the Floodlight activity."""

from enum import StrEnum
from functools import cached_property
from typing import Any

from connectors.kit.declaration import ActionFields, Secret, mapped, setting
from connectors.kit.google_access import GoogleSettings, refresh_token
from connectors.kit.google_customer_match import Consent
from connectors.kit.partner_url import PartnerUrl
from connectors.kit.usual_fields import api_version, gateway_url, identifier, mobile_ad_id, phone_region

API_URL = "https://dfareporting.googleapis.com"
API_VERSION = "v5"
NUMBER = r"^[0-9]{1,20}$"


class CampaignManagerSettings(GoogleSettings):
    """Access to Campaign Manager 360 as one of its user profiles."""

    refresh_token: Secret = refresh_token("Campaign Manager 360", "https://www.googleapis.com/auth/ddmconversions")
    profile_id: str = setting(
        "User profile ID",
        "Campaign Manager 360 → Admin → User profiles: the id of that user's profile. It needs API access and the"
        " permission to insert offline conversions.",
        example="5566778",
        pattern=NUMBER,
    )
    api_version: str = api_version("Campaign Manager 360 API", API_VERSION, r"^v[0-9]{1,2}(\.[0-9]{1,2})?$")
    api_url: PartnerUrl = gateway_url("API address", "the API is reached", API_URL)

    @cached_property
    def profile_url(self) -> str:
        """What every call begins with."""
        return f"{self.api_url}/dfareporting/{self.api_version}/userprofiles/{self.profile_id}"


class EncryptionEntity(StrEnum):
    """Whose encrypted user ids they are."""

    ACCOUNT = "DCM_ACCOUNT"
    ADVERTISER = "DCM_ADVERTISER"
    DISPLAY_VIDEO_PARTNER = "DBM_PARTNER"
    DISPLAY_VIDEO_ADVERTISER = "DBM_ADVERTISER"
    GOOGLE_ADS_CUSTOMER = "ADWORDS_CUSTOMER"
    AD_MANAGER_NETWORK = "DFP_NETWORK_CODE"


class EncryptionSource(StrEnum):
    """Where encrypted user ids come from."""

    AD_SERVING = "AD_SERVING"
    DATA_TRANSFER = "DATA_TRANSFER"


class SendConversionFields(ActionFields):
    """One Floodlight activity, and what is said of each conversion; it is named by exactly one identifier."""

    floodlight_configuration_id: str = setting(
        "Floodlight configuration ID",
        "Campaign Manager 360 → the advertiser → Floodlight → Configuration: usually the advertiser's own id.",
        example="8877665",
        pattern=NUMBER,
    )
    floodlight_activity_id: str = setting(
        "Floodlight activity ID",
        "The activity that counts these conversions. A remarketing list whose rule watches it gets the people.",
        example="1122334",
        pattern=NUMBER,
    )
    ad_user_data: Consent = setting(
        "Consent to user data", "What people have agreed to about their data and ads.", default=Consent.UNSPECIFIED
    )
    limit_ad_tracking: bool = setting("Limit ad tracking", "Keep conversions out of remarketing.", default=False)
    child_directed: bool = setting("Child-directed", "Treat conversions as those of children under 13.", default=False)
    under_age: bool = setting("Under age of consent", "Treat conversions as those of people under 16.", default=False)
    non_personalized: bool = setting("Non-personalised ads", "Conversions of non-personalised ads.", default=False)
    encryption_entity: EncryptionEntity | None = setting(
        "Encryption entity", "For encrypted user ids: whose they are. Without it they are not used.", default=None
    )
    encryption_entity_id: str | None = setting(
        "Encryption entity ID", "For encrypted user ids: the number of that entity.", default=None, pattern=NUMBER
    )
    encryption_source: EncryptionSource = setting(
        "Encryption source", "For encrypted user ids: where they are from.", default=EncryptionSource.AD_SERVING
    )
    send_user_identifiers: bool = setting(
        "Send hashed contact data",
        "Add hashed e-mail and phone (enhanced conversions), where your account takes them with new conversions.",
        default=False,
    )
    phone_region: str | None = phone_region()
    gclid: Any = mapped("Google click ID", "From the landing page.", mapping=identifier("gclid"))
    dclid: Any = mapped("Display click ID", "From the landing page.", mapping=identifier("dclid"))
    match_id: Any = mapped("Match ID", "Your own id, known to Floodlight.", mapping=identifier("match_id"))
    impression_id: Any = mapped("Impression ID", "Of one impression.", mapping=identifier("impression_id"))
    mobile_device_id: Any = mobile_ad_id("IDFA or AAID of the person's phone.")
    encrypted_user_id: Any = mapped(
        "Encrypted user ID", "From the %m macro or Data Transfer.", mapping=identifier("encrypted_user_id")
    )
    email: Any = mapped("E-mail", "Hashed here; sent when the setting is on.", mapping=identifier("email"))
    phone: Any = mapped("Phone", "Hashed here; sent when the setting is on.", mapping=identifier("phone"))
    ordinal: Any = mapped(
        "Ordinal", "Google counts an ordinal once per person and day; empty takes the delivery's id.", mapping=""
    )
    quantity: Any = mapped("Quantity", "How many.", mapping="{{ event.properties.quantity | default: 1 }}")
    value: Any = mapped("Value", "In the advertiser's currency.", mapping="{{ event.properties.value | default: 0 }}")
    custom_variables: Any = mapped("Custom variables", 'An object such as {"U1": "gold"}.', mapping={})
