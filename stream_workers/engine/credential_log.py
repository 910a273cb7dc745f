"""Refresh tokens that partners replace on use: kept sealed on `connector-config`, renewed by one worker at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from connectors.kit.errors import InvalidSettings
from connectors.records.codec import SCHEMA_VERSION
from connectors.records.config import ConfigRecord, ConnectorConfig, CredentialConfig, TurnConfig, config_key
from stream_workers.core.credentials import Credentials

if TYPE_CHECKING:
    from stream_workers.shell.clock import Clock
    from stream_workers.shell.config_reader import ConfigChange
    from stream_workers.shell.secrets import SecretOpener
    from stream_workers.shell.telemetry import Telemetry

GIVEN, NEWEST = "given_refresh_token", "refresh_token"
_AGAIN_SECONDS = 0.5
_LOOK_SECONDS = 1.0


class NoTurn(Exception):
    """Another worker renews the credential, or Kafka is away; later it may be our turn."""


class Writer(Protocol):
    """Writes records of `connector-config`."""

    async def write(self, key: bytes, record: ConfigRecord | None) -> bool:
        """True when Kafka has it."""
        ...

    def post(self, key: bytes, record: ConfigRecord | None) -> None:
        """The same for what may be lost."""
        ...


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps credentials: a name that no other process has, its key ring, its clock, and where it tells of it."""

    name: str
    opener: SecretOpener
    clock: Clock
    telemetry: Telemetry


class CredentialLog:
    """Called in the event loop. `take` is fed with every record of the topic, in order."""

    def __init__(self, writer: Writer, keeper: Keeper) -> None:
        self._writer = writer
        self._keeper = keeper
        self._credentials = Credentials()
        self._moved = asyncio.Event()
        self._given_back: dict[str, TurnConfig] = {}
        """The last turn of each connector that we have given back; it is done again where Kafka has not taken it."""

    def take(self, changes: Iterable[ConfigChange]) -> None:
        """The next records; the credential of a connector that is deleted is deleted too."""
        for _offset, key, record in changes:
            self._credentials.take(key, record)
            kind, _, connector_id = key.decode("utf-8", "replace").partition(":")
            if kind == "connector" and record is None and self._credentials.renewed(connector_id) is not None:
                self._writer.post(config_key("credential", connector_id), None)
                self._writer.post(config_key("turn", connector_id), None)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def newest(self, connector: ConnectorConfig, given: str) -> str | None:
        """The refresh token that has come of the `given` one; `None` while that is the newest itself."""
        renewed, opener = self._credentials.renewed(connector.id), self._keeper.opener
        if renewed is None:
            return None
        try:
            origin, newest = (opener(connector.id, name, renewed.sealed[name]) for name in (GIVEN, NEWEST))
        except (InvalidSettings, KeyError):
            self._keeper.telemetry.credential_unreadable(connector)
            return None
        return newest if origin == given else None

    async def keep(self, connector: ConnectorConfig, given: str, newest: str) -> None:
        """Returns when Kafka has it, however long that takes: the partner takes the one before no more."""
        known, seal = self._credentials.renewed(connector.id), self._keeper.opener.seal
        record = CredentialConfig(
            v=SCHEMA_VERSION,
            workspace=connector.workspace,
            id=connector.id,
            revision=known.revision + 1 if known is not None else 1,
            sealed={name: seal(connector.id, name, token) for name, token in ((GIVEN, given), (NEWEST, newest))},
        )
        key = config_key("credential", connector.id)
        while not await self._writer.write(key, record):
            await asyncio.sleep(_AGAIN_SECONDS)
        self._credentials.take(key, record)
        self._keeper.telemetry.credential_renewed(connector)

    @asynccontextmanager
    async def turn(self, connector: ConnectorConfig, seconds: float) -> AsyncIterator[None]:
        """This worker's turn to renew the connector's credential; raises `NoTurn` when it does not come in time."""
        asked: list[TurnConfig] = []
        try:
            try:
                async with asyncio.timeout(seconds):
                    await self._until_mine(connector, asked)
            except TimeoutError:
                raise NoTurn("Another worker is renewing the access token.") from None
            yield
        finally:
            for one in asked:
                self._give_back(one)

    def _give_back(self, turn: TurnConfig) -> None:
        self._given_back[turn.id] = turn
        self._writer.post(config_key("turn", turn.id), msgspec.structs.replace(turn, over=True))

    async def _until_mine(self, connector: ConnectorConfig, asked: list[TurnConfig]) -> None:
        name, clock = self._keeper.name, self._keeper.clock
        # A turn of ours that was not asked for now has been given back; others may know that before we do.
        while (lasting := self._credentials.turn_of(connector.id, clock.now_ms())) is None or lasting not in asked:
            moved = self._moved
            if lasting is None:
                turn = TurnConfig(
                    v=SCHEMA_VERSION, workspace=connector.workspace, id=connector.id, worker=name, at=clock.now_ms()
                )
                asked.append(turn)
                await self._writer.write(config_key("turn", connector.id), turn)
            elif lasting == self._given_back.get(connector.id):
                self._give_back(lasting)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(moved.wait(), _LOOK_SECONDS)
