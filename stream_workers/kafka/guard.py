"""Brokers against the operator's address rules: those that an admin named, and those that the cluster names itself."""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import ip_address

from connectors.kit.address import AddressPolicy
from connectors.kit.exchange import TransportErrorKind

Broker = tuple[str, int]


class NoWayToBroker(Exception):
    """A broker may not be connected to, or its name has no address; the message says which and why."""

    def __init__(self, kind: TransportErrorKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


async def check_brokers(brokers: Iterable[Broker], policy: AddressPolicy) -> None:
    """Look each broker up; raises `NoWayToBroker`, also when any one of its addresses is refused."""
    loop = asyncio.get_running_loop()
    for host, port in brokers:
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            detail = f"The broker {host} could not be looked up."
            raise NoWayToBroker(TransportErrorKind.NAME_NOT_FOUND, detail) from error
        for *_, address in found:
            refusal = policy.explain(ip_address(str(address[0]).partition("%")[0]))
            if refusal is not None:
                raise NoWayToBroker(TransportErrorKind.ADDRESS_REFUSED, f"The broker {host}: {refusal}")
