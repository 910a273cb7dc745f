"""Who can be recognised: people without anything that the partner knows them by are skipped, and not sent."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from connectors.kit.declaration import Refuse, Row
from connectors.kit.errors import CannotRender
from connectors.kit.mapped_values import mapped_text
from connectors.records.delivery import Reason

Found = TypeVar("Found")
Recognise = Callable[[Any, Mapping[str, Any]], Any]
"""(fields, mapped values of a row) → what a person is recognised by; empty when there is nothing."""


def refuse_without(recognise: Recognise) -> Refuse:
    """A `refuse` that says `no_identifier` of every row in which nothing is recognised."""

    def refuse(_: Any, fields: Any, row: Row) -> Reason | None:
        return None if recognise(fields, row.mapped) else Reason.NO_IDENTIFIER

    return refuse


def known(found: Found | None) -> Found:
    """What was recognised; raises `CannotRender` for a row that `refuse` should have kept from being rendered."""
    if found is None:
        raise CannotRender("There is nothing that the person could be recognised by.")
    return found


def first_known(*names: str) -> Callable[[Any, Mapping[str, Any]], tuple[str, str] | None]:
    """Recognises people by the first of these mapped fields that has a value: gives its name and the value."""

    def known(_: Any, mapped: Mapping[str, Any]) -> tuple[str, str] | None:
        return next(((name, text) for name in names if (text := mapped_text(mapped, name))), None)

    return known
