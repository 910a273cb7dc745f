"""Opening connections: a name is looked up once, each address is judged, and only judged ones are connected to."""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import cast

from aiohappyeyeballs import AddrInfoType, start_connection

from connectors.kit.address import AddressPolicy, IPAddress
from connectors.kit.web_address import WebAddress
from stream_workers.http.connection import PartnerConnection
from stream_workers.http.limits import SenderLimits
from stream_workers.http.resolving import Resolver

# RFC 8305: how long one address may take before the next is tried beside it.
_NEXT_ADDRESS_AFTER_SECONDS = 0.25
_MOST_ADDRESSES = 8


class AddressRefused(Exception):
    """No address of this host may be connected to."""


def partner_tls(ca_file: Path | None = None) -> ssl.SSLContext:
    """What partners' certificates are checked with; `ca_file` adds authorities to those of the system."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


class Dialer:
    """Connects to partners, and to nobody whom the policy refuses."""

    def __init__(self, policy: AddressPolicy, resolver: Resolver, tls: ssl.SSLContext, limits: SenderLimits) -> None:
        self._policy = policy
        self._resolver = resolver
        self._tls = tls
        self._limits = limits

    async def dial(self, address: WebAddress, origin: str) -> PartnerConnection:
        """A fresh connection; raises `AddressRefused`, `NameNotFound`, `OSError` or `ssl.SSLError`."""
        addresses = await self._judged_addresses(address)
        loop = asyncio.get_running_loop()
        sock = await start_connection(
            [_addr_info(ip, address.port) for ip in addresses],
            happy_eyeballs_delay=_NEXT_ADDRESS_AFTER_SECONDS,
            loop=loop,
        )
        is_tls = address.scheme == "https"
        connection = PartnerConnection(loop, origin, self._limits)
        try:
            await loop.create_connection(
                lambda: cast(asyncio.Protocol, connection),
                sock=sock,
                ssl=self._tls if is_tls else None,
                # Certificates name hosts without the dot that ends a fully qualified name.
                server_hostname=address.host.removesuffix(".") if is_tls else None,
            )
        except BaseException:
            sock.close()
            raise
        return connection

    async def _judged_addresses(self, address: WebAddress) -> list[IPAddress]:
        found = (address.ip,) if address.ip is not None else await self._resolver.resolve(address.host)
        allowed = [ip for ip in found if self._policy.allows(ip)]
        if not allowed:
            raise AddressRefused(f"{address.host}: {self._policy.explain(found[0])}")
        return allowed[:_MOST_ADDRESSES]


def _addr_info(ip: IPAddress, port: int) -> AddrInfoType:
    if ip.version == 6:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(ip), port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(ip), port)
