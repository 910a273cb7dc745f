"""Ids with a prefix that names the kind; they grow with time, so that ordering by id is ordering by creation."""

import os
import time


def new_id(prefix: str) -> str:
    """A UUIDv7 (RFC 9562) in hex behind a prefix: `con_0193…`."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    high, low = random >> 68, random & ((1 << 62) - 1)
    return f"{prefix}_{(milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low:032x}"
