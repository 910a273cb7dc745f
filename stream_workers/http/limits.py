"""The bounds of the HTTP sender in one value."""

from dataclasses import dataclass

MAX_ANSWER_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class SenderLimits:
    """How much of a partner's answer is read, and how many idle connections are kept for how long."""

    answer_bytes: int = MAX_ANSWER_BYTES
    head_bytes: int = 64 * 1024
    framing_factor: int = 8
    """Bytes received in all may be this many times `answer_bytes`: chunk framing and its extensions count."""
    idle_per_connector: int = 1_000
    idle_in_all: int = 4_000
    idle_seconds: float = 15.0
