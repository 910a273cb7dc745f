"""Types of what comes in: text and moments that every database can hold, bounded JSON, ids in paths."""

import math
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MAX_DEPTH = 32
MAX_JSON_LEAVES = 20_000


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not hold NUL or half of a surrogate pair")
    return text


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be in the years 1 to 9999 of UTC") from error


def bounded(tree: Any) -> Any:
    """The same JSON; raises `ValueError` when no database could hold it, or when it is out of all proportion."""
    stack: list[tuple[Any, int]] = [(tree, 1)]
    leaves = 0
    while stack:
        node, depth = stack.pop()
        leaves += 1
        if depth > MAX_DEPTH or leaves > MAX_JSON_LEAVES:
            raise ValueError(f"must be at most {MAX_DEPTH} deep and hold at most {MAX_JSON_LEAVES} values")
        match node:
            case dict():
                stack.extend((child, depth + 1) for pair in node.items() for child in pair)
            case list():
                stack.extend((child, depth + 1) for child in node)
            case str():
                _storable(node)
            case float() if not math.isfinite(node):
                raise ValueError("must not hold NaN or infinity")
            case int() if abs(node) >= 1 << 63:
                raise ValueError("must not hold a number beyond 64 bits")
    return tree


Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[Text, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Note = Annotated[Text, StringConstraints(max_length=2000)]
Key = Annotated[Text, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@/-]*$")]
JsonObject = Annotated[dict[str, Any], AfterValidator(bounded)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
PathId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
TypeKey = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:@-]{1,64}$", description="`braze`, or `custom:crm@3`.")]
VersionNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Input(BaseModel):
    """A request body: unknown fields are refused, since a misspelt one would be silently lost."""

    model_config = ConfigDict(extra="forbid")


class PublishRequest(Input):
    """A publication may say why."""

    note: Note | None = Field(default=None, description="Why this was published; shown in the history.")
