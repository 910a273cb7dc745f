"""What a LinkedIn connector asks for: the app, the ad account, and which segment is kept in step."""

from enum import StrEnum
from typing import Any, ClassVar

from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.partner_url import PartnerUrl
from connectors.kit.usual_fields import gateway_url, hashed_email, identifier

API_URL = "https://api.linkedin.com/rest"
TOKEN_URL = "https://www.linkedin.com/oauth/v2/accessToken"
LINKEDIN_VERSION = "202604"


class LinkedInSettings(SettingsModel):
    """Access to the ad account that owns the segments."""

    host_fields: ClassVar[tuple[str, ...]] = ("api_url", "token_url")

    client_id: str = setting("Client ID", "LinkedIn Developers → My apps → the app → Auth.", min_length=1)
    client_secret: Secret = setting("Client secret", "Shown beside the client id.", min_length=1)
    refresh_token: Secret = setting(
        "Refresh token",
        "What a member gave when they allowed the app its access. It needs rw_dmp_segments, and the member a role"
        " other than VIEWER on the ad account.",
        min_length=1,
    )
    account_id: str = setting(
        "Ad account ID",
        "The number in Campaign Manager's address; the connection test asks for its segments.",
        example="507404993",
        pattern=r"^[0-9]{1,20}$",
    )
    linkedin_version: str = setting(
        "LinkedIn version",
        "The month of the API that is called; LinkedIn retires a version after about a year.",
        default=LINKEDIN_VERSION,
        example=LINKEDIN_VERSION,
        pattern=r"^20[0-9]{2}(0[1-9]|1[0-2])$",
    )
    token_url: PartnerUrl = gateway_url("Token address", "access tokens are fetched", TOKEN_URL)
    api_url: PartnerUrl = gateway_url("API address", "the API is reached", API_URL)


class EmailHash(StrEnum):
    """How e-mail addresses are hashed for LinkedIn."""

    SHA256 = "sha256"
    SHA512 = "sha512"


class SyncAudienceFields(ActionFields):
    """One DMP segment, and the data that members are recognised by."""

    target_field: ClassVar[str | None] = "segment_id"

    segment_id: str = setting(
        "Segment ID",
        "The id of a DMP segment of the type USER, as LinkedIn gave it when the segment was made.",
        example="31512345",
        pattern=r"^[0-9]{1,20}$",
    )
    email_hash: EmailHash = setting(
        "Hash of e-mail addresses", "LinkedIn takes SHA-256 and SHA-512.", default=EmailHash.SHA256
    )
    email: Any = hashed_email()
    google_aid: Any = mapped(
        "Google advertising ID", "AAID of the person's Android device.", mapping=identifier("aaid")
    )
    first_name: Any = mapped("First name", "Sent in plain text, so it is empty unless you map it.", mapping="")
    last_name: Any = mapped("Last name", "Sent in plain text, so it is empty unless you map it.", mapping="")
    title: Any = mapped("Job title", "Sent in plain text, so it is empty unless you map it.", mapping="")
    company: Any = mapped("Company", "Sent in plain text, so it is empty unless you map it.", mapping="")
    country: Any = mapped("Country", "Two letters, sent in plain text; empty unless you map it.", mapping="")
