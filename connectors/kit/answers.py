"""Reading a partner's answer: its JSON as a struct, and what to make of one that cannot be read."""

from typing import TypeVar

import msgspec

from connectors.kit.classification import Classification, Verdict, retry_after_seconds
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse
from connectors.records.delivery import Reason

Content = TypeVar("Content")


def is_good(response: PartnerResponse) -> bool:
    """True for a 2xx status, whatever the body says."""
    return 200 <= response.status < 300


def read_json(response: PartnerResponse, type_: type[Content]) -> Content | None:
    """The body as a struct, or `None` when it is not of that form."""
    try:
        return msgspec.json.decode(response.body, type=type_, strict=False)
    except msgspec.MsgspecError:
        return None


def unreadable(response: PartnerResponse, sent: Batch | None = None, code: str | None = None) -> Classification:
    """An answer that is not what the partner writes, such as a proxy's page: it is asked again."""
    wait = retry_after_seconds(response.headers, sent.now) if sent is not None else None
    return Classification(Verdict.TRY_AGAIN, Reason.UNREADABLE_ANSWER, code or str(response.status), wait)


def for_all(meaning: Classification, sent: Batch) -> tuple[Classification, ...]:
    """One meaning for all rows of a request, and one for a connection test, which has none."""
    return (meaning,) * (len(sent.rows) or 1)
