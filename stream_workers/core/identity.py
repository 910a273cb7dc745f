"""The identities that must be the same after every crash: delivery ids, row keys, batch ids."""

from collections.abc import Iterable
from hashlib import blake2b

from connectors.records.profile_event import MembershipEvent, ProfileEvent, Source, SourceKind

POSITION_KEY = b"position"
"""The key of a partition's position on the `pending` topic; no row key can equal it (they begin with a length)."""

_PLAIN = "event"
"""What stands for the kind of source in a plain event's row key."""
_PARTS = 6


def delivery_id(event: ProfileEvent, action_id: str, partition: int, offset: int) -> str:
    """The same for every attempt of this event through this action: hash of workspace, profile, event and action.

    An event without an id of its own is identified by its place on `profile-events`.
    """
    event_key = event.event_id if event.event_id is not None else f"{partition}/{offset}"
    text = f"{event.workspace}\0{event.profile_id}\0{event_key}\0{action_id}"
    return "dlv_" + blake2b(text.encode(), digest_size=16).hexdigest()


def row_key(event: ProfileEvent, action_id: str, partition: int, offset: int) -> bytes:
    """The key of a pending row, each part with its length before it.

    A membership has one row per profile, action and source (with step): a newer change replaces the older one. A plain
    event is not a state, so its source position makes its key its own.
    """
    if isinstance(event, MembershipEvent):
        source = event.source
        parts: tuple[str, ...] = (source.kind.value, source.id, source.step or "")
    else:
        parts = (_PLAIN, str(partition), str(offset))
    key = b""
    for part in (event.workspace, event.profile_id, action_id, *parts):
        encoded = part.encode()
        key += len(encoded).to_bytes(2, "big") + encoded
    return key


def membership(event: MembershipEvent) -> str:
    """Whose change it is, and of what: the same for every change of the same membership."""
    source = event.source
    return "\0".join((event.workspace, event.profile_id, source.kind, source.id, source.step or ""))


def membership_of_row(key: bytes) -> str | None:
    """The membership that a row key was made from; `None` for a plain event's."""
    workspace, profile_id, _action_id, *source = _parts(key)
    return None if source[0] == _PLAIN else "\0".join((workspace, profile_id, *source))


def source_of_row(key: bytes) -> tuple[str, Source]:
    """The workspace and the source that a membership's row key was made from."""
    workspace, _profile_id, _action_id, kind, source_id, step = _parts(key)
    return workspace, Source(SourceKind(kind), source_id, step or None)


def batch_id(delivery_ids: Iterable[str]) -> str:
    """The same when the same rows are sent together again."""
    return "bat_" + blake2b("\0".join(delivery_ids).encode(), digest_size=12).hexdigest()


def _parts(key: bytes) -> list[str]:
    parts, at = [], 0
    for _ in range(_PARTS):
        end = at + 2 + int.from_bytes(key[at : at + 2], "big")
        parts.append(key[at + 2 : end].decode())
        at = end
    return parts
