"""Keeps the parts of a local stack running: starts them, starts again what died, stops them in order."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deploy.errors import CannotRun
from deploy.local.child_process import spawn, stop, tail
from deploy.local.kafka import EmbeddedKafka

QUICK_DEATH_SECONDS = 10.0
MAX_QUICK_DEATHS = 5
FIRST_PAUSE_SECONDS = 0.5
STOP_SECONDS = 20.0
INVALID_SETTINGS = 2
"""The exit code of a program whose settings do not hold."""


class Part(Protocol):
    """Something that runs: a broker or a process of ours."""

    @property
    def name(self) -> str:
        """As printed."""
        ...

    @property
    def log(self) -> Path:
        """Where it writes what happens to it."""
        ...

    def start(self) -> None:
        """Starts it anew and returns at once; raises `CannotRun` when it cannot even be tried."""

    def is_running(self) -> bool:
        """True while it lives."""
        ...

    def refuses_its_settings(self) -> bool:
        """True when it has ended and would end again, since only a person can change the settings."""
        ...

    def ask_to_end(self) -> None:
        """SIGTERM; returns at once."""

    def end(self) -> None:
        """Waits until it has ended, and uses force when it takes too long."""

    def kill(self) -> None:
        """Ends it at once."""


class KafkaPart:
    """The embedded broker."""

    name = "Kafka"

    def __init__(self, broker: EmbeddedKafka) -> None:
        self.log = broker.log
        self.start, self.is_running, self.kill = broker.launch, broker.is_running, broker.kill
        self.end = broker.stop

    def refuses_its_settings(self) -> bool:
        """Its settings are ours."""
        return False

    def ask_to_end(self) -> None:
        """The broker is asked and waited for in one step."""


@dataclass(slots=True)
class ProcessPart:
    """One of our own programs."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        """Starts the process; it may need a moment until it answers."""
        self._process = spawn(self.command, self.log, self.environment)

    def is_running(self) -> bool:
        """True while the process lives."""
        return self._process is not None and self._process.poll() is None

    def refuses_its_settings(self) -> bool:
        """Our programs say so by their exit code."""
        return self._process is not None and self._process.poll() == INVALID_SETTINGS

    def ask_to_end(self) -> None:
        """SIGTERM."""
        if self._process is not None and self.is_running():
            self._process.terminate()

    def end(self) -> None:
        """Waits, and kills it when it is still there after `STOP_SECONDS`."""
        if self._process is not None and self.is_running():
            stop(self._process, STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Watch:
    """One part under supervision: when it started, how often it died young, when it may start again."""

    def __init__(self, part: Part, now: Callable[[], float]) -> None:
        self.part = part
        self._now = now
        self._started_at = now()
        self._starts_at: float | None = None
        self._quick_deaths = 0

    def look(self, say: Callable[[str], None]) -> None:
        """Notices a death, and starts the part again after a pause; raises `CannotRun` after too many quick deaths."""
        if self._starts_at is not None:
            if self._now() >= self._starts_at:
                self._start(say)
        elif self.part.refuses_its_settings():
            raise CannotRun(f"{self.part.name} ended because of its settings:\n{tail(self.part.log)}")
        elif not self.part.is_running():
            say(f"{self.part.name} died; starting it again in {self._mourn():.1f} s. Its log: {self.part.log}")

    def _start(self, say: Callable[[str], None]) -> None:
        self._starts_at = None
        self._started_at = self._now()
        try:
            self.part.start()
        except CannotRun as error:  # seen as another death at the next look
            say(str(error))

    def _mourn(self) -> float:
        died_young = self._now() - self._started_at < QUICK_DEATH_SECONDS
        self._quick_deaths = self._quick_deaths + 1 if died_young else 1
        if self._quick_deaths >= MAX_QUICK_DEATHS:
            raise CannotRun(
                f"{self.part.name} died {MAX_QUICK_DEATHS} times shortly after its start, so everything was stopped. "
                f"The end of {self.part.log}:\n{tail(self.part.log)}"
            )
        pause: float = FIRST_PAUSE_SECONDS * 2 ** (self._quick_deaths - 1)
        self._starts_at = self._now() + pause
        return pause


class Stack:
    """Groups of parts in the order of their start; they are stopped the other way round, a group at a time."""

    def __init__(self, say: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._now = now
        self._groups: list[list[Watch]] = []

    def add(self, *parts: Part) -> None:
        """Starts a group of parts and watches them from now on."""
        group: list[Watch] = []
        self._groups.append(group)
        for part in parts:
            part.start()
            group.append(Watch(part, self._now))

    def look(self) -> None:
        """Looks after every part; call it a few times per second. Raises `CannotRun` when a part cannot be kept."""
        for group in self._groups:
            for watch in group:
                watch.look(self._say)

    def stop(self, in_a_hurry: Callable[[], bool] = lambda: False) -> None:
        """Ends every part, the last group first; at once when somebody is in a hurry."""
        for group in reversed(self._groups):
            for watch in group:
                watch.part.ask_to_end()
            for watch in group:
                if in_a_hurry():
                    watch.part.kill()
                else:
                    watch.part.end()
