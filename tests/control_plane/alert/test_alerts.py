"""Alerts: one message per change of state, whatever crashes, restarts or looks at the same time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import ConnectorHealth, WorkerStatus
from connectors.records.metrics_table import connector_counts, last_deliveries
from control_plane.alert.messages import GIVEN_UP_AFTER, AlertMessenger, Letter
from control_plane.alert.watcher import AlertWatcher
from control_plane.database.models import AlertMessage, Connector
from tests.support.plane import Plane

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEBHOOK = {"kind": "webhook", "url": "https://hooks.example/in"}
BREAKER = {"kind": "breaker_open"}
CREDENTIALS = {"kind": "credentials_refused"}


class Postbox:
    """Takes messages, unless it is told to refuse."""

    def __init__(self, trouble: str | None = None) -> None:
        self.letters: list[Letter] = []
        self.trouble = trouble

    async def send(self, letter: Letter, now: datetime) -> str | None:
        self.letters.append(letter)
        return self.trouble

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(letter.body["type"], letter.body["connector"]["id"]) for letter in self.letters]


class Watch:
    """A watcher whose settling time passes when the test says so."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._seconds = 0.0
        self.watcher = self.another()

    def another(self) -> AlertWatcher:
        """Of another process, or after a restart."""
        return AlertWatcher(self._plane.parts.database, self._plane.parts.workers, monotonic=lambda: self._seconds)

    async def look(self, now: datetime | None = None) -> None:
        await self.watcher.look(now or datetime.now(UTC))

    async def look_when_settled(self) -> None:
        await self.look()
        self._seconds += 31
        await self.look()


def hears(plane: Plane, worker_id: str = "w-1", **health: ConnectorHealth) -> None:
    """A worker reports how it sees connectors."""
    now = datetime.now(UTC)
    status = WorkerStatus(v=SCHEMA_VERSION, worker_id=worker_id, at=now, started_at=now, connectors=health)
    plane.parts.workers.heard([(worker_id.encode(), encode(status))])
    plane.parts.workers.trouble = None


async def alert(plane: Plane, condition: dict[str, Any], **more: Any) -> str:
    body = {"name": "Ledger trouble", "condition": condition, "channel": WEBHOOK} | more
    return str((await plane.call("POST", "/v1/alerts", 201, json=body))["id"])


async def posted(plane: Plane) -> Postbox:
    box = Postbox()
    await AlertMessenger(plane.parts.database, box).send_due()
    return box


async def age(plane: Plane, connector_id: str, hours: float) -> None:
    """As if it had been made, and touched last, so long ago; and be active."""
    then = datetime.now(UTC) - timedelta(hours=hours)
    async with plane.parts.database.transaction(write=True) as session:
        row = await session.get_one(Connector, connector_id)
        row.created_at = row.updated_at = then
        row.active = True


@pytest.mark.parametrize(
    ("condition", "bad"),
    [(BREAKER, ConnectorHealth(breaker="open")), (CREDENTIALS, ConnectorHealth(credentials_refused=True))],
)
async def test_each_change_of_state_is_told_once(plane: Plane, condition: dict[str, Any], bad: ConnectorHealth) -> None:
    connector_id, other = await plane.connector(), await plane.connector(name="Ledger US")
    alert_id = await alert(plane, condition)
    watch = Watch(plane)
    hears(plane, **{connector_id: ConnectorHealth(), other: ConnectorHealth()})
    await watch.look_when_settled()
    assert (await posted(plane)).told == []
    hears(plane, **{connector_id: bad})
    await watch.look()
    await watch.look()
    watch.watcher = watch.another()
    await watch.look()
    assert (await posted(plane)).told == [("alert.started", connector_id)]
    (firing,) = (await plane.call("GET", f"/v1/alerts/{alert_id}", 200))["firing"]
    assert firing["connector_id"] == connector_id
    hears(plane, **{connector_id: ConnectorHealth()})
    await watch.look_when_settled()
    await watch.look_when_settled()
    assert (await posted(plane)).told == [("alert.ended", connector_id)]
    assert (await posted(plane)).told == []


async def test_two_watchers_at_once_tell_once(plane: Plane) -> None:
    connector_id = await plane.connector()
    await alert(plane, BREAKER)
    hears(plane, **{connector_id: ConnectorHealth(breaker="open")})
    watch = Watch(plane)
    await asyncio.gather(*(watch.another().look(datetime.now(UTC)) for _ in range(4)))
    boxes = [Postbox() for _ in range(4)]
    await asyncio.gather(*(AlertMessenger(plane.parts.database, box).send_due() for box in boxes))
    assert [told for box in boxes for told in box.told] == [("alert.started", connector_id)]


async def test_a_flapping_breaker_is_one_alert(plane: Plane) -> None:
    connector_id = await plane.connector()
    await alert(plane, BREAKER)
    watch = Watch(plane)
    for breaker in ("open", "closed", "open", "half_open", "closed", "open"):
        hears(plane, **{connector_id: ConnectorHealth(breaker=breaker)})
        await watch.look()
    assert (await posted(plane)).told == [("alert.started", connector_id)]


async def test_without_a_live_worker_nothing_changes(plane: Plane) -> None:
    connector_id = await plane.connector()
    await alert(plane, BREAKER)
    hears(plane, **{connector_id: ConnectorHealth(breaker="open")})
    watch = Watch(plane)
    await watch.look()
    plane.parts.workers.heard([(b"w-1", None)])
    await watch.look_when_settled()
    assert (await posted(plane)).told == [("alert.started", connector_id)]


@pytest.mark.parametrize("of_one", [False, True])
async def test_what_holds_for_a_connector_ends_when_it_is_deleted(plane: Plane, of_one: bool) -> None:
    connector_id, other = await plane.connector(), await plane.connector(name="Ledger US")
    alert_id = await alert(plane, BREAKER, **({"connector_id": connector_id} if of_one else {}))
    hears(plane, **{connector_id: ConnectorHealth(breaker="open"), other: ConnectorHealth()})
    watch = Watch(plane)
    await watch.look()
    assert (await posted(plane)).told == [("alert.started", connector_id)]
    await plane.change("DELETE", f"/v1/connectors/{connector_id}", 204)
    await watch.look()
    await watch.look_when_settled()
    (letter,) = (await posted(plane)).letters
    assert (letter.body["type"], letter.body["detail"]) == ("alert.ended", "The connector was deleted.")
    assert letter.body["connector"] == {"id": connector_id, "name": "Ledger EU"}
    assert (await plane.call("GET", f"/v1/alerts/{alert_id}", 200))["firing"] == []


async def test_the_error_rate_counts_failed_attempts_and_needs_enough_of_them(plane: Plane) -> None:
    failing, quiet, fine = [await plane.connector(name=name) for name in ("failing", "quiet", "fine")]
    await alert(plane, {"kind": "error_rate", "percent": 20, "minimum": 10})
    now = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
    bucket = int(now.timestamp()) // 900 * 900
    counts = [(failing, "sent", 6), (failing, "timeout", 1), (failing, "attempt:timeout", 5), (failing, "skipped", 900)]
    counts += [(quiet, "timeout", 9), (fine, "sent", 90), (fine, "partner_error", 10)]
    rows = [
        {
            "workspace": "default",
            "bucket_at": bucket,
            "connector_id": who,
            "class": class_,
            "reason": "",
            "count": count,
        }
        for who, class_, count in counts
    ]
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(connector_counts.insert(), rows)
    watch = Watch(plane)
    await watch.look(now)
    box = await posted(plane)
    assert box.told == [("alert.started", failing)]
    assert box.letters[0].body["detail"] == "About 50 % of 12 attempts in the last 15 minutes failed."
    for _ in range(2):
        await watch.look(now + timedelta(minutes=30))
        watch._seconds += 31
    assert (await posted(plane)).told == [("alert.ended", failing)]


async def test_silence_is_told_of_active_connectors(plane: Plane) -> None:
    silent, busy, off, fresh = [await plane.connector(name=name) for name in ("silent", "busy", "off", "fresh")]
    for connector_id in (silent, busy):
        await age(plane, connector_id, hours=10)
    now = datetime.now(UTC)
    delivered = [(silent, 5), (busy, 1), (off, 50)]
    rows = [
        {"workspace": "default", "connector_id": who, "action_id": "act_1", "at": int(now.timestamp()) - hours * 3600}
        for who, hours in delivered
    ]
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(last_deliveries.insert(), rows)
    await alert(plane, {"kind": "nothing_sent", "hours": 4})
    await Watch(plane).look()
    assert fresh
    assert (await posted(plane)).told == [("alert.started", silent)]


async def test_a_refused_message_is_tried_again_for_a_day_under_the_same_id(plane: Plane) -> None:
    connector_id = await plane.connector()
    alert_id = await alert(plane, BREAKER)
    hears(plane, **{connector_id: ConnectorHealth(breaker="open")})
    await Watch(plane).look()
    box, now = Postbox("The receiver answered 500."), datetime.now(UTC)
    end = now + GIVEN_UP_AFTER + timedelta(hours=1)
    while now < end:
        await AlertMessenger(plane.parts.database, box, now=lambda at=now: at).send_due()
        now += timedelta(minutes=5)
    assert 90 < len(box.letters) < 110
    assert len({letter.id for letter in box.letters}) == 1
    (message,) = (await plane.call("GET", f"/v1/alerts/{alert_id}/messages", 200))["items"]
    assert (message["sent_at"], message["due_at"]) == (None, None)
    assert message["trouble"] == "The receiver answered 500."


async def test_a_message_whose_sender_died_is_sent_when_its_lease_has_ended(plane: Plane) -> None:
    connector_id = await plane.connector()
    await alert(plane, BREAKER)
    hears(plane, **{connector_id: ConnectorHealth(breaker="open")})
    await Watch(plane).look()
    async with plane.parts.database.transaction(write=True) as session:
        row = (await session.scalars(select(AlertMessage))).one()
        row.leased_until = datetime.now(UTC) + timedelta(seconds=60)
    assert (await posted(plane)).told == []
    later, box = datetime.now(UTC) + timedelta(seconds=61), Postbox()
    await AlertMessenger(plane.parts.database, box, now=lambda: later).send_due()
    assert box.told == [("alert.started", connector_id)]


async def test_alerts_are_made_changed_and_deleted(plane: Plane) -> None:
    connector_id = await plane.connector()
    alert_id = await alert(plane, BREAKER, connector_id=connector_id, secret=SIGNING)
    shown = await plane.call("GET", f"/v1/alerts/{alert_id}", 200)
    assert shown["has_secret"] is True
    assert SIGNING not in str(shown) + str(await plane.call("GET", "/v1/audit", 200))
    hears(plane, **{connector_id: ConnectorHealth(breaker="open", credentials_refused=True)})
    await Watch(plane).look()
    body = {"name": "Keys", "condition": CREDENTIALS, "channel": WEBHOOK, "connector_id": connector_id}
    await plane.call("PUT", f"/v1/alerts/{alert_id}", 428, json=body)
    changed = await plane.change("PUT", f"/v1/alerts/{alert_id}", 200, body)
    assert (changed["has_secret"], changed["firing"]) == (True, [])
    await plane.call("PUT", f"/v1/alerts/{alert_id}", 412, json=body, headers={"If-Match": '"1"'})
    await plane.change("DELETE", f"/v1/alerts/{alert_id}", 204)
    await plane.call("GET", f"/v1/alerts/{alert_id}", 404)
    assert (await plane.call("GET", "/v1/alerts", 200))["items"] == []
    assert (await posted(plane)).told == []


@pytest.mark.parametrize(
    "change",
    [
        {"channel": {"kind": "webhook", "url": "http://127.0.0.1/in"}},
        {"channel": {"kind": "webhook", "url": "http://169.254.169.254/in"}},
        {"channel": {"kind": "email", "to": ["ada@example.org"]}},
        {"channel": {"kind": "email", "to": ["nobody"]}},
        {"condition": {"kind": "error_rate", "percent": 0}},
        {"condition": {"kind": "moon_phase"}},
        {"secret": "short"},
    ],
)
async def test_an_alert_that_cannot_work_is_refused(plane: Plane, change: dict[str, Any]) -> None:
    body = {"name": "x", "condition": BREAKER, "channel": WEBHOOK} | change
    await plane.call("POST", "/v1/alerts", 422, json=body)


async def test_an_alert_of_another_workspaces_connector_is_refused(plane: Plane) -> None:
    body = {"name": "x", "condition": BREAKER, "channel": WEBHOOK, "connector_id": "con_other"}
    await plane.call("POST", "/v1/alerts", 404, json=body)
