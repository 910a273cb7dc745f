"""The sender for each request: the scheme of its URL names the room that carries it."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from connectors.kit.exchange import (
    OVER,
    Answer,
    Call,
    NotSent,
    PartnerRequest,
    Sender,
    Tell,
    TransportError,
    TransportErrorKind,
)


class SenderByScheme(Sender):
    """One `Sender` over several, by URL scheme."""

    def __init__(self, senders: Mapping[str, Sender]) -> None:
        self._by_scheme = senders
        self._senders = tuple(dict.fromkeys(senders.values()))

    async def open(self) -> None:
        """Called once in the running loop, before the first request."""
        for sender in self._senders:
            await sender.open()

    async def close(self) -> None:
        """Called once at the end."""
        for sender in self._senders:
            await sender.close()

    def forget(self, connector_id: str) -> None:
        """Called when a connector is removed: whoever has connections of it closes them."""
        for sender in self._senders:
            sender.forget(connector_id)

    def send(
        self,
        request: PartnerRequest,
        *,
        connector_id: str,
        timeout_seconds: float,
        still_wanted: Callable[[], bool] | None = None,
    ) -> Coroutine[Any, Any, Answer | NotSent]:
        """One exchange; see `Sender`."""
        scheme = request.url.partition(":")[0].lower()
        sender = self._by_scheme.get(scheme)
        if sender is None:
            return _refused(scheme)
        return sender.send(
            request, connector_id=connector_id, timeout_seconds=timeout_seconds, still_wanted=still_wanted
        )

    def begin(
        self,
        request: PartnerRequest,
        *,
        connector_id: str,
        timeout_seconds: float,
        still_wanted: Callable[[], bool],
        tell: Tell,
    ) -> Call:
        """The same for callers that are no task; see `Sender`."""
        scheme = request.url.partition(":")[0].lower()
        sender = self._by_scheme.get(scheme)
        if sender is None:
            tell(_refusal(scheme))
            return OVER
        return sender.begin(
            request,
            connector_id=connector_id,
            timeout_seconds=timeout_seconds,
            still_wanted=still_wanted,
            tell=tell,
        )


async def _refused(scheme: str) -> TransportError:
    return _refusal(scheme)


def _refusal(scheme: str) -> TransportError:
    detail = f"The address begins with {scheme[:40]}://, which nothing here can send to."
    return TransportError(TransportErrorKind.REQUEST_INVALID, detail)
