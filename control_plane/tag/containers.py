"""Container scripts, built from what is published and kept until something of the workspace is published anew."""

import base64
import hashlib
import json
from collections import OrderedDict
from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.kit.registry import Registry
from connectors.kit.tag_container import Tag, build_container, container_hosts
from connectors.kit.tag_publication import published_tags
from connectors.records.codec import decode_config
from control_plane.database.models import ConfigKey, Workspace

KEPT = 256
Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Container:
    """A script, and what a page has to allow for it; `broken` are actions that were left out."""

    script: bytes
    version: str
    tags: tuple[Tag, ...]
    hosts: dict[str, tuple[str, ...]]
    broken: tuple[str, ...]

    @property
    def integrity(self) -> str:
        """What a page may demand of the script (Subresource Integrity)."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.script).digest()).decode()


class Containers:
    """The newest container of each workspace that was asked for lately."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._kept: OrderedDict[str, tuple[Stamp, Container]] = OrderedDict()

    async def find(self, session: AsyncSession, workspace: str) -> Container | None:
        """The container as it is published now; `None` for an unknown workspace."""
        stamp = await _stamp(session, workspace)
        if stamp == (0, 0) and await session.get(Workspace, workspace) is None:
            return None
        kept = self._kept.get(workspace)
        if kept is None or kept[0] != stamp:
            kept = self._kept[workspace] = (stamp, await self._build(session, workspace))
        self._kept.move_to_end(workspace)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept[1]

    async def _build(self, session: AsyncSession, workspace: str) -> Container:
        rows = await session.execute(select(ConfigKey.key, ConfigKey.value).where(ConfigKey.workspace == workspace))
        records = [decode_config(key.encode(), value) for key, value in rows if value is not None]
        found = published_tags(records, self._registry)
        version = _version(found.tags)
        script = build_container(found.tags, version).encode()
        return Container(script, version, found.tags, container_hosts(found.tags), found.broken)


async def _stamp(session: AsyncSession, workspace: str) -> Stamp:
    """Grows with every record of the workspace: revisions only grow, and no key is ever forgotten."""
    counted = select(func.count(), func.coalesce(func.sum(ConfigKey.revision), 0)).where(
        ConfigKey.workspace == workspace
    )
    count, total = (await session.execute(counted)).one()
    return int(count), int(total)


def _version(tags: tuple[Tag, ...]) -> str:
    text = json.dumps([asdict(tag) for tag in sorted(tags, key=lambda tag: tag.id)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
