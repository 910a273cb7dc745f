"""The connector types of a workspace: those of the installation, and its own.

A connector names a custom type with its revision, `custom:crm@3`, which never changes; `custom:crm` is the newest.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.kit.custom import build_type
from connectors.kit.declaration import ConnectorType
from connectors.kit.registry import Registry
from control_plane.database.models.custom_type import CustomType
from control_plane.database.models.publication import Version

KIND = "custom_type"
PREFIX = "custom:"
_KEY = re.compile(r"custom:(?P<key>[a-z0-9_]+)(?:@(?P<revision>[1-9][0-9]{0,8}))?")

Place = tuple[str, int]
"""The id of a custom type, and a revision."""


class CustomTypes:
    """The definitions that this process has read so far; a revision never changes, so that none is read twice."""

    def __init__(self) -> None:
        self.definitions: dict[Place, dict[str, Any]] = {}
        self._built: dict[Place, ConnectorType] = {}

    def build(self, place: Place) -> ConnectorType:
        """The type of a definition that was read."""
        built = self._built.get(place)
        if built is None:
            built = self._built[place] = build_type(self.definitions[place])
        return built

    async def types_of(self, session: AsyncSession, workspace: str, installed: Registry) -> Registry:
        """Everything that this workspace can connect to."""
        found = await session.execute(
            select(CustomType.key, CustomType.id, CustomType.revision).where(CustomType.workspace == workspace)
        )
        newest = {key: (type_id, revision) for key, type_id, revision in found}
        if not newest:
            return installed
        await self._read(session, newest)
        return WorkspaceTypes(installed, self, newest)

    async def _read(self, session: AsyncSession, newest: Mapping[str, Place]) -> None:
        missing = [
            (KIND, type_id, revision)
            for type_id, last in newest.values()
            for revision in range(1, last + 1)
            if (type_id, revision) not in self.definitions
        ]
        place = tuple_(Version.kind, Version.object_id, Version.number)
        for start in range(0, len(missing), 500):
            part = missing[start : start + 500]
            for row in await session.scalars(select(Version).where(place.in_(part))):
                self.definitions[(row.object_id, row.number)] = row.snapshot


class WorkspaceTypes(Registry):
    """A workspace's view: only its own custom types are there."""

    def __init__(self, installed: Registry, custom: CustomTypes, newest: Mapping[str, Place]) -> None:
        super().__init__(installed)
        self._custom = custom
        self._newest = newest

    def get(self, key: str) -> ConnectorType | None:
        """The connector type, a custom one with its whole key, or `None`."""
        place = self.place(key)
        if place is None:
            return super().get(key)
        return replace(self._custom.build(place), key=key)

    def place(self, key: str) -> Place | None:
        """Where the definition that this key names is; `None` for any other key."""
        named = _KEY.fullmatch(key)
        newest = self._newest.get(named["key"]) if named is not None else None
        if named is None or newest is None:
            return None
        revision = int(named["revision"] or newest[1])
        return (newest[0], revision) if revision <= newest[1] else None

    def definition(self, key: str) -> dict[str, Any] | None:
        """The definition that this key names."""
        place = self.place(key)
        return None if place is None else self._custom.definitions[place]

    def __iter__(self) -> Iterator[ConnectorType]:
        yield from super().__iter__()
        for key, place in self._newest.items():
            yield replace(self._custom.build(place), key=f"{PREFIX}{key}")


def pinned(types: Registry, key: str) -> str:
    """The key as a connector keeps it: that of a custom type with its newest revision."""
    place = types.place(key) if isinstance(types, WorkspaceTypes) else None
    return key if place is None else f"{key.partition('@')[0]}@{place[1]}"


def is_of_type(key: str, wanted: str) -> bool:
    """Whether a connector's type is the one that is asked for; a custom type without a revision asks for every one."""
    return key in (wanted, f"{wanted}@{key.partition('@')[2]}")


def definition_of(types: Registry, key: str) -> dict[str, Any] | None:
    """The definition behind a connector type; `None` for a type of the installation."""
    return types.definition(key) if isinstance(types, WorkspaceTypes) else None


def hosts_of(definition: Mapping[str, Any] | None) -> tuple[Any, Any]:
    """Where the secrets of a custom connector go: the partner's address, and where tokens are asked for."""
    if definition is None:
        return None, None
    access = definition.get("authentication")  # a kind alone stands there as text
    return definition["url"], access.get("token_url") if isinstance(access, dict) else None
