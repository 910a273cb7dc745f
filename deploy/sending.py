"""`patchbay send`: events from JSON lines to `profile-events`, keyed and partitioned as every producer must."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from confluent_kafka import KafkaError, KafkaException, Producer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from connectors.kit.program_settings import KafkaSettings
from connectors.records.codec import UndecodableRecord, decode_event
from connectors.records.topics import PROFILE_EVENTS
from deploy.errors import CannotRun
from deploy.topics import BrokerUnreachable

FLUSH_SECONDS = 60.0
MAX_PROBLEMS_KEPT = 20
OPTIONS = {
    "partitioner": "murmur2_random",  # Java's: every producer of the topic must put a profile into the same partition
    "enable.idempotence": True,
    "compression.type": "lz4",
    "linger.ms": 20,
    "message.max.bytes": 2 * 1024 * 1024,
    "log_level": 0,
}


class _Keyed(msgspec.Struct):
    profile_id: str


@dataclass(slots=True)
class SendResult:
    """How it went. `problems` are the first bad lines, in words; `refused` counts all of them."""

    acknowledged: int = 0
    refused: int = 0
    problems: list[str] = field(default_factory=list)

    def refuse(self, number: int, reason: str) -> None:
        """A line that was not sent."""
        self.refused += 1
        if len(self.problems) < MAX_PROBLEMS_KEPT:
            self.problems.append(f"line {number}: {reason}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is to be sent."""

    number: int
    key: bytes | None
    value: bytes


def check_lines(lines: Iterable[bytes], result: SendResult, *, as_is: bool) -> Iterator[Line]:
    """The lines worth sending; with `as_is` all of them, bad ones too (to see what becomes of them)."""
    for number, line in enumerate(lines, start=1):
        value = line.rstrip(b"\r\n")
        if not value:
            continue
        if as_is:
            yield Line(number, _key_of(value), value)
            continue
        try:
            yield Line(number, decode_event(value).profile_id.encode(), value)
        except UndecodableRecord as error:
            result.refuse(number, error.detail)


def send_lines(
    settings: KafkaSettings,
    lines: Iterable[bytes],
    *,
    as_is: bool = False,
    sent: Callable[[int], None] = lambda _bytes: None,
) -> SendResult:
    """Sends the lines and waits until Kafka has them; `sent` is called with the size of each line taken.

    Raises `BrokerUnreachable` when no broker answers or the topic is missing, `CannotRun` when Kafka went away.
    """
    topic = settings.topic_prefix + PROFILE_EVENTS.name
    producer = Producer({**settings.librdkafka(), **OPTIONS})
    _require_topic(producer, settings, topic)
    result = SendResult()
    for line in check_lines(lines, result, as_is=as_is):
        _produce(producer, topic, line, result)
        sent(len(line.value) + 1)
    if left := producer.flush(FLUSH_SECONDS):
        raise CannotRun(f"Kafka did not acknowledge {left} events within {FLUSH_SECONDS:.0f} s; send them again.")
    return result


def send_with_progress(settings: KafkaSettings, file: Path, *, as_is: bool) -> SendResult:
    """`send_lines` from a file, or from standard input for `-`, with a progress bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with _opened(file) as lines, Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        size = os.fstat(lines.fileno()).st_size
        task = progress.add_task(f"Sending {file}", total=size or None)
        return send_lines(settings, lines, as_is=as_is, sent=lambda count: progress.advance(task, count))


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        with file.open("rb") as lines:
            yield lines
    except OSError as error:
        raise CannotRun(f"{file} cannot be read: {error.strerror}.") from error


def _produce(producer: Any, topic: str, line: Line, result: SendResult) -> None:
    def acknowledged(error: KafkaError | None, _message: object) -> None:
        if error is None:
            result.acknowledged += 1
        else:
            result.refuse(line.number, error.str())

    while True:
        try:
            producer.produce(topic, line.value, line.key, on_delivery=acknowledged)
        except BufferError:  # the queue is full: let Kafka catch up
            producer.poll(0.1)
        except KafkaException as error:
            result.refuse(line.number, error.args[0].str())
            return
        else:
            producer.poll(0)
            return


def _require_topic(producer: Any, settings: KafkaSettings, topic: str) -> None:
    try:
        found = producer.list_topics(topic, timeout=10).topics[topic]
    except KafkaException as error:
        raise BrokerUnreachable(f"Kafka at {settings.bootstrap_servers}: {error.args[0].str()}") from error
    if found.error is not None:
        raise BrokerUnreachable(f"Kafka has no topic {topic}. `patchbay topics apply` makes it.")


def _key_of(value: bytes) -> bytes | None:
    try:
        return msgspec.json.decode(value, type=_Keyed).profile_id.encode()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
