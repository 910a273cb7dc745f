"""What a Meta connector asks for: the access token, the audience, and where a person's data stands."""

from functools import cached_property
from typing import Any, ClassVar

from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.partner_url import PartnerUrl
from connectors.kit.usual_fields import (
    api_version,
    attribute,
    gateway_url,
    hashed_email,
    identifier,
    mobile_ad_id,
    phone_region,
)

API_URL = "https://graph.facebook.com"
API_VERSION = "v25.0"


class MetaSettings(SettingsModel):
    """Access to the ad account that owns the audiences."""

    host_fields: ClassVar[tuple[str, ...]] = ("api_url",)

    access_token: Secret = setting(
        "Access token",
        "A long-lived token of a system user: Business settings → Users → System users → Generate token. It needs"
        " ads_management on the ad account that owns the audience.",
        min_length=1,
    )
    app_secret: Secret | None = setting(
        "App secret",
        "App dashboard → Settings → Basic. Needed only where the app requires proof of its secret with each call.",
        default=None,
    )
    api_version: str = api_version("Marketing API", API_VERSION, r"^v[0-9]{1,3}\.[0-9]{1,2}$")
    send_session: bool = setting(
        "Send sessions",
        "Describe each batch as an upload session of its own. Meta's guide asks for it; uploads work without.",
        default=False,
    )
    api_url: PartnerUrl = gateway_url("API address", "the Graph API is reached", API_URL)

    @cached_property
    def base_url(self) -> str:
        """Address and version, which every call begins with."""
        return f"{self.api_url}/{self.api_version}"


class SyncAudienceFields(ActionFields):
    """One custom audience, and the data that people are recognised by; all of it is normalised and hashed here."""

    target_field: ClassVar[str | None] = "audience_id"

    audience_id: str = setting(
        "Audience ID",
        "Ads Manager → Audiences: the number in the address when the audience is open.",
        example="23842519000000001",
        pattern=r"^[0-9]{1,32}$",
    )
    phone_region: str | None = phone_region()
    email: Any = hashed_email()
    phone: Any = mapped("Phone", "With its country code, or the SHA-256 of its digits.", mapping=identifier("phone"))
    external_id: Any = mapped("External ID", "Your own id of the person.", mapping=identifier("external_id"))
    mobile_ad_id: Any = mobile_ad_id("IDFA or AAID of the person's phone.")
    gender: Any = mapped("Gender", "f or m.", mapping=attribute("gender"))
    birth_date: Any = mapped("Date of birth", "As 1815-12-10.", mapping=attribute("birth_date"))
    first_name: Any = mapped("First name", "The given name.", mapping=attribute("first_name"))
    last_name: Any = mapped("Last name", "The family name.", mapping=attribute("last_name"))
    city: Any = mapped("City", "Without punctuation.", mapping=attribute("city"))
    state: Any = mapped("State", "Two letters in the US.", mapping=attribute("state"))
    zip: Any = mapped("Postal code", "In the US the first five digits.", mapping=attribute("zip"))
    country: Any = mapped("Country", "Two letters (ISO 3166).", mapping=attribute("country"))
