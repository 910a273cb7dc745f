"""Access tokens of connectors whose type declares a token flow: fetched once for all who ask, renewed early."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from connectors.kit.classification import Classification, Verdict, classify_transport_error
from connectors.kit.declaration import Token, TokenFlow
from connectors.kit.exchange import NotSent, PartnerResponse, Sender
from connectors.records.delivery import Reason
from stream_workers.engine.connector import Connector
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


StoredRefreshToken = Callable[[str], str | None]
KeepRefreshToken = Callable[[str, str], None]


class Tokens:
    """Tokens in memory by connector. `stored` and `keep` are the refresh tokens that partners replace on use."""

    def __init__(self, sender: Sender, clock: Clock, stored: StoredRefreshToken, keep: KeepRefreshToken) -> None:
        self._sender = sender
        self._clock = clock
        self._stored = stored
        self._keep = keep
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
        request = flow.render(live.settings, as_datetime(self._clock.now_ms()), self._stored(connector.id))
        answer = await self._sender.send(
            request, connector_id=connector.id, timeout_seconds=live.limits.timeout_seconds, still_wanted=None
        )
        if isinstance(answer, NotSent):
            raise NoToken(Classification(Verdict.TRY_AGAIN, Reason.UNREACHABLE, detail="The token was not asked for."))
        if not isinstance(answer, PartnerResponse):
            raise NoToken(classify_transport_error(answer))
        token = flow.read(answer)
        if not isinstance(token, Token):
            raise NoToken(token)
        if token.refresh_token is not None:
            self._keep(connector.id, token.refresh_token)
        now = self._clock.monotonic()
        self._tokens[connector.id] = _Kept(live.settings, token.access_token, now, now + token.expires_in * _RENEW_AT)
        return token.access_token
