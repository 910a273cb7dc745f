"""What the control plane says of workers: who is alive, and who has applied what."""

from datetime import UTC, datetime, timedelta

from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import ConnectorHealth, WorkerStatus
from control_plane.worker.live_workers import LiveWorkers
from tests.support.plane import Plane


def status(worker_id: str, seconds_ago: float = 0, **applied: int) -> tuple[bytes, bytes]:
    """A record of `worker-status`."""
    now = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    told = WorkerStatus(v=SCHEMA_VERSION, worker_id=worker_id, at=now, started_at=now, applied=applied)
    return worker_id.encode(), encode(told)


def test_a_worker_counts_while_it_was_heard_of_in_the_last_ten_seconds() -> None:
    workers = LiveWorkers()
    workers.heard([status("w-1"), status("w-2", seconds_ago=11), status("w-3", seconds_ago=9)])
    assert [worker.worker_id for worker in workers.live()] == ["w-1", "w-3"]


def test_a_worker_that_leaves_is_forgotten_at_once() -> None:
    workers = LiveWorkers()
    workers.heard([status("w-1"), (b"w-1", None)])
    assert workers.live() == []


def test_an_unreadable_status_is_no_status() -> None:
    workers = LiveWorkers()
    workers.heard([(b"w-1", b"{"), (None, b"{}"), status("w-2")])
    assert [worker.worker_id for worker in workers.live()] == ["w-2"]


def test_applied_counts_the_live_workers_that_have_the_revision() -> None:
    workers = LiveWorkers()
    workers.heard([status("w-1", a=3), status("w-2", a=2), status("w-3", seconds_ago=60, a=9)])
    assert workers.applied("a", 3) == (1, 2)


async def test_a_connector_says_on_how_many_workers_it_is_applied(plane: Plane) -> None:
    connector_id, _ = await plane.live_action()
    key = f"connector:{connector_id}"
    plane.parts.workers.heard([status("w-1", **{key: 3}), status("w-2", **{key: 2})])
    shown = await plane.call("GET", f"/v1/connectors/{connector_id}", 200)
    assert (shown["revision"], shown["applied"]) == (3, {"on": 1, "of": 2})
    told = await plane.call("GET", f"/v1/connectors/{connector_id}/status", 200)
    assert [(worker["worker_id"], worker["applied"]) for worker in told["workers"]] == [("w-1", True), ("w-2", False)]


async def test_workers_are_listed_without_other_workspaces_connectors(plane: Plane) -> None:
    connector_id = await plane.connector()
    now = datetime.now(UTC)
    health = {connector_id: ConnectorHealth(breaker="open", pending=3), "con_of_another": ConnectorHealth()}
    told = WorkerStatus(v=SCHEMA_VERSION, worker_id="w-1", at=now, started_at=now, partitions=(0, 1), connectors=health)
    plane.parts.workers.heard([(b"w-1", encode(told))])
    (worker,) = (await plane.call("GET", "/v1/workers", 200))["items"]
    assert worker["partitions"] == [0, 1]
    assert list(worker["connectors"]) == [connector_id]
    assert worker["connectors"][connector_id]["breaker"] == "open"
