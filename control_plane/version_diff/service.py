"""Compares a version with another one, or with the draft."""

from collections.abc import Mapping
from typing import Any

from connectors.kit.errors import InvalidSettings
from control_plane.access.work import Work
from control_plane.database.models import Connector
from control_plane.publishing.connectors import KIND, draft_of
from control_plane.publishing.lookup import actions_of, find_connector
from control_plane.publishing.sources import Row, SourceKind, find_source
from control_plane.publishing.versions import Content, find_version
from control_plane.version_diff.comparing import ABSENT, Difference, differences
from control_plane.version_diff.schemas import ChangeRead, DiffRead

DRAFT = "draft"


async def of_connector(work: Work, connector_id: str, number: int, other: str) -> DiffRead:
    """A connector with its actions and settings; raises `NotFound`."""
    connector = await find_connector(work, connector_id)
    before = await find_version(work, KIND, connector.id, number)
    if other == DRAFT:
        actions = await actions_of(work, [connector.id])
        after = Content(draft_of(connector, actions), connector.secrets)
    else:
        version = await find_version(work, KIND, connector.id, int(other))
        after = Content(version.snapshot, version.secrets)
    found = list(map(_read, differences(before.snapshot, after.snapshot)))
    found += _secret_changes(work, connector, before.secrets, after.secrets)
    return _diff(number, other, found)


async def of_source(work: Work, kind: SourceKind[Row], source: str, number: int, other: str) -> DiffRead:
    """An audience, a journey or an event feed; raises `NotFound`."""
    row = await find_source(work, kind, source)
    before = await find_version(work, kind.key, row.id, number)
    after = kind.draft_of(row) if other == DRAFT else (await find_version(work, kind.key, row.id, int(other))).snapshot
    return _diff(number, other, list(map(_read, differences(before.snapshot, after))))


def _diff(number: int, other: str, changes: list[ChangeRead]) -> DiffRead:
    return DiffRead(before=str(number), after=other, differs=bool(changes), changes=changes)


def _read(difference: Difference) -> ChangeRead:
    before, after = difference.before, difference.after
    if before is ABSENT:
        return ChangeRead(pointer=difference.pointer, change="added", after=after)
    if after is ABSENT:
        return ChangeRead(pointer=difference.pointer, change="removed", before=before)
    return ChangeRead(pointer=difference.pointer, change="changed", before=before, after=after)


def _secret_changes(
    work: Work, connector: Connector, before: Mapping[str, str], after: Mapping[str, str]
) -> list[ChangeRead]:
    changes = []
    for name in dict.fromkeys((*before, *after)):
        pointer = f"/secrets/{name}"
        if name not in before:
            changes.append(ChangeRead(pointer=pointer, change="added"))
        elif name not in after:
            changes.append(ChangeRead(pointer=pointer, change="removed"))
        elif _secret(work, connector, name, before[name]) != _secret(work, connector, name, after[name]):
            changes.append(ChangeRead(pointer=pointer, change="changed"))
    return changes


def _secret(work: Work, connector: Connector, name: str, sealed: str) -> Any:
    # Sealed twice, the same secret reads differently; one that no key opens is compared as it is.
    try:
        return work.parts.sealer.open(connector.id, name, sealed)
    except InvalidSettings:
        return sealed
