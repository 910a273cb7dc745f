"""The HTTP sender: pooled connections per connector, one total deadline per call, every end a value."""

import asyncio
import ssl
from collections.abc import Callable
from time import monotonic

import msgspec

from connectors.kit.address import AddressPolicy
from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import (
    NOT_SENT,
    Answer,
    NotSent,
    PartnerRequest,
    Sender,
    TransportError,
    TransportErrorKind,
)
from stream_workers.http.connection import PartnerConnection, elapsed_ms
from stream_workers.http.deadlines import Deadlines
from stream_workers.http.dialing import Dialer, partner_tls
from stream_workers.http.limits import SenderLimits
from stream_workers.http.pool import ConnectionPool, IdleBudget
from stream_workers.http.request_bytes import PreparedHead, RequestBytes
from stream_workers.http.resolving import Resolver
from stream_workers.http.translation import DIAL_ERRORS, translate

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
        self._deadlines.cut_all()
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
        started_at = monotonic()
        if not self._is_open:
            return TransportError(TransportErrorKind.CONNECTION_LOST, "The sender is closed.")
        try:
            head, data = self._requests.encode(request)
        except InvalidSettings as problem:
            return TransportError(TransportErrorKind.REQUEST_INVALID, problem.detail)
        task = asyncio.current_task()
        assert task is not None
        cancels = task.cancelling()
        watched = self._deadlines.watch(task, started_at, timeout_seconds)
        call = _Call(head, data, started_at, still_wanted, self._pool(connector_id))
        try:
            pooled = call.pool.take(head.origin)
            if pooled is not None:
                answer = await self._exchange_over(pooled, call)
            # A partner may close a connection while it lies idle. It has then read nothing of this request, or at
            # least answered nothing, and it is the connection's end that says so: once more, on a fresh one.
            if pooled is None or (_is_lost(answer) and pooled.has_heard_nothing):
                answer = await self._dial_and_exchange(call)
        except asyncio.CancelledError:
            if task in watched or task.uncancel() > cancels:
                raise
            return self._cut(call)
        else:
            return answer
        finally:
            watched.pop(task, None)

    async def _dial_and_exchange(self, call: "_Call") -> Answer | NotSent:
        try:
            fresh = await self._dialer.dial(call.head.address, call.head.origin)
        except DIAL_ERRORS as error:
            kind, detail = translate(error, call.head.address.host)
            return TransportError(kind, detail, elapsed_ms(call.started_at))
        return await self._exchange_over(fresh, call)

    async def _exchange_over(self, connection: PartnerConnection, call: "_Call") -> Answer | NotSent:
        try:
            # From here to the write there is no await: what `still_wanted` says holds when the bytes leave.
            if call.still_wanted is not None and not call.still_wanted():
                return NOT_SENT
            return await connection.exchange(call.data, call.started_at, call.head.answer_has_body)
        finally:
            call.pool.give_back(connection, monotonic())

    def _pool(self, connector_id: str) -> ConnectionPool:
        pool = self._pools.get(connector_id)
        if pool is None:
            pool = self._pools[connector_id] = ConnectionPool(self._limits, self._budget)
        return pool

    def _cut(self, call: "_Call") -> TransportError:
        elapsed = elapsed_ms(call.started_at)
        if not self._is_open:
            return TransportError(TransportErrorKind.CONNECTION_LOST, "The sender was closed.", elapsed)
        host = call.head.address.host
        return TransportError(TransportErrorKind.TIMEOUT, f"{host} did not answer in time.", elapsed)

    def _drop_idle(self) -> None:
        before = monotonic() - self._limits.idle_seconds
        for pool in self._pools.values():
            pool.drop_idle(before)
        self._sweeper = asyncio.get_running_loop().call_later(self._limits.idle_seconds / 3, self._drop_idle)


class _Call(msgspec.Struct, eq=False):
    """What one `send` needs until it ends."""

    head: PreparedHead
    data: bytes
    started_at: float
    still_wanted: StillWanted | None
    pool: ConnectionPool


def _is_lost(answer: Answer | NotSent) -> bool:
    return isinstance(answer, TransportError) and answer.kind is TransportErrorKind.CONNECTION_LOST
