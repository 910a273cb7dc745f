"""A Kafka partner's address, `kafka://broker1:9092,broker2/topic`: one reading for save time and connect time."""

import re
from dataclasses import dataclass

from connectors.kit.errors import InvalidSettings
from connectors.kit.web_address import WebAddress, split_url

SCHEME = "kafka"
DEFAULT_PORT = 9092
MAX_SERVERS = 20
TOPIC = r"[A-Za-z0-9._-]{1,249}"

_URL = re.compile(rf"kafka://(?P<servers>[^/]+)(?:/(?P<topic>{TOPIC})?)?")
_PORT = re.compile(r":[0-9]+$")


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """The brokers to ask first, and the topic; a connection test has none."""

    servers: tuple[WebAddress, ...]
    topic: str | None

    @property
    def bootstrap(self) -> str:
        """The brokers as Kafka clients want them."""
        return ",".join(server_text(server) for server in self.servers)


def server_text(server: WebAddress) -> str:
    """Host and port."""
    return f"[{server.host}]:{server.port}" if ":" in server.host else f"{server.host}:{server.port}"


def split_servers(text: str) -> tuple[WebAddress, ...]:
    """The brokers in `host:port,host`; raises `InvalidSettings` with a sentence."""
    servers = [server.strip() for server in text.split(",")]
    if len(servers) > MAX_SERVERS:
        raise InvalidSettings(f"More than {MAX_SERVERS} brokers; two or three are enough to find the others.")
    return tuple(map(_server, servers))


def split_kafka_url(url: str) -> KafkaAddress:
    """The parts of a `kafka://` URL; raises `InvalidSettings` with a sentence."""
    parts = _URL.fullmatch(url)
    if parts is None:
        raise InvalidSettings("The address must look like kafka://broker:9092,broker/topic.")
    return KafkaAddress(split_servers(parts["servers"]), parts["topic"])


def _server(text: str) -> WebAddress:
    if not text or any(sign in text for sign in "/?#@\\"):
        raise InvalidSettings(f"{text[:80]!r} is no broker; write host:port.")
    return split_url(f"https://{text}" if _PORT.search(text) else f"https://{text}:{DEFAULT_PORT}")
