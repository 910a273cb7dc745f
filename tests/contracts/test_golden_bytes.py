"""The bytes of every record are fixed: what was written yesterday is read today, and what is written today tomorrow."""

from datetime import UTC, datetime

import msgspec
import pytest

from connectors.records import codec
from connectors.records.codec import UndecodableRecord
from connectors.records.config import (
    ActionConfig,
    Activation,
    AudienceConfig,
    ConnectorConfig,
    CredentialConfig,
    FeedConfig,
    JourneyConfig,
    LimitsConfig,
    TurnConfig,
    config_key,
)
from connectors.records.delivery import (
    Attempt,
    Command,
    CommandKind,
    ConnectorHealth,
    DeadLetter,
    Outcome,
    OutcomeClass,
    PendingRow,
    Position,
    Reason,
    ReplayItem,
    RowState,
    SourcePosition,
    WorkerStatus,
)
from connectors.records.profile_event import Change, MembershipEvent, PlainEvent, Source, SourceKind

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 12, 0, 1, 500_000, tzinfo=UTC)

EVENTS = [
    (
        MembershipEvent(
            v=1,
            workspace="default",
            profile_id="p-1",
            occurred_at=NOON,
            source=Source(SourceKind.JOURNEY, "jrn_welcome", "mail-1"),
            change=Change.ENTERED,
            event_id="e-1",
            identifiers={"email": "ada@example.org", "phone": None},
            attributes={"city": "Zürich"},
            consent=("ads",),
        ),
        b'{"kind":"membership","v":1,"workspace":"default","profile_id":"p-1","occurred_at":"2026-11-22T12:00:00Z",'
        b'"source":{"kind":"journey","id":"jrn_welcome","step":"mail-1"},"change":"entered","event_id":"e-1",'
        b'"identifiers":{"email":"ada@example.org","phone":null},"attributes":{"city":"Z\xc3\xbcrich"},"consent":["ads"]}',
    ),
    (
        PlainEvent(
            v=1,
            workspace="default",
            profile_id="p-1",
            occurred_at=NOON,
            name="order_placed",
            properties={"total": 12.5},
        ),
        b'{"kind":"event","v":1,"workspace":"default","profile_id":"p-1","occurred_at":"2026-11-22T12:00:00Z",'
        b'"name":"order_placed","properties":{"total":12.5}}',
    ),
]

ACTIVATIONS = (Activation(connector_id="con_1", action_id="act_1", on=(Change.JOINED, Change.LEFT)),)
ACTIVATION_BYTES = b'"activations":[{"connector_id":"con_1","action_id":"act_1","on":["joined","left"]}]'

CONFIGS = [
    (
        "connector",
        ConnectorConfig(
            v=1,
            workspace="default",
            id="con_1",
            type="webhook",
            name="Ada's hook",
            version=3,
            revision=7,
            active=True,
            activation=2,
            settings={"url": "https://hooks.example.org"},
            secrets={"token": "gAAAAA"},
            limits=LimitsConfig(timeout_seconds=2.5),
            actions=(
                ActionConfig(
                    id="act_1",
                    type="send_event",
                    name="Send",
                    active=True,
                    activation=1,
                    fields={"method": "POST"},
                    mapping={"body": {"id": "{{ profile.id }}"}},
                    consent=("ads",),
                ),
            ),
        ),
        b'{"v":1,"workspace":"default","id":"con_1","type":"webhook","name":"Ada\'s hook","version":3,"revision":7,'
        b'"active":true,"activation":2,"settings":{"url":"https://hooks.example.org"},"secrets":{"token":"gAAAAA"},'
        b'"limits":{"timeout_seconds":2.5},"actions":[{"id":"act_1","type":"send_event","name":"Send","active":true,'
        b'"activation":1,"fields":{"method":"POST"},"mapping":{"body":{"id":"{{ profile.id }}"}},"consent":["ads"]}]}',
    ),
    (
        "audience",
        AudienceConfig(
            v=1, workspace="default", id="aud_ada", name="Ada", version=1, revision=1, activations=ACTIVATIONS
        ),
        b'{"v":1,"workspace":"default","id":"aud_ada","name":"Ada","version":1,"revision":1,' + ACTIVATION_BYTES + b"}",
    ),
    (
        "journey",
        JourneyConfig(
            v=1,
            workspace="default",
            id="jrn_welcome",
            name="Welcome",
            version=1,
            revision=1,
            activations=(Activation(connector_id="con_1", action_id="act_1", on=(Change.ENTERED,), step="mail-1"),),
        ),
        b'{"v":1,"workspace":"default","id":"jrn_welcome","name":"Welcome","version":1,"revision":1,'
        b'"activations":[{"connector_id":"con_1","action_id":"act_1","on":["entered"],"step":"mail-1"}]}',
    ),
    (
        "feed",
        FeedConfig(
            v=1, workspace="default", id="fed_1", name="Shop", version=1, revision=1, event_names=("order_placed",)
        ),
        b'{"v":1,"workspace":"default","id":"fed_1","name":"Shop","version":1,"revision":1,'
        b'"event_names":["order_placed"]}',
    ),
    (
        "credential",
        CredentialConfig(v=1, workspace="default", id="con_1", revision=4, sealed={"refresh_token": "gAAAAA"}),
        b'{"v":1,"workspace":"default","id":"con_1","revision":4,"sealed":{"refresh_token":"gAAAAA"}}',
    ),
    (
        "turn",
        TurnConfig(v=1, workspace="default", id="con_1", worker="worker-1", at=1_772_366_400_000),
        b'{"v":1,"workspace":"default","id":"con_1","worker":"worker-1","at":1772366400000}',
    ),
]

RECORDS = [
    (
        Outcome(
            v=1,
            workspace="default",
            delivery_id="dlv_1",
            profile_id="p-1",
            connector_id="con_1",
            action_id="act_1",
            config_version=3,
            outcome=OutcomeClass.PARTNER_ERROR,
            source=SourcePosition(2, 41),
            at=LATER,
            run=1,
            event_id="e-1",
            change=Change.JOINED,
            reason="rejected",
            partner_code="100/33",
            http_status=400,
            attempts=2,
            latency_ms=120,
            end_to_end_ms=1500,
        ),
        b'{"v":1,"workspace":"default","delivery_id":"dlv_1","profile_id":"p-1","connector_id":"con_1",'
        b'"action_id":"act_1","config_version":3,"outcome":"partner_error","source":{"partition":2,"offset":41},'
        b'"at":"2026-11-22T12:00:01.500000Z","run":1,"event_id":"e-1","change":"joined","reason":"rejected",'
        b'"partner_code":"100/33","http_status":400,"attempts":2,"latency_ms":120,"end_to_end_ms":1500}',
    ),
    (
        Attempt(
            v=1,
            workspace="default",
            delivery_id="dlv_1",
            profile_id="p-1",
            connector_id="con_1",
            action_id="act_1",
            config_version=3,
            attempt=1,
            verdict="throttled",
            outcome=OutcomeClass.PARTNER_ERROR,
            final=False,
            at=NOON,
            source=SourcePosition(2, 41),
            request={"method": "POST"},
            response={"status": 429},
            next_attempt_at=LATER,
            detail="The partner is busy.",
        ),
        b'{"v":1,"workspace":"default","delivery_id":"dlv_1","profile_id":"p-1","connector_id":"con_1",'
        b'"action_id":"act_1","config_version":3,"attempt":1,"verdict":"throttled","outcome":"partner_error",'
        b'"final":false,"at":"2026-11-22T12:00:00Z","source":{"partition":2,"offset":41},"request":{"method":"POST"},'
        b'"response":{"status":429},"next_attempt_at":"2026-11-22T12:00:01.500000Z","detail":"The partner is busy."}',
    ),
    (
        PendingRow(
            v=1,
            delivery_id="dlv_1",
            connector_id="con_1",
            action_id="act_1",
            version=(1795348800000, 41),
            appended_at=1795348800000,
            offset=41,
            event=msgspec.Raw(EVENTS[1][1]),
            activation=(2, 1),
            config_position=17,
            state=RowState.PARKED,
            first_at=1795348800000,
            due_at=1795348810000,
            attempts=2,
            ticket="job-1",
            reason="rejected",
        ),
        b'[1,"dlv_1","con_1","act_1",[1795348800000,41],1795348800000,41,'
        + EVENTS[1][1]
        + b',[2,1],17,"parked",1795348800000,1795348810000,2,0,"job-1",null,"rejected"]',
    ),
    (Position(1, 42, b"\x05", 17, 9, 3, {"act_1": b"\x03"}), b'[1,42,"BQ==",17,9,3,{"act_1":"Aw=="}]'),
    (
        DeadLetter(
            v=1,
            workspace=None,
            reason="undecodable",
            detail="it is no JSON",
            topic="profile-events",
            partition=2,
            offset=41,
            at=NOON,
            record=b"\xff",
            record_bytes=1,
        ),
        b'{"v":1,"workspace":null,"reason":"undecodable","detail":"it is no JSON","topic":"profile-events",'
        b'"partition":2,"offset":41,"at":"2026-11-22T12:00:00Z","record":"/w==","record_bytes":1}',
    ),
    (
        Command(
            v=1,
            workspace="default",
            job_id="job_1",
            kind=CommandKind.REPLAY,
            run=7,
            at=NOON,
            items=(
                ReplayItem(
                    delivery_id="dlv_1",
                    connector_id="con_1",
                    action_id="act_1",
                    offset=41,
                    appended_at=1_790_000_000_000,
                    event=msgspec.Raw(b'{"v":1}'),
                ),
            ),
        ),
        b'{"v":1,"workspace":"default","job_id":"job_1","kind":"replay","run":7,"at":"2026-11-22T12:00:00Z",'
        b'"items":[{"delivery_id":"dlv_1","connector_id":"con_1","action_id":"act_1","offset":41,'
        b'"appended_at":1790000000000,"event":{"v":1}}]}',
    ),
    (
        WorkerStatus(
            v=1,
            worker_id="w-1",
            at=LATER,
            started_at=NOON,
            partitions=(0, 2),
            config_position=17,
            applied={"con_1": 7},
            in_flight=3,
            connectors={"con_1": ConnectorHealth(breaker="open", credentials_refused=True)},
        ),
        b'{"v":1,"worker_id":"w-1","at":"2026-11-22T12:00:01.500000Z","started_at":"2026-11-22T12:00:00Z",'
        b'"partitions":[0,2],"config_position":17,"applied":{"con_1":7},"in_flight":3,'
        b'"connectors":{"con_1":{"breaker":"open","credentials_refused":true}}}',
    ),
]


def name_of(record):
    return type(record).__name__


def with_unknown(value):
    """The same record as a later program may write it: one thing more."""
    return value[:-1] + (b',"later"]' if value.startswith(b"[") else b',"later":{"a":[1]}}')


def with_version(value, version):
    old, new = (b"[1", b"[" + version) if value.startswith(b"[") else (b'"v":1', b'"v":' + version)
    return value.replace(old, new, 1)


@pytest.mark.parametrize(("event", "value"), EVENTS, ids=name_of)
def test_an_event_has_these_bytes(event, value):
    assert codec.encode(event) == value
    assert codec.decode_event(value) == event
    assert codec.decode_event(with_unknown(value)) == event


@pytest.mark.parametrize(("kind", "record", "value"), CONFIGS, ids=[kind for kind, *_ in CONFIGS])
def test_a_config_record_has_these_bytes(kind, record, value):
    key = config_key(kind, record.id)
    assert key == f"{kind}:{record.id}".encode()
    assert codec.encode(record) == value
    assert codec.decode_config(key, value) == record
    assert codec.decode_config(key, with_unknown(value)) == record


@pytest.mark.parametrize(("record", "value"), RECORDS, ids=name_of)
def test_a_record_has_these_bytes(record, value):
    assert codec.encode(record) == value
    assert codec.decode(type(record), value) == record
    assert codec.decode(type(record), with_unknown(value)) == record


def test_a_position_of_an_earlier_program_is_read():
    assert codec.decode(Position, b'[1,42,"BQ==",17]') == Position(1, 42, b"\x05", 17)
    assert codec.decode(Position, b'[1,42,"BQ==",17,9,3]') == Position(1, 42, b"\x05", 17, 9, 3)


@pytest.mark.parametrize("version", [b"2", b"0"])
def test_another_version_is_undecodable_and_says_which(version):
    decoded = [
        *((codec.decode_event, (), value) for _, value in EVENTS),
        *((codec.decode_config, (config_key(kind, record.id),), value) for kind, record, value in CONFIGS),
        *((codec.decode, (type(record),), value) for record, value in RECORDS),
    ]
    for decode, arguments, value in decoded:
        with pytest.raises(UndecodableRecord, match=f"schema version {version.decode()}") as raised:
            decode(*arguments, with_version(value, version))
        assert raised.value.reason is Reason.UNKNOWN_VERSION


def test_a_later_version_of_another_shape_is_an_unknown_version_and_not_garbage():
    with pytest.raises(UndecodableRecord) as raised:
        codec.decode_event(b'{"v":9,"kind":"cohort"}')
    assert raised.value.reason is Reason.UNKNOWN_VERSION
    with pytest.raises(UndecodableRecord) as raised:
        codec.decode(Position, b'[9,{"next":42}]')
    assert raised.value.reason is Reason.UNKNOWN_VERSION


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"v":1}', b'{"v":"1"}', b"[" * 100_000),
        EVENTS[0][1].replace(b'"p-1"', b'""'),
        EVENTS[0][1].replace(b"12:00:00Z", b"12:00:00"),
        EVENTS[0][1].replace(b'"entered"', b'"arrived"'),
        EVENTS[0][1].replace(b"Z\xc3", b"Z\xff"),
        EVENTS[1][1].replace(b'"order_placed"', b'""'),
    ],
)
def test_wrong_bytes_are_undecodable(value):
    with pytest.raises(UndecodableRecord) as raised:
        codec.decode_event(value)
    assert raised.value.reason is Reason.UNDECODABLE
    assert raised.value.detail


def test_a_record_over_one_mebibyte_is_oversized():
    value = EVENTS[1][1].replace(b"12.5", b'"' + b"x" * codec.MAX_RECORD_BYTES + b'"')
    with pytest.raises(UndecodableRecord) as raised:
        codec.decode_event(value)
    assert raised.value.reason is Reason.OVERSIZED


def test_an_unknown_kind_of_config_is_undecodable():
    with pytest.raises(UndecodableRecord, match="'cohort'"):
        codec.decode_config(b"cohort:1", b'{"v":1}')
