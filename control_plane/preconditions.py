"""ETag and If-Match: an object is changed only by whoever has seen its current state."""

from datetime import datetime
from typing import Annotated, Protocol

from fastapi import Depends, Header, Response

from control_plane.errors import PreconditionRequired, Stale

ANY_VERSION = None
_NO_VERSION = -1


class Versioned(Protocol):
    """A row with a version."""

    row_version: int
    updated_at: datetime
    updated_by: str


def set_etag(response: Response, row_version: int) -> None:
    """Tell the caller which version this answer shows."""
    response.headers["ETag"] = f'"{row_version}"'


def _read(if_match: str) -> int | None:
    text = if_match.strip()
    if text == "*":
        return ANY_VERSION
    digits = text.removeprefix('"').removesuffix('"')
    return int(digits) if text == f'"{digits}"' and digits.isascii() and digits.isdigit() else _NO_VERSION


def _optional(
    if_match: Annotated[str | None, Header(description="The ETag that was read.", max_length=64)] = None,
) -> int | None:
    return ANY_VERSION if if_match is None else _read(if_match)


def _required(
    if_match: Annotated[str | None, Header(description="The ETag that was read; required.", max_length=64)] = None,
) -> int | None:
    if if_match is None:
        raise PreconditionRequired("Send the ETag that you read as If-Match, so that nobody's change is overwritten.")
    return _read(if_match)


IfMatch = Annotated[int | None, Depends(_required)]
OptionalIfMatch = Annotated[int | None, Depends(_optional)]


def demand_current(row: Versioned, expected: int | None) -> None:
    """Raises `Stale`, which tells the current version, unless the caller has seen it."""
    if expected is not ANY_VERSION and expected != row.row_version:
        raise Stale(
            f"This was changed by {row.updated_by} at {row.updated_at.isoformat()}; read it again.",
            more={
                "current_version": row.row_version,
                "changed_by": row.updated_by,
                "changed_at": row.updated_at.isoformat(),
            },
        )
