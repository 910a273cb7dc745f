"""Cursor pagination: opaque cursors over a stable order, so that pages neither repeat nor skip while things change."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from control_plane.errors import Fault, InvalidInput

Item = TypeVar("Item")
Order = Sequence[ColumnElement[Any]] | Sequence[InstrumentedAttribute[Any]]
"""The columns that a list is ordered by; the last one is unique."""

_KEY_BYTES = 200 * 6 + 72
"""The longest key in JSON: a name, each character of which takes six bytes at most, case-folded or escaped; an id."""
MAX_CURSOR = _KEY_BYTES * 4 // 3  # in base64


class Page(BaseModel, Generic[Item]):
    """A page, and the cursor of the one after it."""

    items: list[Item]
    next_cursor: str | None = Field(default=None, description="Send it as `cursor` for the next page.")
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is wanted, and where to say where the next one is."""

    limit: int
    cursor: str | None
    request: Request
    response: Response

    def page(self, items: list[Item], cursor: str | None) -> Page[Item]:
        """The answer, with its `Link` header."""
        if cursor is not None:
            url = self.request.url.include_query_params(limit=self.limit, cursor=cursor)
            self.response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        return Page[Item](items=items, next_cursor=cursor, has_more=cursor is not None)


def _paging(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> Paging:
    return Paging(limit, cursor, request, response)


Paged = Annotated[Paging, Depends(_paging)]


async def fetch_page(
    session: AsyncSession,
    statement: Select[Any],
    order: Order,
    paging: Paging,
    *,
    newest_first: bool = False,
) -> tuple[list[Any], str | None]:
    """The rows of a page in the order of these columns (the last one unique), and the cursor of the next page.

    The statement must select the columns of `order`, as attributes of its entity or by name. Raises `InvalidInput`.
    """
    after = None if paging.cursor is None else _read_cursor(paging.cursor, order)
    if after is not None:
        place, given = tuple_(*order), tuple_(*map(literal, after))
        statement = statement.where(place < given if newest_first else place > given)
    statement = statement.order_by(*(column.desc() if newest_first else column for column in order))
    found = await session.execute(statement.limit(paging.limit + 1))
    rows = list(found.scalars() if _is_entity(statement) else found.mappings())
    page = rows[: paging.limit]
    return page, _make_cursor(page[-1], order) if len(rows) > paging.limit else None


def _is_entity(statement: Select[Any]) -> bool:
    return any(description.get("entity") is not None for description in statement.column_descriptions)


def _make_cursor(row: Any, order: Order) -> str:
    names = [str(column.key) for column in order]
    values = [row[name] if hasattr(row, "keys") else getattr(row, name) for name in names]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, order: Order) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    if not isinstance(values, list) or len(values) != len(order) or not all(map(_fits, values, order)):
        fault = Fault(pointer="query:cursor", code="invalid_cursor", detail="Not a cursor of this list.")
        raise InvalidInput("The cursor is not one of this list; begin without it.", faults=(fault,))
    return values


def _fits(value: Any, column: Any) -> bool:
    if isinstance(value, str):
        return column.type.python_type is str and "\x00" not in value and value.isprintable()
    return type(value) is int and column.type.python_type is int and abs(value) < 1 << 63
