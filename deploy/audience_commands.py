"""`patchbay audience resync` and `reconcile`: from a snapshot to events, and from outcomes to a list of differences."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from connectors.kit.program_settings import KafkaSettings
from deploy.audience_state import (
    Member,
    Target,
    accepted_states,
    compare,
    event_lines,
    last_known,
    read_snapshot,
    read_snapshot_topic,
)
from deploy.errors import CannotRun
from deploy.sending import send_lines

WorkspaceAndAction = tuple[str, str]


def resync_audience(
    settings: KafkaSettings, audience: str, place: WorkspaceAndAction, snapshot: str, as_of: str | None
) -> int:
    """Send every state of the snapshot; returns how many. Raises `CannotRun`."""
    return _send(settings, _members(settings, snapshot), _target(audience, place, as_of))


def reconcile_audience(
    settings: KafkaSettings,
    audience: str,
    place: WorkspaceAndAction,
    snapshot: str,
    as_of: str | None,
    *,
    repair: bool,
) -> Iterator[str]:
    """One line per difference, then the sums; with `repair` the differences are sent. Raises `CannotRun`."""
    members = {member.profile_id: member for member in _members(settings, snapshot)}
    difference = compare(members.values(), accepted_states(settings, place[1]))
    removals = _removals(settings, members, difference.surplus)
    for profile_id in difference.missing:
        yield f"missing  {profile_id}"
    for profile_id in difference.surplus:
        unknown = "" if profile_id in removals else "  (identifiers unknown: add it to the snapshot, `member: false`)"
        yield f"surplus  {profile_id}{unknown}"
    yield f"{difference.agreed:,} agree, {len(difference.missing):,} missing, {len(difference.surplus):,} surplus."
    if repair:
        wanted = [*(members[profile_id] for profile_id in difference.missing), *removals.values()]
        yield f"{_send(settings, wanted, _target(audience, place, as_of)):,} repairs sent."


def _removals(settings: KafkaSettings, members: dict[str, Member], surplus: list[str]) -> dict[str, Member]:
    given = {profile_id: members[profile_id] for profile_id in surplus if profile_id in members}
    sought = set(surplus) - given.keys()
    return {**(last_known(settings, sought) if sought else {}), **given}


def _send(settings: KafkaSettings, members: Iterable[Member], target: Target) -> int:
    result = send_lines(settings, event_lines(members, target))
    if result.refused:
        raise CannotRun(f"{result.refused} states could not be sent: {result.problems[0]}")
    return result.acknowledged


def _target(audience: str, place: WorkspaceAndAction, as_of: str | None) -> Target:
    try:
        at = datetime.fromisoformat(as_of) if as_of else datetime.now(UTC)
    except ValueError as error:
        raise CannotRun(f"--as-of: {as_of!r} is no RFC 3339 time, such as 2026-03-01T12:00:00Z.") from error
    if at.tzinfo is None:
        raise CannotRun(f"--as-of: {as_of!r} lacks its offset; write 2026-03-01T12:00:00Z.")
    return Target(place[0], audience, (place[1],), at, f"resync-{uuid4().hex[:12]}")


def _members(settings: KafkaSettings, snapshot: str) -> list[Member]:
    if snapshot.startswith("topic:"):
        return list(read_snapshot_topic(settings, snapshot.removeprefix("topic:")))
    try:
        with Path(snapshot).open("rb") as lines:
            return list(read_snapshot(lines))
    except OSError as error:
        raise CannotRun(f"{snapshot} cannot be read: {error.strerror}.") from error
