"""Names to addresses: look-ups in threads of their own, one per name, so that one that hangs holds up no other."""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic

from connectors.kit.address import IPAddress


class NameNotFound(Exception):
    """The name has no address, or nobody could say."""


def system_lookup(host: str) -> tuple[IPAddress, ...]:
    """The addresses that the operating system finds; blocks, as long as its name servers please."""
    infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(str(info[4][0]).partition("%")[0]) for info in infos))


@dataclass(frozen=True, slots=True)
class _Known:
    addresses: tuple[IPAddress, ...]
    problem: str
    fresh_until: float
    usable_until: float


@dataclass(frozen=True, slots=True)
class _Flight:
    future: "asyncio.Future[_Known]"
    suspicion: asyncio.TimerHandle
    started_at: float


class Resolver:
    """Remembers answers for `fresh_seconds`, and uses an old one while a newer is on its way.

    Threads are bounded. Names whose last look-up was slow get at most half of them, so that partners with a
    dead name server leave room for the others.
    """

    FRESH_SECONDS = 30.0
    USABLE_SECONDS = 600.0
    FAILURE_SECONDS = 1.0
    SLOW_SECONDS = 1.0
    MAX_NAMES = 4_096

    def __init__(self, lookup: Callable[[str], tuple[IPAddress, ...]] = system_lookup, threads: int = 64) -> None:
        self._lookup = lookup
        self._threads = threads
        self._known: dict[str, _Known] = {}
        self._flights: dict[str, _Flight] = {}
        self._suspects: dict[str, None] = {}

    async def resolve(self, host: str) -> tuple[IPAddress, ...]:
        """The addresses of `host`; raises `NameNotFound`. Cancelling the caller leaves the look-up to the others."""
        known = self._known.get(host)
        now = monotonic()
        if known is None or now >= known.usable_until:
            known = await asyncio.shield(self._look_up(host))
        elif now >= known.fresh_until:
            with suppress(NameNotFound):  # nobody can look it up now: what is known serves until somebody can
                self._look_up(host)
        if not known.addresses:
            raise NameNotFound(known.problem)
        return known.addresses

    def _look_up(self, host: str) -> "asyncio.Future[_Known]":
        flight = self._flights.get(host)
        return self._take_off(host) if flight is None else flight.future

    def _take_off(self, host: str) -> "asyncio.Future[_Known]":
        if len(self._flights) >= self._threads:
            raise NameNotFound(f"{host} was not looked up: too many other look-ups have no answer yet.")
        if host in self._suspects and sum(name in self._suspects for name in self._flights) >= self._threads // 2:
            raise NameNotFound(f"{host} was not looked up: its name server did not answer the last time.")
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._fly, args=(loop, host), name=f"resolve {host}", daemon=True).start()
        future: asyncio.Future[_Known] = loop.create_future()
        # Suspected as soon as it is slow, not only when it ends: many names that hang at once must leave room too.
        suspicion = loop.call_later(self.SLOW_SECONDS, self._suspects.__setitem__, host, None)
        self._flights[host] = _Flight(future, suspicion, monotonic())
        return future

    def _fly(self, loop: asyncio.AbstractEventLoop, host: str) -> None:
        try:
            addresses, problem = self._lookup(host), f"{host} has no address."
        except (OSError, UnicodeError) as error:
            addresses, problem = (), f"{host} could not be looked up: {error}"
        # A closed loop refuses the answer: nobody waits for it any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._land, host, addresses, problem)

    def _land(self, host: str, addresses: tuple[IPAddress, ...], problem: str) -> None:
        flight = self._flights.pop(host)
        if monotonic() - flight.started_at < self.SLOW_SECONDS:
            self._suspects.pop(host, None)
        flight.suspicion.cancel()
        known = self._known[host] = self._judge(self._known.pop(host, None), addresses, problem)
        for names in (self._known, self._suspects):
            if len(names) > self.MAX_NAMES:
                names.pop(next(iter(names)))
        if not flight.future.done():
            flight.future.set_result(known)

    def _judge(self, before: _Known | None, addresses: tuple[IPAddress, ...], problem: str) -> _Known:
        now = monotonic()
        if addresses:
            return _Known(addresses, "", now + self.FRESH_SECONDS, now + self.USABLE_SECONDS)
        soon = now + self.FAILURE_SECONDS
        if before is not None and now < before.usable_until:
            return _Known(before.addresses, before.problem, soon, before.usable_until)
        return _Known((), problem, soon, soon)
