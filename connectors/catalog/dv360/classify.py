"""What the answers to an edit of a Display & Video 360 audience mean; those to jobs are read in the kit.

Google reports no row of an edit by itself: https://developers.google.com/display-video/api/reference/rest/v4
"""

import msgspec

from connectors.kit.classification import ACCEPTED, Classification, Verdict
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.kit.google_access import classify_google_error, google_error, unreadable
from connectors.records.delivery import Reason

MEMBERS = ("contactInfos", "contact_infos", "mobileDeviceIds", "mobile_device_ids")


class _Edited(msgspec.Struct, rename="camel"):
    first_party_and_partner_audience_id: str = ""


def edit_response(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows, but a refusal that is about a person halves the batch to find whose data is wrong."""
    return (_meaning(response, sent),) * len(sent.rows)


def _meaning(response: PartnerResponse, sent: Batch) -> Classification:
    if 200 <= response.status < 300:
        return ACCEPTED if _is_edited(response) else unreadable(response, sent.now)
    found = classify_google_error(response, sent.now)
    error = google_error(response)
    names_a_person = error is not None and any(member in field for field in error.fields for member in MEMBERS)
    if found.verdict is Verdict.REJECTED and names_a_person and len(sent.rows) > 1:
        return Classification(Verdict.SPLIT, Reason.REJECTED, found.partner_code)
    return found


def _is_edited(response: PartnerResponse) -> bool:
    try:
        return bool(msgspec.json.decode(response.body, type=_Edited, strict=False).first_party_and_partner_audience_id)
    except msgspec.MsgspecError:
        return False
