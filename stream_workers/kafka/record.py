"""A request to a Kafka partner, read: where to, how to sign in, and the record itself."""

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import PartnerRequest
from connectors.kit.kafka_address import KafkaAddress, split_kafka_url

PRODUCE, METADATA = "PRODUCE", "METADATA"
SECURITIES = frozenset({"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"})
_SIGN_IN = {":mechanism": "sasl.mechanism", ":username": "sasl.username", ":password": "sasl.password"}


@dataclass(frozen=True, slots=True)
class Access:
    """What makes one connection differ from another; `properties` are those of the Kafka client."""

    address: KafkaAddress
    properties: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record for the access's topic; no topic: only the brokers are asked for. An empty value is none."""

    access: Access
    topic: str | None
    key: bytes | None
    headers: list[tuple[str, bytes]]
    value: bytes | None


def read_record(request: PartnerRequest) -> OutgoingRecord:
    """The record in a request; raises `InvalidSettings` for what cannot be one."""
    if request.method not in (PRODUCE, METADATA):
        raise InvalidSettings(f"A Kafka partner takes {PRODUCE} and {METADATA}, not {request.method[:40]!r}.")
    address = split_kafka_url(request.url)
    if request.method == PRODUCE and address.topic is None:
        raise InvalidSettings("The address names no topic.")
    own = {name: value for name, value in request.headers if name.startswith(":")}
    key = own.get(":key")
    return OutgoingRecord(
        Access(KafkaAddress(address.servers, None), _properties(own)),
        address.topic if request.method == PRODUCE else None,
        None if key is None else unquote_to_bytes(key),
        [(name, value.encode()) for name, value in request.headers if not name.startswith(":")],
        request.body or None,
    )


def _properties(own: dict[str, str]) -> tuple[tuple[str, str], ...]:
    security = own.get(":security", "SSL")
    if security not in SECURITIES:
        raise InvalidSettings(f"{security[:40]!r} is no way to speak to Kafka.")
    sign_in = ((name, own[header]) for header, name in _SIGN_IN.items() if header in own)
    return (("security.protocol", security), *sign_in)
