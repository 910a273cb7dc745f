"""The order of a list of connectors, and where a page of it begins; pure."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from control_plane.connector.repository import Listed
from control_plane.errors import Fault, InvalidInput
from control_plane.outcome.recent import NOTHING, Recent

Key = tuple[str | int, str]


class Sort(StrEnum):
    """What comes first: the oldest, A, what needs somebody, most errors, the latest delivery, most deliveries."""

    CREATED = "created"
    NAME = "name"
    STATUS = "status"
    ERRORS = "errors"
    LAST_DELIVERY = "last_delivery"
    DELIVERED = "delivered"


ID_PREFIX = "con_"
BY_FIGURES = frozenset({Sort.ERRORS, Sort.LAST_DELIVERY, Sort.DELIVERED})


class Status(StrEnum):
    """How a connector is doing, in one word; the first that holds, in this order, is told."""

    DEACTIVATED = "deactivated"
    CREDENTIALS_INVALID = "credentials_invalid"
    BREAKER_OPEN = "breaker_open"
    PAUSED = "paused"
    ACTIVE = "active"


_URGENCY = (Status.CREDENTIALS_INVALID, Status.BREAKER_OPEN, Status.PAUSED, Status.ACTIVE, Status.DEACTIVATED)


def keys_of(
    sort: Sort, rows: Sequence[Listed], statuses: Mapping[str, Status], recent: Mapping[str, Recent]
) -> list[Key]:
    """What each row is ordered by, and its id, so that no two are alike."""
    by: dict[Sort, Callable[[Listed], str | int]] = {
        Sort.CREATED: lambda row: row.id,
        Sort.NAME: lambda row: row.name.casefold(),
        Sort.STATUS: lambda row: _URGENCY.index(statuses[row.id]),
        Sort.ERRORS: lambda row: -recent.get(row.id, NOTHING).totals.errors_total,
        Sort.LAST_DELIVERY: lambda row: -_second(recent.get(row.id, NOTHING)),
        Sort.DELIVERED: lambda row: -_delivered(recent.get(row.id, NOTHING)),
    }
    return [(by[sort](row), row.id) for row in rows]


def page_of(keys: Sequence[Key], cursor: str | None, limit: int, *, reverse: bool) -> tuple[list[str], str | None]:
    """The ids of a page, and the cursor of the next one; raises `InvalidInput` for a cursor of another list."""
    ordered = sorted(keys, reverse=reverse)
    if cursor is not None:
        after = _read(cursor, ordered)
        ordered = [key for key in ordered if (key < after if reverse else key > after)]
    page = ordered[:limit]
    return [key[1] for key in page], _write(page[-1]) if len(ordered) > limit else None


def _write(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def _read(cursor: str, ordered: Sequence[Key]) -> Key:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    is_key = isinstance(values, list) and len(values) == 2 and type(values[0]) in (str, int) and type(values[1]) is str
    if not is_key or not values[1].startswith(ID_PREFIX) or (ordered and type(values[0]) is not type(ordered[0][0])):
        fault = Fault(pointer="query:cursor", code="invalid_cursor", detail="Not a cursor of this list.")
        raise InvalidInput("The cursor is not one of this list; begin without it.", faults=(fault,))
    return values[0], values[1]


def _second(recent: Recent) -> int:
    return 0 if recent.last_delivery_at is None else int(recent.last_delivery_at.timestamp())


def _delivered(recent: Recent) -> int:
    return recent.totals.sent + recent.totals.removed
