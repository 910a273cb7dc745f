"""What a scenario feeds: config records, and profile events with human values."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Producer

from connectors.kit.program_settings import KafkaSettings
from connectors.records import topics
from connectors.records.codec import encode
from connectors.records.config import ConfigRecord, config_key
from connectors.records.profile_event import Change
from tests.support.builders import action as published_action
from tests.support.builders import activation, audience, connector, membership

JSON_BODY: dict[str, Any] = {
    "type": "{{ event.change }}",
    "occurred_at": "{{ event.occurred_at }}",
    "audience": "{{ source.id }}",
    "user": {
        "id": "{{ profile.id }}",
        "email": "{{ profile.identifiers.email | normalize_email | sha256 }}",
        "phone": "{{ profile.identifiers.phone | sha256 }}",
        "plan": "{{ profile.attributes.plan | default: nil }}",
        "city": "{{ profile.attributes.city }}",
    },
}
TEXT_BODY = (
    '{"type":{{ event.change | json }},"occurred_at":{{ event.occurred_at | json }},"audience":{{ source.id | json }},'
    '"user":{"id":{{ profile.id | json }},"email":{{ profile.identifiers.email | normalize_email | sha256 | json }},'
    '"phone":{{ profile.identifiers.phone | sha256 | json }},'
    '"plan":{{ profile.attributes.plan | default: nil | json }},'
    '"city":{{ profile.attributes.city | json }}}}'
)
TIMED_BODY = {**JSON_BODY, "sent_at": "{{ profile.attributes.sent_at }}"}
KINDS = {"ConnectorConfig": "connector", "AudienceConfig": "audience"}


@dataclass(frozen=True, slots=True)
class Workload:
    """`audiences` take turns; `profiles` of them do too.

    By default each event is of another profile: a change that comes while the worker starts makes none pointless, so
    that every run delivers all that was fed.
    """

    records: tuple[ConfigRecord, ...]
    profiles: int = 10_000_000
    audiences: tuple[str, ...] = ("vip",)
    deliveries_per_event: int = 1

    def events(self, count: int) -> Iterator[tuple[bytes, bytes]]:
        """(key, value) of each event."""
        for number in range(count):
            yield self.event(number)

    def event(self, number: int, **attributes: Any) -> tuple[bytes, bytes]:
        """One event; about 300 bytes."""
        profile = number % self.profiles
        leaves = (number // self.profiles) % 2 == 1
        event = membership(
            f"p-{profile:07}",
            Change.LEFT if leaves else Change.JOINED,
            seconds=number / 1000,
            event_id=f"evt-{number:010}",
            identifiers={"email": f"Ada.{profile}@Example.org", "phone": f"+3161{profile:07}"},
            attributes={"plan": "gold", "city": "Utrecht", **attributes},
        )
        source = type(event.source)(event.source.kind, self.audiences[number % len(self.audiences)])
        return event.profile_id.encode(), encode(type(event)(**{**_fields(event), "source": source}))


def _fields(event: Any) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """A webhook connector at the sink, and the actions that it has."""

    connector_id: str = "con_1"
    path: str = "/in"
    body: Any = field(default_factory=lambda: JSON_BODY)
    actions: tuple[str, ...] = ("act_1",)

    def record(self, port: int) -> ConfigRecord:
        """As it is published."""
        is_text = isinstance(self.body, str)
        fields = {"body_format": "text"} if is_text else {}
        return connector(
            *(
                published_action(one, type="send_event", fields=fields, mapping={"body": self.body})
                for one in self.actions
            ),
            connector_id=self.connector_id,
            type="webhook",
            settings={"url": f"http://127.0.0.1:{port}{self.path}"},
        )


def webhooks(port: int, *configs: WebhookConfig, **workload: Any) -> Workload:
    """One audience whose events go to each of these connectors."""
    ties = [activation(one, connector_id=config.connector_id) for config in configs for one in config.actions]
    records = (*(config.record(port) for config in configs), audience(*ties))
    return Workload(records, deliveries_per_event=len(ties), **workload)


def meta_batches(port: int) -> Workload:
    """Joins, in batches of 10,000."""
    record = connector(
        published_action("act_1", type="sync_audience", fields={"audience_id": "23842519000000001"}),
        type="meta_custom_audiences",
        settings={"access_token": "EAAB0123456789", "api_url": f"http://127.0.0.1:{port}"},
    )
    return Workload((record, audience(activation())))


def one_hangs(port: int, connectors: int, hangs: bool) -> Workload:
    """An audience per connector; the first connector's partner takes requests and never answers."""
    configs = [
        WebhookConfig(f"con_{n}", "/hang" if hangs and n == 0 else f"/in/{n}", actions=(f"act_{n}",))
        for n in range(connectors)
    ]
    audiences = [
        audience(activation(f"act_{n}", connector_id=f"con_{n}"), audience_id=f"aud_{n}") for n in range(connectors)
    ]
    names = tuple(one.id for one in audiences)
    # An odd number beside the connectors lets every profile meet every audience.
    return Workload((*(config.record(port) for config in configs), *audiences), profiles=4_999, audiences=names)


def many_actions(port: int, connectors: int, actions: int) -> Workload:
    """A configuration of this size, of which one audience with one action is used."""
    records: list[ConfigRecord] = []
    for n in range(connectors):
        names = tuple(f"act_{n}_{a}" for a in range(actions // connectors))
        records.append(WebhookConfig(f"con_{n}", f"/in/{n}", actions=names).record(port))
        records += [audience(activation(one, connector_id=f"con_{n}"), audience_id=f"aud_{one}") for one in names]
    return Workload(tuple(records), audiences=("aud_act_0_0",))


def publish(kafka: KafkaSettings, records: tuple[ConfigRecord, ...]) -> None:
    """Config records onto their topic, as the relay writes them."""
    producer = Producer({**kafka.librdkafka(), "linger.ms": 5})
    topic = kafka.topic_prefix + topics.CONNECTOR_CONFIG.name
    for record in records:
        producer.produce(topic, key=config_key(KINDS[type(record).__name__], record.id), value=encode(record))
        producer.poll(0)
    _flush(producer)


def produce(kafka: KafkaSettings, workload: Workload, count: int) -> None:
    """All events at once, by the key, as any Kafka client would."""
    EventStream(kafka, workload).produce_until(count)


class EventStream:
    """The events of a workload in order, a part at a time."""

    def __init__(self, kafka: KafkaSettings, workload: Workload) -> None:
        self._producer = _event_producer(kafka, 20)
        self._topic = kafka.topic_prefix + topics.PROFILE_EVENTS.name
        self._workload = workload
        self._produced = 0

    def produce_until(self, count: int) -> None:
        """Returns when Kafka has so many in all."""
        for number in range(self._produced, count):
            key, value = self._workload.event(number)
            self._producer.produce(self._topic, key=key, value=value)
            self._producer.poll(0)
        _flush(self._producer)
        self._produced = max(self._produced, count)


def produce_at(kafka: KafkaSettings, workload: Workload, numbers: range, per_second: int) -> None:
    """The events of these numbers at a rate, each with the moment (unix microseconds) of its hand-over."""
    producer = _event_producer(kafka, 0)
    topic = kafka.topic_prefix + topics.PROFILE_EVENTS.name
    begun = time.perf_counter()
    for number in numbers:
        wait = begun + (number - numbers.start) / per_second - time.perf_counter()
        if wait > 0:
            producer.poll(0)
            time.sleep(wait)
        key, value = workload.event(number, sent_at=time.time_ns() // 1000)
        producer.produce(topic, key=key, value=value)
    _flush(producer)


def _event_producer(kafka: KafkaSettings, linger_ms: int) -> Producer:
    options = {"linger.ms": linger_ms, "partitioner": "murmur2_random", "queue.buffering.max.messages": 2_000_000}
    return Producer({**kafka.librdkafka(), **options})


def _flush(producer: Producer) -> None:
    left = producer.flush(60)
    if left:
        raise RuntimeError(f"{left} records were not taken by Kafka")
