"""The connector types that Patchbay ships, in an explicit list; one folder each, and nothing else lives here."""

from importlib.metadata import EntryPoint, entry_points

from connectors.catalog.meta_custom_audiences.declaration import CONNECTOR as META_CUSTOM_AUDIENCES
from connectors.catalog.webhook.declaration import CONNECTOR as WEBHOOK
from connectors.kit.declaration import ConnectorType
from connectors.kit.errors import InvalidSettings
from connectors.kit.registry import Registry

CATALOG: tuple[ConnectorType, ...] = (WEBHOOK, META_CUSTOM_AUDIENCES)

ENTRY_POINTS = "patchbay.connectors"
"""The group under which other wheels name their connector types: each entry is a `ConnectorType`."""


def load_catalog() -> Registry:
    """Every connector type of this installation: ours, then those of other wheels; called once at start.

    Raises `InvalidSettings` when an entry point is no connector type or takes a key that another one has.
    """
    return Registry((*CATALOG, *(_load(entry) for entry in sorted(entry_points(group=ENTRY_POINTS)))))


def _load(entry: EntryPoint) -> ConnectorType:
    loaded = entry.load()
    if not isinstance(loaded, ConnectorType):
        raise InvalidSettings(f"The entry point {entry.name!r} of {ENTRY_POINTS} is no ConnectorType: {entry.value}.")
    return loaded
