"""The connector types that Patchbay ships, in an explicit list; one folder each, and nothing else lives here."""

import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from connectors.catalog.azure_event_hubs.declaration import CONNECTOR as AZURE_EVENT_HUBS
from connectors.catalog.azure_service_bus.declaration import CONNECTOR as AZURE_SERVICE_BUS
from connectors.catalog.braze.declaration import CONNECTOR as BRAZE
from connectors.catalog.clang.declaration import CONNECTOR as CLANG
from connectors.catalog.cm360.declaration import CONNECTOR as CM360
from connectors.catalog.dv360.declaration import CONNECTOR as DV360
from connectors.catalog.google_ads_customer_match.declaration import CONNECTOR as GOOGLE_ADS_CUSTOMER_MATCH
from connectors.catalog.kafka_topic.declaration import CONNECTOR as KAFKA_TOPIC
from connectors.catalog.linkedin.declaration import CONNECTOR as LINKEDIN
from connectors.catalog.meta_custom_audiences.declaration import CONNECTOR as META_CUSTOM_AUDIENCES
from connectors.catalog.object_storage.declaration import CONNECTOR as OBJECT_STORAGE
from connectors.catalog.salesforce_marketing_cloud.declaration import CONNECTOR as SALESFORCE_MARKETING_CLOUD
from connectors.catalog.tag.declaration import CONNECTOR as TAG
from connectors.catalog.tiktok.declaration import CONNECTOR as TIKTOK
from connectors.catalog.webhook.declaration import CONNECTOR as WEBHOOK
from connectors.catalog.xandr.declaration import CONNECTOR as XANDR
from connectors.kit.cases import case_folder
from connectors.kit.declaration import ConnectorType
from connectors.kit.errors import InvalidSettings
from connectors.kit.registry import Registry

CATALOG: tuple[ConnectorType, ...] = (
    AZURE_EVENT_HUBS,
    AZURE_SERVICE_BUS,
    BRAZE,
    CLANG,
    CM360,
    DV360,
    GOOGLE_ADS_CUSTOMER_MATCH,
    KAFKA_TOPIC,
    LINKEDIN,
    META_CUSTOM_AUDIENCES,
    OBJECT_STORAGE,
    SALESFORCE_MARKETING_CLOUD,
    TAG,
    TIKTOK,
    WEBHOOK,
    XANDR,
)

ENTRY_POINTS = "patchbay.connectors"
"""The group under which other wheels name their connector types: each entry is a `ConnectorType`.

Their recorded cases are in the folder `cases` beside the module that the entry names.
"""


def load_catalog() -> Registry:
    """Every connector type of this installation: ours, then those of other wheels; called once at start.

    Raises `InvalidSettings` when an entry point is no connector type or takes a key that another one has.
    """
    return Registry((*CATALOG, *(_load(entry) for entry in sorted(entry_points(group=ENTRY_POINTS)))))


def find_cases(key: str) -> Path:
    """The folder with the recorded cases of a connector type, ours or another wheel's; it may not exist."""
    for entry in entry_points(group=ENTRY_POINTS):
        if _load(entry).key == key:
            return Path(str(sys.modules[entry.module].__file__)).parent / "cases"
    return case_folder(key)


def _load(entry: EntryPoint) -> ConnectorType:
    loaded = entry.load()
    if not isinstance(loaded, ConnectorType):
        raise InvalidSettings(f"The entry point {entry.name!r} of {ENTRY_POINTS} is no ConnectorType: {entry.value}.")
    return loaded
