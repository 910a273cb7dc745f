"""The value of a mapped field as text, for connectors whose partner takes text there."""

from collections.abc import Mapping
from typing import Any

from connectors.kit.errors import CannotRender
from connectors.kit.filters import FilterRefused, as_text


def mapped_text(mapped: Mapping[str, Any], name: str) -> str:
    """The field as trimmed text, `""` for what is absent; raises `CannotRender` for a list or an object."""
    try:
        return as_text(mapped.get(name)).strip()
    except FilterRefused as error:
        raise CannotRender(f"The field {name!r}: {error}.") from error
