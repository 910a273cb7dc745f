"""Access tokens of connectors whose type declares a token flow: fetched once for all who ask, renewed early."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.kit.classification import Classification, Verdict, classify_transport_error
from connectors.kit.declaration import Token, TokenFlow
from connectors.kit.exchange import NotSent, PartnerResponse, Sender
from connectors.records.config import ConnectorConfig
from connectors.records.delivery import Reason
from stream_workers.core.live_config import LiveConnector
from stream_workers.engine.connector import Connector
from stream_workers.engine.credential_log import NoTurn
from stream_workers.shell.clock import Clock, as_datetime

_RENEW_AT = 0.8
"""A token is renewed when this part of its life is over."""


_FRESH_SECONDS = 5.0
"""A token that is refused this soon after it was fetched is not stale: the access itself is refused."""


@dataclass(frozen=True, slots=True)
class _Kept:
    settings: object
    token: str
    fetched_at: float
    good_until: float

    def is_good(self, now: float) -> bool:
        return now < self.good_until


class NoToken(Exception):
    """There is no token, for this reason; the attempt that needed it ends with the classification."""

    def __init__(self, classification: Classification) -> None:
        super().__init__(classification.detail)
        self.classification = classification


class RefreshTokens(Protocol):
    """Refresh tokens that partners replace on use, the same for all workers and after every restart.

    `given` is the one that the admin gave: what came of another one is forgotten.
    """

    def turn(self, connector: ConnectorConfig, seconds: float) -> AbstractAsyncContextManager[None]:
        """While it is held no other worker uses the connector's refresh token; raises `NoTurn`."""
        ...

    def newest(self, connector: ConnectorConfig, given: str) -> str | None:
        """The newest refresh token; `None` while the given one is."""
        ...

    async def keep(self, connector: ConnectorConfig, given: str, newest: str) -> None:
        """Returns when it is safe."""
        ...


class Tokens:
    """Access tokens in memory, by connector."""

    def __init__(self, sender: Sender, clock: Clock, refresh_tokens: RefreshTokens) -> None:
        self._sender = sender
        self._clock = clock
        self._refresh_tokens = refresh_tokens
        self._tokens: dict[str, _Kept] = {}
        self._fetches: dict[str, asyncio.Task[str]] = {}

    async def get(self, connector: Connector) -> str:
        """A token that is good for some time; raises `NoToken`."""
        known = self._tokens.get(connector.id)
        if known is not None and known.settings is connector.live.settings and known.is_good(self._clock.monotonic()):
            return known.token
        fetch = self._fetches.get(connector.id)
        if fetch is None:
            fetch = asyncio.get_running_loop().create_task(self._fetch(connector))
            self._fetches[connector.id] = fetch
            fetch.add_done_callback(lambda done: self._fetched(connector.id, done))
        return await asyncio.shield(fetch)

    def refused(self, connector: Connector, token: str) -> bool:
        """The partner did not take this token; true when another one may help: it was not fetched just now."""
        known = self._tokens.get(connector.id)
        if known is None or known.token != token:
            return True
        del self._tokens[connector.id]
        return self._clock.monotonic() - known.fetched_at > _FRESH_SECONDS

    def _fetched(self, connector_id: str, fetch: asyncio.Task[str]) -> None:
        self._fetches.pop(connector_id, None)
        if not fetch.cancelled():
            fetch.exception()

    async def _fetch(self, connector: Connector) -> str:
        live = connector.live
        flow: TokenFlow | None = live.type.token if live.type is not None else None
        if flow is None:
            raise NoToken(Classification(Verdict.MISCONFIGURED, Reason.MISCONFIGURED, detail="No token flow."))
        token = await (self._ask(live, flow, None) if flow.given is None else self._renew(live, flow, flow.given))
        now = self._clock.monotonic()
        self._tokens[connector.id] = _Kept(live.settings, token.access_token, now, now + token.expires_in * _RENEW_AT)
        return token.access_token

    async def _renew(self, live: LiveConnector, flow: TokenFlow, given_in: Callable[[Any], str]) -> Token:
        # A partner that replaces the refresh token on use must never be shown one twice; so the new one is safe before
        # anything is done with what came with it.
        given, kept = given_in(live.settings), self._refresh_tokens
        try:
            async with kept.turn(live.config, live.limits.timeout_seconds):
                used = kept.newest(live.config, given)
                token = await self._ask(live, flow, used)
                if token.refresh_token not in (None, used or given):
                    await kept.keep(live.config, given, token.refresh_token)
                return token
        except NoTurn as wait:
            raise NoToken(Classification(Verdict.TRY_AGAIN, Reason.UNREACHABLE, detail=str(wait))) from wait

    async def _ask(self, live: LiveConnector, flow: TokenFlow, refresh_token: str | None) -> Token:
        request = flow.render(live.settings, as_datetime(self._clock.now_ms()), refresh_token)
        answer = await self._sender.send(
            request, connector_id=live.id, timeout_seconds=live.limits.timeout_seconds, still_wanted=None
        )
        if isinstance(answer, NotSent):
            raise NoToken(Classification(Verdict.TRY_AGAIN, Reason.UNREACHABLE, detail="The token was not asked for."))
        if not isinstance(answer, PartnerResponse):
            raise NoToken(classify_transport_error(answer))
        token = flow.read(answer)
        if not isinstance(token, Token):
            raise NoToken(token)
        return token
