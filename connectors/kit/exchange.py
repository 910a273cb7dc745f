"""One exchange with a partner as plain values: the request that a connector renders, and the answer that it reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

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

    def forget(self, connector_id: str) -> None:
        """Called when a connector is removed or its address changes: its idle connections are closed."""
