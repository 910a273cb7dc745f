"""What workers report of deliveries: attempts and dead letters, with human values."""

from datetime import UTC, datetime
from typing import Any

from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import Attempt, DeadLetter, OutcomeClass, Reason, SourcePosition
from connectors.records.profile_event import Change
from connectors.records.topics import ATTEMPTS, DEAD_LETTERS
from control_plane.following.follower import Follower
from control_plane.following.reader import FollowedRecord
from control_plane.following.store import FollowedStore
from tests.support.builders import membership
from tests.support.plane import Plane


def attempt(delivery_id: str = "dlv_1", **changes: Any) -> Attempt:
    """A first attempt that the partner refused, just now."""
    fields: dict[str, Any] = {
        "v": SCHEMA_VERSION,
        "workspace": "default",
        "delivery_id": delivery_id,
        "profile_id": "ada",
        "connector_id": "con_1",
        "action_id": "act_1",
        "config_version": 3,
        "attempt": 1,
        "verdict": "rejected",
        "outcome": OutcomeClass.PARTNER_ERROR,
        "final": True,
        "at": datetime.now(UTC),
        "source": SourcePosition(0, 7),
        "event_id": "e-1",
        "change": Change.JOINED,
        "reason": Reason.REJECTED,
        "partner_code": "190",
        "http_status": 400,
        "latency_ms": 42,
        "request": {"method": "POST", "url": "https://ledger.example/lists"},
        "response": {"status": 400, "body": "no such list"},
    }
    return Attempt(**fields | changes)


def dead_letter(delivery_id: str | None = "dlv_1", **changes: Any) -> DeadLetter:
    """The end in error of ada's joining, just now."""
    event = changes.pop("event", None) or membership(changes.get("profile_id", "ada"), event_id="e-1")
    record = encode(event)
    fields: dict[str, Any] = {
        "v": SCHEMA_VERSION,
        "workspace": "default",
        "reason": Reason.REJECTED,
        "detail": "The partner refuses it.",
        "topic": "profile-events",
        "partition": 0,
        "offset": 7,
        "at": datetime.now(UTC),
        "delivery_id": delivery_id,
        "profile_id": "ada",
        "connector_id": "con_1",
        "action_id": "act_1",
        "outcome": OutcomeClass.PARTNER_ERROR,
        "partner_code": "190",
        "record": record,
        "record_bytes": len(record),
        "appended_at": 1_700_000_000_000,
    }
    return DeadLetter(**fields | changes)


def refused_record(record: bytes = b"\xff", **changes: Any) -> DeadLetter:
    """A record that could not be read."""
    nobody = dict.fromkeys(("delivery_id", "profile_id", "connector_id", "action_id", "outcome", "partner_code"))
    fields: dict[str, Any] = {"workspace": None, "reason": Reason.UNDECODABLE, "detail": "it is no JSON"}
    return dead_letter(**nobody | fields | {"record": record, "record_bytes": len(record)} | changes)


class NoReader:
    """Nothing comes by itself."""

    async def open(self, positions: Any) -> None:
        """Nothing to open."""

    async def read(self) -> list[FollowedRecord]:
        """Nothing."""
        return []

    async def close(self) -> None:
        """Nothing is held."""


class Reporter:
    """Hands reports to a control plane as its follower would have read them, one offset after another."""

    def __init__(self, plane: Plane) -> None:
        self._follower = Follower(FollowedStore(plane.parts.database), NoReader())
        self._offset = 0

    async def report(self, *reports: Attempt | DeadLetter) -> None:
        """Stored when this returns."""
        await self._follower.take([self._record(report) for report in reports])

    def _record(self, report: Attempt | DeadLetter) -> FollowedRecord:
        topic = ATTEMPTS if isinstance(report, Attempt) else DEAD_LETTERS
        self._offset += 1
        return FollowedRecord(topic.name, 0, self._offset - 1, encode(report))
