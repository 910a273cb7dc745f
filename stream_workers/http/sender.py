"""The HTTP sender: pooled connections per connector, one total deadline per call, every end a value."""

import asyncio
import ssl
from collections.abc import Callable
from time import monotonic

from connectors.kit.address import AddressPolicy
from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import (
    OVER,
    Answer,
    Call,
    NotSent,
    PartnerRequest,
    Sender,
    Tell,
    Told,
    TransportError,
    TransportErrorKind,
)
from stream_workers.http.call import HttpCall
from stream_workers.http.deadlines import Deadlines
from stream_workers.http.dialing import Dialer, partner_tls
from stream_workers.http.limits import SenderLimits
from stream_workers.http.pool import ConnectionPool, IdleBudget
from stream_workers.http.request_bytes import RequestBytes
from stream_workers.http.resolving import Resolver

StillWanted = Callable[[], bool]


class HttpSender(Sender):
    """The `Sender` for `http` and `https`. All calls come from one event loop."""

    def __init__(
        self,
        policy: AddressPolicy,
        *,
        tls: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
        limits: SenderLimits | None = None,
    ) -> None:
        self._limits = limits or SenderLimits()
        self._dialer = Dialer(policy, resolver or Resolver(), tls or partner_tls(), self._limits)
        self._requests = RequestBytes()
        self._deadlines = Deadlines()
        self._pools: dict[str, ConnectionPool] = {}
        self._budget = IdleBudget(self._limits)
        self._sweeper: asyncio.TimerHandle | None = None
        self._is_open = False

    async def open(self) -> None:
        """Called once in the running loop, before the first request."""
        self._is_open = True
        self._drop_idle()

    async def close(self) -> None:
        """Called once at the end: what still runs ends as a lost connection, what is idle is closed."""
        self._is_open = False
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._deadlines.close()
        for connector_id in list(self._pools):
            self.forget(connector_id)
        await asyncio.sleep(0)  # transports close in the next step of the loop

    def forget(self, connector_id: str) -> None:
        """Called when a connector is removed: its idle connections close now, the others when their exchange ends."""
        pool = self._pools.pop(connector_id, None)
        if pool is not None:
            pool.close()

    async def send(
        self,
        request: PartnerRequest,
        *,
        connector_id: str,
        timeout_seconds: float,
        still_wanted: StillWanted | None = None,
    ) -> Answer | NotSent:
        """One exchange; see `Sender`."""
        ended: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        call = self.begin(
            request,
            connector_id=connector_id,
            timeout_seconds=timeout_seconds,
            still_wanted=still_wanted or _always,
            tell=ended.set_result,
        )
        try:
            told = await ended
        except asyncio.CancelledError:
            call.cancel()
            raise
        if isinstance(told, Exception):
            raise told
        return told

    def begin(
        self,
        request: PartnerRequest,
        *,
        connector_id: str,
        timeout_seconds: float,
        still_wanted: StillWanted,
        tell: Tell,
    ) -> Call:
        """The same for callers that are no task; see `Sender`."""
        if not self._is_open:
            tell(TransportError(TransportErrorKind.CONNECTION_LOST, "The sender is closed."))
            return OVER
        try:
            head, data = self._requests.encode(request)
        except InvalidSettings as problem:
            tell(TransportError(TransportErrorKind.REQUEST_INVALID, problem.detail))
            return OVER
        started_at = monotonic()
        call = HttpCall(head, data, self._pool(connector_id), self._dialer, still_wanted, tell, started_at)
        call.watched = self._deadlines.watch(call, started_at, timeout_seconds)
        call.start()
        return call

    def _pool(self, connector_id: str) -> ConnectionPool:
        pool = self._pools.get(connector_id)
        if pool is None:
            pool = self._pools[connector_id] = ConnectionPool(self._limits, self._budget)
        return pool

    def _drop_idle(self) -> None:
        before = monotonic() - self._limits.idle_seconds
        for pool in self._pools.values():
            pool.drop_idle(before)
        self._sweeper = asyncio.get_running_loop().call_later(self._limits.idle_seconds / 3, self._drop_idle)


def _always() -> bool:
    return True
