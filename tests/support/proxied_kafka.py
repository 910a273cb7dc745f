"""A broker that some clients reach through a proxy only: a second listener that advertises the proxy's address."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.kafka import EmbeddedKafka
from deploy.local.ports import free_port
from tests.support.tcp_proxy import TcpProxy, tcp_proxy


class ProxiedKafka(EmbeddedKafka):
    """Kafka clients go to the address that the broker advertises: whoever begins at the proxy stays behind it."""

    def __init__(self, folder: Path, behind_proxy: int, proxy: TcpProxy) -> None:
        super().__init__(folder)
        self.proxy = proxy
        self._behind_proxy = behind_proxy

    def behind_proxy(self) -> dict[str, str]:
        """The environment of a worker that reaches the broker through the proxy."""
        return {"PATCHBAY_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{self.proxy.port}"}

    def _properties(self) -> dict[str, str | int]:
        own = super()._properties()
        return {
            **own,
            "listeners": f"{own['listeners']},PROXIED://127.0.0.1:{self._behind_proxy}",
            "advertised.listeners": f"{own['advertised.listeners']},PROXIED://127.0.0.1:{self.proxy.port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT",
        }


@contextmanager
def proxied_kafka(folder: Path) -> Iterator[ProxiedKafka]:
    """A broker of one's own with a proxy before its second listener; both end with the block."""
    behind_proxy = free_port()
    with tcp_proxy(behind_proxy) as proxy:
        broker = ProxiedKafka(folder, behind_proxy, proxy)
        broker.start()
        try:
            yield broker
        finally:
            broker.kill()
