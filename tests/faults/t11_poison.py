"""T11: records that nobody can read, among good ones."""

import json

from confluent_kafka import Producer

from connectors.records.profile_event import Source, SourceKind
from connectors.records.topics import PROFILE_EVENTS
from deploy.sending import OPTIONS
from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene
from tests.support.oracle import dead_letters, source_records


def poison() -> list[tuple[bytes | None, bytes | None]]:
    """Key and value of one record of each bad kind."""
    deep = b"[" * 100_000 + b"]" * 100_000
    good = {
        "v": 1, "workspace": "default", "kind": "membership", "profile_id": "bad",
        "occurred_at": "2026-03-01T12:00:00Z",
        "source": {"kind": "audience", "id": "vip"}, "change": "joined", "event_id": "never",
    }  # fmt: skip
    return [
        (b"bad", b"\xff\xfe not utf-8"),
        (b"bad", b"not json"),
        (b"bad", b""),
        (b"bad", b"[]"),
        (b"bad", b"x" * (1024 * 1024 + 1)),
        (b"bad", deep),
        (b"bad", b'{"v": 1, "kind": "membership", "attributes": ' + deep + b"}"),
        (b"bad", json.dumps({**good, "attributes": {"n": float("nan")}}).encode()),
        (b"bad", json.dumps({**good, "v": 99}).encode()),
        (b"bad", json.dumps({**good, "change": "vanished"}).encode()),
        (b"bad", json.dumps({**good, "occurred_at": "yesterday"}).encode()),
        (b"bad", json.dumps({**good, "source": {"kind": "audience", "id": "nobody knows"}}).encode()),
        (b"bad", json.dumps({**good, "source": {"kind": "journey", "id": "j", "step": "s" * 70_000}}).encode()),
        (b"bad", json.dumps({**good, "event_id": "e" * 513}).encode()),
        (b"other", json.dumps(good).encode()),
        (None, json.dumps(good).encode()),
        (b"bad", None),
        (b"bad", json.dumps({**good, "profile_id": "\ud800"}).encode("utf-8", "surrogatepass")),
    ]


PATIENCE = 100
"""At full size there is more than a gigabyte to read."""


def run(place: Place, size: Size) -> Report:
    """Good and bad records take turns; each bad one leaves one dead letter with its offset, the good ones flow."""
    good, rounds = size.pick((500, 5), (10_000, 590))
    kinds = poison()
    report = Report()
    with place.scene() as scene:
        scene.publish_webhooks()
        worker = scene.workers.start()
        for number in range(max(good, rounds * len(kinds))):
            if number < good:
                scene.stream.send(scene.stream.event(f"p-{number}"))
            if number < rounds * len(kinds):
                scene.stream.put(*kinds[number % len(kinds)], name="bad")
        bad = rounds * len(kinds) + _endless_key(scene)
        large = _hardest(scene)
        scene.stream.flush()
        scene.stream.sent = [name for name in scene.stream.sent if name != "bad"]
        scene.want_all()
        scene.until_complete(120)
        scene.until(lambda: len(dead_letters(scene.settings, PATIENCE)) >= bad, 300)
        letters = [letter for letter in dead_letters(scene.settings, PATIENCE) if letter.delivery_id is None]
        places = {(letter.partition, letter.offset) for letter in letters}
        report.none("good events without an end", scene.ledger.missing())
        report.equal("dead letters of records", len(letters), bad)
        report.none("records with two dead letters", len(letters) - len(places))
        read = source_records(scene.settings, PATIENCE)
        report.equal("records read = decoded + dead letters", read, good + large + len(letters))
        report.none("restarts", 0 if worker.is_running() else 1)
        report.at_most("longest pause between good events", _longest_pause(scene), size.seconds(1.0), "s")
    return report


def _endless_key(scene: Scene) -> int:
    """A record whose key the broker takes only because it compresses so well."""
    size = 5_000_000
    producer = Producer({**scene.settings.librdkafka(), **OPTIONS, "message.max.bytes": 2 * size})
    producer.produce(scene.settings.topic_prefix + PROFILE_EVENTS.name, b"not json", b"k" * size)
    assert producer.flush(60) == 0
    return 1


def _longest_pause(scene: Scene) -> float:
    """At the partner, among the ordinary good events."""
    moments = sorted(arrival.at for arrival in scene.arrivals() if arrival.profile.startswith("p-"))
    return max(later - earlier for earlier, later in zip(moments, moments[1:], strict=False))


def _hardest(scene: Scene) -> int:
    """Good events at the edge of what may be said: almost a megabyte, refused by the partner once, so that it waits."""
    scene.partner.misbehave("/p0", status=503, times=3)
    for number in range(2):
        scene.stream.send(scene.stream.event(f"large-{number}", attributes={"text": "ä\\" * 250_000}))
    event = scene.stream.event("odd", attributes={"\x00": "\x7f\u2028", "n": 10**30, "deep": [[[[[[{}]]]]]]})
    scene.stream.send(event)
    assert event.source == Source(SourceKind.AUDIENCE, "vip")
    return 3
