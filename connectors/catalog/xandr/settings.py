"""What a Xandr connector asks for: sign-in, member, the file format agreed on, and the segment of an action."""

import re
from typing import Any, ClassVar

from pydantic import field_validator

from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.partner_url import PartnerUrl

FILE_FIELDS = ("SEG_ID", "SEG_CODE", "MEMBER_ID", "EXPIRATION", "VALUE", "TIMESTAMP")
NO_SEPARATORS = re.compile(r"[A-Za-z0-9\s\[\](){}$\\/|?*+-]")
MAX_MINUTES = 180 * 24 * 60


class XandrSettings(SettingsModel):
    """Access to a member, and the form of its segment files."""

    host_fields: ClassVar[tuple[str, ...]] = ("api_url", "upload_url", "instant_url")

    username: str = setting("User name", "Of an API user of your member.", min_length=1)
    password: Secret = setting("Password", "Of that user; Xandr lets passwords expire.", min_length=1)
    member_id: str = setting("Member ID", "The number of your seat at Xandr.", example="456", pattern=r"^[0-9]{1,10}$")
    separators: str = setting(
        "Separators",
        "The five characters between the parts of a line, in the order in which Xandr's support has configured them for"
        " you: user, segments, fields, removals, domain.",
        default=",;:#^",
        min_length=5,
        max_length=5,
    )
    segment_fields: str = setting(
        "Segment fields",
        "The fields of a segment in the order agreed on with Xandr's support, with commas between them. EXPIRATION must"
        " be one of them, since it is what removes.",
        default="SEG_ID,EXPIRATION",
        example="SEG_ID,VALUE,EXPIRATION",
    )
    api_url: PartnerUrl = setting(
        "API address", "Data providers use https://api.adnxs.com.", default="https://api.appnexus.com"
    )
    upload_url: PartnerUrl | None = setting(
        "Upload address",
        "Where files go; empty: to the address that Xandr names for each file.",
        default=None,
    )
    instant_url: PartnerUrl = setting(
        "Instant audience address",
        "Where memberships are sent at once.",
        default="https://streaming-data.appnexus.com",
    )

    @field_validator("separators")
    @classmethod
    def separators_separate(cls, separators: str) -> str:
        """Five different characters that cannot stand in an id."""
        if len(set(separators)) != 5 or NO_SEPARATORS.search(separators) or not separators.isascii():
            raise ValueError("Five different characters, none of them a letter, a digit, a blank or [](){}$\\/|?*+-.")
        return separators

    @field_validator("segment_fields")
    @classmethod
    def fields_are_known(cls, text: str) -> str:
        """Known fields, each once, that name the segment and can remove."""
        fields = text.replace(" ", "").upper().split(",")
        if not set(fields) <= set(FILE_FIELDS) or len(set(fields)) != len(fields):
            raise ValueError(f"The fields are {', '.join(FILE_FIELDS)}, each at most once.")
        if "EXPIRATION" not in fields or not {"SEG_ID", "SEG_CODE"} & set(fields):
            raise ValueError("EXPIRATION is needed, and SEG_ID or SEG_CODE.")
        return ",".join(fields)


class SyncSegmentFields(ActionFields):
    """One segment, and the ids that a person is known by."""

    target_field: ClassVar[str | None] = "segment_id"

    segment_id: str = setting(
        "Segment ID",
        "The number of the segment; a new segment takes about 20 minutes before it can be used.",
        example="10000",
        pattern=r"^[0-9]{1,10}$",
    )
    segment_code: str | None = setting(
        "Segment code",
        "Your own code of the segment, where the file format has SEG_CODE.",
        default=None,
        pattern=r"^[A-Za-z0-9_.]{1,100}$",
    )
    expiration_minutes: int = setting(
        "Expiration",
        "Minutes until a person leaves the segment by herself. 0 is the longest: 180 days by file, for good at once.",
        default=0,
        ge=0,
        le=MAX_MINUTES,
    )
    value: int = setting(
        "Value", "A number of your own that goes with the membership.", default=0, ge=0, le=2_147_483_647
    )
    xandr_id: Any = mapped(
        "Xandr user ID",
        "From the cookie match.",
        mapping="{{ profile.identifiers.xandr_id | default: nil }}",
    )
    idfa: Any = mapped(
        "Apple advertising ID",
        "Used for people without a Xandr user ID.",
        mapping="{{ profile.identifiers.idfa | default: nil }}",
    )
    aaid: Any = mapped(
        "Google advertising ID",
        "Used for people without the other two.",
        mapping="{{ profile.identifiers.aaid | default: nil }}",
    )
