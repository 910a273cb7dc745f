"""Resync and reconcile: the state of an audience against what a partner has accepted."""

import json

import pytest
from confluent_kafka import Producer

from connectors.records.codec import decode_event, encode
from connectors.records.delivery import Outcome, OutcomeClass, SourcePosition
from connectors.records.profile_event import Change
from connectors.records.topics import OUTCOMES, PROFILE_EVENTS
from deploy.audience_commands import reconcile_audience, resync_audience
from deploy.audience_state import Member, _messages, compare, read_snapshot
from deploy.errors import CannotRun
from tests.support.builders import NOON, event_bytes, membership

PLACE = ("default", "act_1")


def test_the_difference_is_who_is_missing_and_who_is_surplus():
    members = [Member("p-1"), Member("p-2"), Member("p-3", member=False)]
    difference = compare(members, {"p-1": True, "p-2": False, "p-3": True, "p-4": True, "p-5": False})
    assert (difference.missing, difference.surplus, difference.agreed) == (["p-2"], ["p-3", "p-4"], 1)


def test_a_bad_line_of_a_snapshot_is_named():
    with pytest.raises(CannotRun, match="line 2"):
        list(read_snapshot([b'{"profile_id": "p-1"}', b'{"profile": "p-2"}']))


@pytest.fixture
def snapshot(tmp_path):
    rows = [
        {"profile_id": "p-1", "identifiers": {"email": "ada@example.org"}},
        {"profile_id": "p-2", "identifiers": {"email": "bob@example.org"}},
    ]
    path = tmp_path / "snapshot.ndjson"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return str(path)


def accepted(profile_id: str, outcome: OutcomeClass) -> Outcome:
    return Outcome(
        v=1,
        workspace="default",
        delivery_id=f"dlv_{profile_id}",
        profile_id=profile_id,
        connector_id="con_1",
        action_id="act_1",
        config_version=1,
        outcome=outcome,
        source=SourcePosition(0, 0),
        at=NOON,
    )


def produce(kafka, topic, *values):
    producer = Producer(kafka.librdkafka())
    for value in values:
        producer.produce(kafka.topic_prefix + topic.name, key=b"p", value=value, partition=0)
    assert producer.flush(20) == 0


def events(kafka):
    topic = kafka.topic_prefix + PROFILE_EVENTS.name
    return [decode_event(value) for _key, value in _messages(kafka, topic) if value is not None]


def test_a_resync_sends_every_state_to_the_one_action(kafka_settings, snapshot):
    assert resync_audience(kafka_settings, "vip", PLACE, snapshot, "2026-03-01T12:00:00Z") == 2
    sent = events(kafka_settings)
    assert {(event.profile_id, event.change, event.only) for event in sent} == {
        ("p-1", Change.JOINED, ("act_1",)),
        ("p-2", Change.JOINED, ("act_1",)),
    }
    assert {event.occurred_at for event in sent} == {NOON}


def test_reconcile_lists_the_differences_and_repairs_them(kafka_settings, snapshot):
    produce(
        kafka_settings,
        OUTCOMES,
        *(encode(accepted(profile, OutcomeClass.SENT)) for profile in ("p-1", "p-7", "p-8")),
        encode(accepted("p-2", OutcomeClass.PARTNER_ERROR)),
    )
    produce(kafka_settings, PROFILE_EVENTS, event_bytes(membership("p-7", identifiers={"email": "eve@example.org"})))
    lines = list(reconcile_audience(kafka_settings, "vip", PLACE, snapshot, None, repair=True))
    assert lines[0] == "missing  p-2"
    assert lines[1] == "surplus  p-7"
    assert lines[2].startswith("surplus  p-8  (identifiers unknown")
    assert lines[3:] == ["1 agree, 1 missing, 2 surplus.", "2 repairs sent."]
    repairs = [(event.profile_id, event.change, event.identifiers) for event in events(kafka_settings) if event.only]
    assert sorted(repairs) == [
        ("p-2", Change.JOINED, {"email": "bob@example.org"}),
        ("p-7", Change.LEFT, {"email": "eve@example.org"}),
    ]


def test_a_time_without_offset_is_refused(kafka_settings, snapshot):
    with pytest.raises(CannotRun, match="lacks its offset"):
        resync_audience(kafka_settings, "vip", PLACE, snapshot, "2026-03-01T12:00:00")
