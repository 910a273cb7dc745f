"""`patchbay up`: the whole system on this machine, from one folder, until it is told to stop."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from urllib.request import urlopen

from rich.console import Console
from rich.live import Live

from connectors.kit.program_settings import ProgramSettings, load_settings
from deploy.errors import CannotRun
from deploy.local.first_admin import candidate_key, key_to_show
from deploy.local.folder import StackFolder
from deploy.local.kafka import EmbeddedKafka
from deploy.local.live_counts import LiveCounts
from deploy.local.parts import KafkaPart, Stack
from deploy.local.plan import KAFKA_PORT, Addresses, Plan, UpOptions, choose_addresses
from deploy.topics import apply_topics

START_SECONDS = 60.0
LOOK_SECONDS = 0.2
COUNT_SECONDS = 2.0
PLAIN_LINE_SECONDS = 10.0


class Up:
    """One run of the local stack."""

    def __init__(self, options: UpOptions, console: Console) -> None:
        self._options = options
        self._console = console
        self._folder = StackFolder(options.folder)
        self._stack = Stack(lambda text: console.print(text, style="yellow", markup=False, soft_wrap=True))
        self._told_to_stop = threading.Event()
        self._signals = 0

    def run(self) -> None:
        """Starts everything, shows what happens, and returns when all of it has ended. Raises `CannotRun`."""
        with self._folder.held(), self._signals_heard():
            try:
                begun = time.monotonic()
                addresses = self._start()
                if self._is_answering(addresses):
                    self._introduce(addresses, time.monotonic() - begun)
                    self._show_counts(addresses)
            finally:
                self._console.print("Stopping: workers first, Kafka last.")
                self._stack.stop(in_a_hurry=lambda: self._signals > 1)
                self._console.print(f"Stopped; nothing is left running. The data are in {self._folder.path}")

    def _start(self) -> Addresses:
        broker = None if self._options.kafka else self._embedded_kafka()
        addresses = choose_addresses(self._options, broker.bootstrap_servers if broker else str(self._options.kafka))
        plan = Plan(self._options, self._folder, addresses)
        if broker is not None:
            self._stack.add(KafkaPart(broker))
        self._stack.add(plan.simulator())
        self._stack.add(plan.control_plane(candidate_key(self._folder)))
        if broker is not None:
            broker.wait_until_it_answers()
        kafka = load_settings(ProgramSettings).kafka.model_copy(update={"bootstrap_servers": addresses.kafka})
        apply_topics(kafka, self._options.partitions)
        self._stack.add(plan.metrics())
        self._stack.add(*plan.workers())
        self._folder.write_addresses(addresses.listed())
        return addresses

    def _embedded_kafka(self) -> EmbeddedKafka:
        return EmbeddedKafka(self._folder.kafka, preferred_port=KAFKA_PORT, log=self._folder.logs / "kafka.log")

    def _is_answering(self, addresses: Addresses) -> bool:
        """True when the API answers, false when somebody wants to stop first."""
        deadline = time.monotonic() + START_SECONDS
        while not _answers(f"{addresses.api_url}/readyz"):
            if self._told_to_stop.wait(LOOK_SECONDS):
                return False
            self._stack.look()
            if time.monotonic() > deadline:
                raise CannotRun(f"The control plane did not answer in {START_SECONDS:.0f} s; see {self._folder.logs}.")
        return not self._told_to_stop.is_set()

    def _introduce(self, addresses: Addresses, seconds: float) -> None:
        self._console.print(f"[bold green]Patchbay runs[/] (ready after {seconds:.1f} s)")
        for name, address in addresses.listed().items():
            self._console.print(f"  {name.replace('_', ' '):24}{address}", highlight=False, soft_wrap=True)
        self._console.print(f"  {'data and logs':24}{self._folder.path}", highlight=False, soft_wrap=True)
        key = key_to_show(self._folder, addresses.api_url)
        text = f"{key}   (shown once; keep it)" if key else "as given at the first start with this database"
        self._console.print(f"  {'admin API key':24}{text}", highlight=False, soft_wrap=True)
        self._console.print("Ctrl-C stops everything.")

    def _show_counts(self, addresses: Addresses) -> None:
        counts, workers = LiveCounts(), self._options.workers
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as live:
                self._look_until_told(
                    COUNT_SECONDS,
                    lambda: live.update(counts.look(addresses.worker_urls).table(workers), refresh=True),
                )
        else:
            self._look_until_told(
                PLAIN_LINE_SECONDS,
                lambda: self._console.print(counts.look(addresses.worker_urls).line(workers), soft_wrap=True),
            )

    def _look_until_told(self, every_seconds: float, count: Callable[[], None]) -> None:
        next_count = time.monotonic()
        while not self._told_to_stop.wait(LOOK_SECONDS):
            self._stack.look()
            if time.monotonic() >= next_count:
                count()
                next_count = time.monotonic() + every_seconds

    @contextmanager
    def _signals_heard(self) -> Iterator[None]:
        heard = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._hear) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        """The first signal stops in order, the second one at once."""
        self._signals += 1
        self._told_to_stop.set()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1.0):
            return True
    except OSError:
        return False
