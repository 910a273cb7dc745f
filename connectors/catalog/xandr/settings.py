"""What a Xandr connector asks for: sign-in, member, the file format agreed on, and the segment of an action."""

from typing import Any, ClassVar

from connectors.kit.declaration import ActionFields, mapped, setting
from connectors.kit.partner_url import PartnerUrl
from connectors.kit.segment_file import SegmentFields, Separators
from connectors.kit.usual_fields import identifier
from connectors.kit.xandr_access import XandrAccess

INSTANT_URL = "https://streaming-data.appnexus.com"


class XandrSettings(XandrAccess):
    """Access to a member, and the form of its segment files."""

    host_fields: ClassVar[tuple[str, ...]] = ("api_url", "upload_url", "instant_url")

    separators: Separators = setting(
        "Separators",
        "The five characters between the parts of a line, in the order in which Xandr's support has configured them for"
        " you: user, segments, fields, removals, domain.",
        default=",;:#^",
    )
    segment_fields: SegmentFields = setting(
        "Segment fields",
        "The fields of a segment in the order agreed on with Xandr's support, with commas between them. EXPIRATION must"
        " be one of them, since it is what removes.",
        default="SEG_ID,EXPIRATION",
        example="SEG_ID,VALUE,EXPIRATION",
    )
    upload_url: PartnerUrl | None = setting(
        "Upload address", "Where files go; empty: to the address that Xandr names for each file.", default=None
    )
    instant_url: PartnerUrl = setting(
        "Instant audience address", "Where memberships are sent at once.", default=INSTANT_URL
    )


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
        "Segment code", "Your own, where the format has SEG_CODE.", default=None, pattern=r"^[A-Za-z0-9_.]{1,100}$"
    )
    expiration_minutes: int = setting(
        "Expiration",
        "Minutes until a person leaves the segment by herself. 0 is the longest: 180 days by file, for good at once.",
        default=0,
        ge=0,
        le=180 * 24 * 60,
    )
    value: int = setting(
        "Value", "A number of your own that goes with the membership.", default=0, ge=0, le=2_147_483_647
    )
    xandr_id: Any = mapped("Xandr user ID", "From the cookie match.", mapping=identifier("xandr_id"))
    idfa: Any = mapped("Apple advertising ID", "For people without a Xandr user ID.", mapping=identifier("idfa"))
    aaid: Any = mapped("Google advertising ID", "For people without the other two.", mapping=identifier("aaid"))
