"""One exchange with a partner as plain values: the request that a connector renders, and the answer that it reads."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import msgspec


class PartnerRequest(msgspec.Struct, frozen=True, gc=False):
    """What to send. `url` is absolute; header names and values are text without CR or LF; `body` is the exact bytes.

    The scheme names the sender: `https` and `http` go to the HTTP sender, `kafka` to the Kafka one. `secrets` lists
    values inside url, headers or body that must be masked wherever the request is shown or logged.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    secrets: tuple[str, ...] = ()


class PartnerResponse(msgspec.Struct, frozen=True, gc=False):
    """What came back: body cut at the sender's cap (128 KiB) and `truncated` says so. Header names are lower-case."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    truncated: bool = False
    duration_ms: int = 0


class TransportErrorKind(StrEnum):
    """Why there is no answer; the sender translates foreign exceptions to these and to nothing else."""

    TIMEOUT = "timeout"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_LOST = "connection_lost"
    NAME_NOT_FOUND = "name_not_found"
    TLS_INVALID = "tls_invalid"
    ADDRESS_REFUSED = "address_refused"
    ANSWER_UNREADABLE = "answer_unreadable"
    REQUEST_INVALID = "request_invalid"


@dataclass(frozen=True, slots=True)
class TransportError:
    """No usable answer. A value and not an exception: a partner that does not answer is an expected end."""

    kind: TransportErrorKind
    detail: str
    duration_ms: int = 0


Answer = PartnerResponse | TransportError


@dataclass(frozen=True, slots=True)
class NotSent:
    """The caller's last question before the bytes leave was answered with no: the partner has seen nothing of it."""


NOT_SENT = NotSent()

Told = Answer | NotSent | Exception
"""How a call ends; an exception is a mistake of ours, which nothing that a partner does can bring about."""
Tell = Callable[[Told], None]


class Call(Protocol):
    """An exchange that has begun and whose end will be told."""

    def cancel(self) -> None:
        """Cut it: nothing is told any more."""


class _Over(Call):
    def cancel(self) -> None:
        """There is nothing to cut."""


OVER: Call = _Over()
"""A call whose end was told before it could begin."""


class AwaitedCall(Call):
    """A call that is a task of its own, for senders that have to wait before the bytes leave."""

    def __init__(self, sending: Coroutine[Any, Any, Answer | NotSent], tell: Tell) -> None:
        self._is_cut = False
        self._task = asyncio.get_running_loop().create_task(self._send(sending, tell))

    def cancel(self) -> None:
        """Cut it: nothing is told any more."""
        self._is_cut = True
        self._task.cancel()

    async def _send(self, sending: Coroutine[Any, Any, Answer | NotSent], tell: Tell) -> None:
        told: Told
        try:
            told = await sending
        except asyncio.CancelledError:
            told = TransportError(TransportErrorKind.CONNECTION_LOST, "The sender was closed.")
        except Exception as error:  # noqa: BLE001  # told to whoever waits, who would wait for ever otherwise
            told = error
        if not self._is_cut:
            tell(told)


class Sender(Protocol):
    """Carries requests to partners. It raises nothing for what a partner or a network does: that is an `Answer`."""

    async def open(self) -> None:
        """Called once, inside the running event loop, before the first request."""

    async def close(self) -> None:
        """Called once at the end; whatever still runs is cut."""

    async def send(
        self,
        request: PartnerRequest,
        *,
        connector_id: str,
        timeout_seconds: float,
        still_wanted: Callable[[], bool] | None = None,
    ) -> Answer | NotSent:
        """One exchange, at most `timeout_seconds` long in total.

        `still_wanted` is asked in the same step of the event loop in which the bytes leave, once per time that they
        leave; when it says no, the result is `NOT_SENT`. When the calling task is cancelled, the exchange is cut.
        """
        ...

    def begin(
        self,
        request: PartnerRequest,
        *,
        connector_id: str,
        timeout_seconds: float,
        still_wanted: Callable[[], bool],
        tell: Tell,
    ) -> Call:
        """The same for callers that are no task: `tell` is called once, with the end, maybe before this returns."""
        sending = self.send(
            request, connector_id=connector_id, timeout_seconds=timeout_seconds, still_wanted=still_wanted
        )
        return AwaitedCall(sending, tell)

    def forget(self, connector_id: str) -> None:
        """Called when a connector is removed or its address changes: its idle connections are closed."""
