"""The tag that is published, and what the visitor's browser asks for when it fires."""

from datetime import datetime

from connectors.catalog.tag.settings import FireTagFields, TagSettings
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerRequest
from connectors.kit.tag_container import TagTemplate, fill_macros


def tag(settings: TagSettings, fields: FireTagFields) -> TagTemplate:
    """What goes into the container."""
    return TagTemplate(fields.kind, f"https://{settings.host}{fields.path}", fields.fires)


def fire_tag(settings: TagSettings, fields: FireTagFields, batch: Batch) -> PartnerRequest:
    """What the browser of this visitor asks for; no server of ours ever sends it."""
    values = {
        "page_url": "https://www.example.org/",
        "profile_id": batch.rows[0].profile_id,
        "timestamp": str(int(batch.now.timestamp() * 1000)),
    }
    return PartnerRequest("GET", fill_macros(tag(settings, fields).url, values))


def check(_: TagSettings, __: datetime, ___: str | None) -> None:
    """There is nothing to test from here: only browsers call the partner."""
    return
