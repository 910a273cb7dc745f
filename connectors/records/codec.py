"""Records to bytes and back, in one place: JSON with a schema version `v`; a tombstone is `None`."""

from typing import Any, TypeVar

import msgspec

from connectors.records.config import CONFIG_TYPES, ConfigRecord
from connectors.records.delivery import (
    Attempt,
    Command,
    DeadLetter,
    Outcome,
    PendingRow,
    Position,
    Reason,
    WorkerStatus,
)
from connectors.records.profile_event import MembershipEvent, PlainEvent, ProfileEvent, names_of

SCHEMA_VERSION = 1
MAX_RECORD_BYTES = 1024 * 1024
_NUL = b"\\u0000"
"""The only way to write it in JSON."""

_encoder = msgspec.json.Encoder(decimal_format="number")
encode = _encoder.encode

_events: msgspec.json.Decoder[MembershipEvent | PlainEvent] = msgspec.json.Decoder(MembershipEvent | PlainEvent)
_configs = {kind: msgspec.json.Decoder(type_) for kind, type_ in CONFIG_TYPES.items()}
_decoders: dict[type, msgspec.json.Decoder] = {  # type: ignore[type-arg]  # one decoder per record type, looked up by it
    type_: msgspec.json.Decoder(type_)
    for type_ in (Attempt, Command, DeadLetter, Outcome, PendingRow, Position, WorkerStatus)
}
Record = TypeVar("Record", Attempt, Command, DeadLetter, Outcome, PendingRow, Position, WorkerStatus)


class UndecodableRecord(Exception):
    """The bytes are wrong: one dead letter with `reason`, and a sentence that says what is wrong with them."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class _Version(msgspec.Struct):
    v: int


_versions: msgspec.json.Decoder[_Version | list[Any]] = msgspec.json.Decoder(_Version | list[Any])


def decode_event(value: bytes) -> ProfileEvent:
    """Bytes of `profile-events` to an event; unknown fields are ignored.

    Raises `UndecodableRecord` with reason `oversized`, `unknown_version` or `undecodable`.
    """
    if len(value) > MAX_RECORD_BYTES:
        raise UndecodableRecord(Reason.OVERSIZED, f"{len(value)} bytes; a record may have at most {MAX_RECORD_BYTES}.")
    try:
        event = _events.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _explain(value, error) from error
    if event.v != SCHEMA_VERSION:
        raise _unknown_version(event.v)
    if _NUL in value:
        _refuse_nul(event)
    return event


def decode_config(key: bytes, value: bytes) -> ConfigRecord:
    """A record of `connector-config` by the kind that its key names; raises `UndecodableRecord`."""
    kind = key.partition(b":")[0].decode("utf-8", "replace")
    decoder = _configs.get(kind)
    if decoder is None:
        raise UndecodableRecord(Reason.UNDECODABLE, f"unknown kind of config record: {kind!r}")
    try:
        record: ConfigRecord = decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _explain(value, error) from error
    if record.v != SCHEMA_VERSION:
        raise _unknown_version(record.v)
    return record


def _refuse_nul(event: ProfileEvent) -> None:
    for path, name in names_of(event).items():
        if name is not None and "\0" in name:
            raise UndecodableRecord(Reason.UNDECODABLE, f"`$.{path}` holds U+0000, which separates the parts of keys.")


def decode(type_: type[Record], value: bytes) -> Record:
    """Bytes of any other topic to its record; raises `UndecodableRecord`."""
    try:
        record: Record = _decoders[type_].decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _explain(value, error) from error
    if record.v != SCHEMA_VERSION:
        raise _unknown_version(record.v)
    return record


def _explain(value: bytes, error: Exception) -> UndecodableRecord:
    try:
        found = _versions.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return UndecodableRecord(Reason.UNDECODABLE, str(error))
    version = found.v if isinstance(found, _Version) else next(iter(found), None)
    if isinstance(version, int) and version != SCHEMA_VERSION:
        return _unknown_version(version)
    return UndecodableRecord(Reason.UNDECODABLE, str(error))


def _unknown_version(version: int) -> UndecodableRecord:
    return UndecodableRecord(Reason.UNKNOWN_VERSION, f"schema version {version}; this program reads {SCHEMA_VERSION}.")
