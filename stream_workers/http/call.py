"""One call from its beginning to its end: over an idle connection or a fresh one, and never past its deadline."""

import asyncio
from collections.abc import Callable
from time import monotonic

from connectors.kit.exchange import NOT_SENT, Answer, Tell, Told, TransportError, TransportErrorKind
from stream_workers.http.connection import PartnerConnection, elapsed_ms
from stream_workers.http.deadlines import Watched
from stream_workers.http.dialing import Dialer
from stream_workers.http.pool import ConnectionPool
from stream_workers.http.request_bytes import PreparedHead
from stream_workers.http.translation import DIAL_ERRORS, translate


class HttpCall:
    """What happens to it comes from the connection, from the dialer or from the deadline; its end is told once."""

    __slots__ = (
        "connection",
        "data",
        "dialer",
        "dialing",
        "head",
        "may_repeat",
        "pool",
        "started_at",
        "still_wanted",
        "tell",
        "watched",
    )

    def __init__(  # noqa: PLR0913, PLR0917  # its fields, spelled out: only so are they a C structure when compiled
        self,
        head: PreparedHead,
        data: bytes,
        pool: ConnectionPool,
        dialer: Dialer,
        still_wanted: Callable[[], bool],
        tell: Tell | None,
        started_at: float,
    ) -> None:
        self.head = head
        self.data = data
        self.pool = pool
        self.dialer = dialer
        self.still_wanted = still_wanted
        self.tell = tell
        self.started_at = started_at
        self.watched: Watched | None = None
        self.connection: PartnerConnection | None = None
        self.dialing: asyncio.Task[None] | None = None
        self.may_repeat = False

    def start(self) -> None:
        """Over an idle connection at once; over a fresh one as soon as it is there."""
        idle = self.pool.take(self.head.origin)
        if idle is None:
            self._dial()
        else:
            self.may_repeat = True
            self._exchange_over(idle)

    def end(self, told: Told) -> None:
        """The last that happens to it."""
        if self.watched is not None:
            self.watched.pop(self, None)
        tell, self.tell = self.tell, None
        if tell is not None:
            tell(told)

    def cancel(self) -> None:
        """Whoever began it wants no answer any more."""
        self.tell = None
        self._let_go()
        self.end(NOT_SENT)

    def cut(self, *, closing: bool = False) -> None:
        """Its time is over, or the sender closes."""
        self._let_go()
        if closing:
            self._fail(TransportErrorKind.CONNECTION_LOST, "The sender was closed.")
        else:
            self._fail(TransportErrorKind.TIMEOUT, f"{self.head.address.host} did not answer in time.")

    def _let_go(self) -> None:
        dialing, self.dialing = self.dialing, None
        connection, self.connection = self.connection, None
        if dialing is not None:
            dialing.cancel()
        if connection is not None:
            connection.let_go()
            self.pool.give_back(connection, monotonic())

    def _dial(self) -> None:
        self.may_repeat = False
        self.dialing = asyncio.get_running_loop().create_task(self._dial_and_exchange())

    async def _dial_and_exchange(self) -> None:
        address = self.head.address
        try:
            fresh = await self.dialer.dial(address, self.head.origin)
        except DIAL_ERRORS as error:
            self._fail(*translate(error, address.host))
        except Exception as error:  # noqa: BLE001  # told to whoever waits, who would wait for ever otherwise
            self.end(error)
        else:
            self.dialing = None
            self._exchange_over(fresh)

    def _exchange_over(self, connection: PartnerConnection) -> None:
        told: Told = NOT_SENT
        try:
            # From here to the write there is no await: what `still_wanted` says holds when the bytes leave.
            is_wanted = self.still_wanted()
        except Exception as error:  # noqa: BLE001  # as above
            is_wanted, told = False, error
        if is_wanted:
            self.connection = connection
            connection.exchange(self.data, self._answered, self.started_at, self.head.answer_has_body)
        else:
            self.pool.give_back(connection, monotonic())
            self.end(told)

    def _answered(self, answer: Answer) -> None:
        connection, self.connection = self.connection, None
        assert connection is not None
        self.pool.give_back(connection, monotonic())
        # A partner may close a connection while it lies idle. It has then read nothing of this request, or at least
        # answered nothing, and it is the connection's end that says so: once more, on a fresh one.
        if self.may_repeat and connection.has_heard_nothing and _is_lost(answer):
            self._dial()
        else:
            self.end(answer)

    def _fail(self, kind: TransportErrorKind, detail: str) -> None:
        self.end(TransportError(kind, detail, elapsed_ms(self.started_at)))


def _is_lost(answer: Answer) -> bool:
    return isinstance(answer, TransportError) and answer.kind is TransportErrorKind.CONNECTION_LOST
