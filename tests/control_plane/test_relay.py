"""The relay: in order, through every loss of Kafka and of the database, and one at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from connectors.records.codec import decode_config
from connectors.records.config import ConnectorConfig
from control_plane.database.engine import Database, DatabaseUnavailable, open_database
from control_plane.database.migrations import upgrade
from control_plane.database.models import OutboxRow
from control_plane.publishing import outbox
from control_plane.publishing.config_topic import Fenced, KafkaUnreachable, KeyedRecord
from control_plane.publishing.relay import Relay, RelayState
from control_plane.settings import RelaySettings
from control_plane.telemetry import Telemetry
from tests.support.databases import patient
from tests.support.plane import Plane, WatchedTopic
from tests.support.waiting import eventually_true

SETTINGS = RelaySettings(poll_seconds=0.02, standby_seconds=0.2, retry_seconds=0.05)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with its tables."""
    opened = open_database(patient(database_url))
    await upgrade(opened)
    yield opened
    await opened.close()


async def put(database: Database, *keys: str) -> None:
    """Rows on their way, in this order."""
    async with database.transaction(write=True) as session:
        for key in keys:
            session.add(OutboxRow(key=key, value=key.encode(), created_at=datetime.now(UTC)))
            await session.flush()


async def is_drained(database: Database) -> bool:
    """True when nothing waits."""
    async with database.transaction(write=False) as session:
        return await outbox.count_waiting(session) == 0


def relay_on(database: Database, topic: WatchedTopic) -> Relay:
    """A relay that does not dawdle."""
    return Relay(database, topic, SETTINGS, Telemetry())


async def test_rows_are_published_in_order_and_once(database: Database) -> None:
    topic = WatchedTopic()
    keys = [f"connector:{n}" for n in range(450)]
    await put(database, *keys)
    async with relay_on(database, topic).running():
        await eventually_true(lambda: is_drained(database))
    assert [key for key, _ in topic.records] == keys


async def test_what_was_published_and_not_marked_is_published_again(database: Database) -> None:
    topic = WatchedTopic()
    await put(database, "connector:1")

    class Dying(WatchedTopic):
        async def publish(self, records: Sequence[KeyedRecord]) -> None:
            topic.records.extend(records)
            raise KafkaUnreachable("the commit was not confirmed")

    with pytest.raises(KafkaUnreachable):
        await relay_on(database, Dying()).publish_batch()
    async with relay_on(database, topic).running():
        await eventually_true(lambda: is_drained(database))
    assert [key for key, _ in topic.records] == ["connector:1", "connector:1"]


async def test_the_relay_waits_for_kafka_and_goes_on_by_itself(database: Database) -> None:
    topic = WatchedTopic()
    topic.trouble = KafkaUnreachable("nobody there")
    relay = relay_on(database, topic)
    async with relay.running():
        await put(database, "connector:1")
        await eventually_true(lambda: relay.state is RelayState.UNREACHABLE)
        assert relay.trouble == "nobody there"
        topic.trouble = None
        await eventually_true(lambda: is_drained(database))
        assert (relay.state, relay.trouble) == (RelayState.RELAYING, None)


async def test_a_fenced_relay_stands_by_until_a_row_waits_too_long(database: Database) -> None:
    topic = WatchedTopic()
    relay = relay_on(database, topic)
    async with relay.running():
        await eventually_true(lambda: topic.opened == 1)
        topic.trouble = Fenced("somebody else")
        await put(database, "connector:1")
        await eventually_true(lambda: relay.state is RelayState.STANDBY)
        assert topic.opened == 1
        topic.trouble = None
        async with database.transaction(write=True) as session:
            long_ago = datetime.now(UTC) - timedelta(seconds=10)
            await session.execute(update(OutboxRow).values(created_at=long_ago))
        await eventually_true(lambda: is_drained(database))
        assert (relay.state, topic.opened) == (RelayState.RELAYING, 2)


async def test_a_commit_wakes_the_relay_before_it_would_look(database: Database) -> None:
    topic = WatchedTopic()
    slow = Relay(database, topic, SETTINGS.model_copy(update={"poll_seconds": 3600}), Telemetry())
    async with slow.running():
        await eventually_true(lambda: topic.opened == 1)
        await put(database, "connector:1")
        slow.wake()
        await eventually_true(lambda: is_drained(database))


async def test_the_relay_outlives_a_database_that_does_not_answer(database: Database) -> None:
    class Flaky(Database):
        broken = True

        def transaction(self, *, write: bool):
            if self.broken:
                raise DatabaseUnavailable("gone")
            return super().transaction(write=write)

    flaky, topic = Flaky(database.engine, 1), WatchedTopic()
    await put(database, "connector:1")
    relay = relay_on(flaky, topic)
    async with relay.running():
        await eventually_true(lambda: relay.state is RelayState.UNREACHABLE)
        flaky.broken = False
        await eventually_true(lambda: is_drained(database))


async def test_republishing_sends_the_newest_record_of_every_key_again(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    deleted = await plane.audience(action_id)
    await plane.call("POST", f"/v1/audiences/{deleted}/publish", 202)
    await plane.change("DELETE", f"/v1/audiences/{deleted}", 204)
    await plane.relayed()
    before = dict(plane.topic.records)
    plane.topic.records.clear()

    answer = await plane.call("POST", "/v1/config/republish", 202)
    await plane.relayed()

    assert answer["records"] == 2
    assert dict(plane.topic.records) == before
    assert plane.topic.records.count((f"audience:{deleted}", None)) == 1


async def test_the_api_keeps_working_without_kafka_and_readiness_says_so(plane: Plane) -> None:
    plane.topic.trouble = KafkaUnreachable("nobody there")
    connector_id = await plane.connector()
    await plane.call("POST", f"/v1/connectors/{connector_id}/publish", 202)
    await eventually_true(lambda: plane.parts.relay.state is RelayState.UNREACHABLE)

    ready = await plane.call("GET", "/readyz", 200)
    assert (ready["status"], ready["checks"]["relay"]) == ("degraded", {"ok": False, "detail": "nobody there"})

    plane.topic.trouble = None
    await plane.relayed()
    assert isinstance(plane.topic.latest(f"connector:{connector_id}"), ConnectorConfig)


async def test_concurrent_changes_of_one_key_leave_in_the_order_of_their_revisions(plane: Plane) -> None:
    connector_id, _ = await plane.live_action()
    steps = ["pause", "resume", "deactivate", "activate"] * 5
    await asyncio.gather(*(plane.http.put(f"/v1/connectors/{connector_id}/{step}") for step in steps))
    await plane.relayed()
    values = [value for key, value in plane.topic.records if key == f"connector:{connector_id}" and value]
    revisions = [decode_config(b"connector:x", value).revision for value in values]
    assert revisions == sorted(set(revisions))
