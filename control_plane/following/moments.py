"""Ids that begin with a moment, so that ordering by id is ordering by time, and exact look-up of long texts."""

import hashlib
from datetime import UTC, datetime

DEAD_LETTER, ATTEMPT = "dlt", "att"
_LATEST_MS = (1 << 48) - 1


def moment_id(prefix: str, at: datetime, partition: int, offset: int) -> str:
    """The id of a record: the same whenever it is read again."""
    return f"{moment_floor(prefix, at)}{partition & 0xFF_FFFF:06x}{offset & (1 << 64) - 1:016x}"


def moment_floor(prefix: str, at: datetime) -> str:
    """Below every id of this moment and later ones, above those of earlier ones."""
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{prefix}_{min(max(int(moment.timestamp() * 1000), 0), _LATEST_MS):012x}"


def look_up_hash(text: str) -> str:
    """What a text of any length is found by."""
    return hashlib.sha256(text.encode()).hexdigest()
