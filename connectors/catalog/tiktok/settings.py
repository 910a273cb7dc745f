"""What a TikTok connector asks for: the access token, the advertiser, and which audience is kept in step."""

from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar

from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.partner_url import PartnerUrl
from connectors.kit.usual_fields import api_version, hashed_email, identifier, phone_region

API_URL = "https://business-api.tiktok.com"
API_VERSION = "v1.3"


class TikTokSettings(SettingsModel):
    """Access to the advertiser that owns the audiences."""

    host_fields: ClassVar[tuple[str, ...]] = ("api_url",)

    access_token: Secret = setting(
        "Access token",
        "The long-lived token that TikTok gave when the advertiser allowed your developer app its access. It needs"
        " the permission to manage audiences, and does not end by itself.",
        min_length=1,
    )
    advertiser_id: str = setting(
        "Advertiser ID",
        "TikTok Ads Manager: the number beside the account's name.",
        example="7012345678901234567",
        pattern=r"^[0-9]{1,32}$",
    )
    api_version: str = api_version("Marketing API", API_VERSION, r"^v[0-9]{1,2}\.[0-9]{1,2}$")
    api_url: PartnerUrl = setting(
        "API address",
        "Where the Marketing API is reached: change it for TikTok's sandbox (https://sandbox-ads.tiktok.com) or for a"
        " gateway of your own.",
        default=API_URL,
    )

    @cached_property
    def base_url(self) -> str:
        """Address and version, which every call begins with."""
        return f"{self.api_url}/open_api/{self.api_version}"


class DeviceHash(StrEnum):
    """How advertising ids are hashed for TikTok."""

    SHA256 = "sha256"
    MD5 = "md5"


class SyncAudienceFields(ActionFields):
    """One custom audience, and the data that people are recognised by; all of it is normalised and hashed here."""

    target_field: ClassVar[str | None] = "audience_id"

    audience_id: str = setting(
        "Audience ID",
        "The id of a partner audience, as TikTok gave it when the audience was made through the API; audiences that"
        " were uploaded as a file cannot be changed so.",
        example="175634567890123",
        pattern=r"^[0-9]{1,32}$",
    )
    device_hash: DeviceHash = setting(
        "Hash of advertising IDs", "TikTok takes SHA-256 and MD5.", default=DeviceHash.SHA256
    )
    plus_before_phone: bool = setting(
        "Plus before phone numbers",
        "Hash +31612345678 and not 31612345678. TikTok's pages differ: change it when phone numbers do not match.",
        default=True,
    )
    phone_region: str | None = phone_region()
    email: Any = hashed_email()
    phone: Any = mapped("Phone", "With its country code, or its SHA-256.", mapping=identifier("phone"))
    idfa: Any = mapped("Apple advertising ID", "IDFA, or its hash.", mapping=identifier("idfa"))
    aaid: Any = mapped("Google advertising ID", "AAID, or its hash.", mapping=identifier("aaid"))
