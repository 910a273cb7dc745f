"""The values of mapped fields, as connectors read them: text, numbers and objects; `CannotRender` for anything else."""

import math
from collections.abc import Mapping
from typing import Any

from connectors.kit.errors import CannotRender
from connectors.kit.filters import FilterRefused, as_text

MAX_COUNT = 2**53
"""From here on JSON readers no longer tell neighbouring numbers apart."""


def mapped_text(mapped: Mapping[str, Any], name: str) -> str:
    """The field as trimmed text, `""` for what is absent; raises `CannotRender` for a list or an object."""
    try:
        return as_text(mapped.get(name)).strip()
    except FilterRefused as error:
        raise CannotRender(f"The field {name!r}: {error}.") from error


def mapped_number(mapped: Mapping[str, Any], name: str, default: float) -> float:
    """The field as a finite number, the default for what is absent; raises `CannotRender` for anything else."""
    text = mapped_text(mapped, name)
    try:
        number = float(text) if text else default
    except ValueError as error:
        raise CannotRender(f"The field {name!r} is no number.") from error
    if not math.isfinite(number) or abs(number) >= MAX_COUNT:
        raise CannotRender(f"The field {name!r} is no number that can be counted with.")
    return number


def mapped_object(mapped: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The field as an object, `{}` for what is absent; raises `CannotRender` for anything else."""
    value = mapped.get(name) or {}
    if not isinstance(value, Mapping):
        raise CannotRender(f"The field {name!r} must be an object of names and values.")
    return value
