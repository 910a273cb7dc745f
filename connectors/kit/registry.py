"""Looking a connector type up by its key, over an explicit tuple."""

from collections.abc import Iterable, Iterator

from connectors.kit.declaration import ConnectorType
from connectors.kit.errors import InvalidSettings


class Registry:
    """The connector types that this process knows, built once at start."""

    def __init__(self, types: Iterable[ConnectorType]) -> None:
        self._types: dict[str, ConnectorType] = {}
        for type_ in types:
            if type_.key in self._types:
                raise InvalidSettings(f"Two connector types are named {type_.key!r}; rename one of them.")
            self._types[type_.key] = type_

    def get(self, key: str) -> ConnectorType | None:
        """The connector type, or `None` when this process does not know it."""
        return self._types.get(key)

    def __iter__(self) -> Iterator[ConnectorType]:
        return iter(self._types.values())
