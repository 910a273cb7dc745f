"""What attempts take from the worker: time, chance, policy, telemetry, and whether it may send at all."""

from collections.abc import Callable
from dataclasses import dataclass

from stream_workers.core.delivering import RetryPolicy
from stream_workers.shell.clock import Clock
from stream_workers.shell.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The same for all attempts of a worker."""

    clock: Clock
    telemetry: Telemetry
    policy: RetryPolicy
    jitter: Callable[[], float]
    may_send: Callable[[], bool]
