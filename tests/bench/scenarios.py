"""The scenarios: what is fed, who delivers it, and what comes out, run by run."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench import config_changes, counting
from tests.bench.measuring import Figures, Place, Starter, a_place, measure, until_seen
from tests.bench.sink import running_sink
from tests.bench.workload import (
    TEXT_BODY,
    TIMED_BODY,
    WebhookConfig,
    Workload,
    many_actions,
    meta_batches,
    one_hangs,
    produce_at,
    publish,
    webhooks,
)

LATENCY_MS, IN_FLIGHT = 100, 1_000
RATE, RATE_SECONDS = 1_000, 8
CONNECTORS, ACTIONS = 1_000, 10_000


@dataclass(frozen=True, slots=True)
class Ground:
    """What every scenario stands on."""

    bootstrap_servers: str
    folder: Path
    events: int

    @contextmanager
    def place(self, latency_ms: float = 0) -> Iterator[Place]:
        """A place of one's own, with a sink that answers after this time."""
        with running_sink(latency_ms) as sink, a_place(self.bootstrap_servers, sink, self.folder) as place:
            yield place

    def run(self, fed: Callable[[int], Workload], start: Callable[[Place], Starter], latency_ms: float = 0) -> Figures:
        """One measured run of a workload (made for the sink's port)."""
        with self.place(latency_ms) as place:
            return measure(place, fed(place.sink.port), self.events, start(place))


Measured = dict[str, Figures]
Scenario = Callable[[Ground], Measured]


def worker(place: Place) -> Starter:
    """One worker with default settings."""
    return place.worker()


def a(ground: Ground) -> Measured:
    """One POST per event: the worker, what its outcomes cost to count, and beside it, in turn, the two baselines."""
    with ground.place() as place:
        delivered = measure(place, webhooks(place.sink.port, WebhookConfig()), ground.events, worker(place))
        counted = counting.measure(place, ground.events)
    return {
        "a": delivered,
        "metrics": counted,
        "b1": ground.run(lambda port: webhooks(port, WebhookConfig()), lambda place: place.baseline("plain")),
        "b2": ground.run(lambda port: webhooks(port, WebhookConfig()), lambda place: place.baseline("faust")),
    }


def b(ground: Ground) -> Measured:
    """The same body as one Liquid text template."""
    return {"b": ground.run(lambda port: webhooks(port, WebhookConfig(body=TEXT_BODY)), worker)}


def c(ground: Ground) -> Measured:
    """Batches of 10,000 rows to Meta."""
    events = max(20_000, ground.events // 10_000 * 10_000)
    return {"c": replace(ground, events=events).run(meta_batches, worker)}


def d(ground: Ground) -> Measured:
    """A partner that takes 100 ms, 1,000 requests in flight."""
    slots = {"PATCHBAY_WORKER__SLOTS": str(4 * IN_FLIGHT)}
    return {
        "d": ground.run(
            lambda port: webhooks(port, WebhookConfig()),
            lambda place: place.worker(**slots),
            LATENCY_MS,
        )
    }


def e(ground: Ground) -> Measured:
    """Every event goes to three connectors."""
    configs = [WebhookConfig(f"con_{n}", f"/in/{n}", actions=(f"act_{n}",)) for n in range(3)]
    third = replace(ground, events=ground.events // 2)
    return {"e": third.run(lambda port: webhooks(port, *configs), worker)}


def f(ground: Ground) -> Measured:
    """Two workers, who join one after the other."""
    return {"f": ground.run(lambda port: webhooks(port, WebhookConfig()), lambda place: place.worker(2))}


def g(ground: Ground) -> Measured:
    """Ten connectors, of which one takes requests and never answers: what the nine others get."""
    measured = {}
    for name, hangs in (("g", True), ("g healthy", False)):
        with ground.place() as place:
            workload = one_hangs(place.sink.port, 10, hangs)
            expect = sum(number % 10 > 0 or not hangs for number in range(ground.events))
            measured[name] = measure(place, workload, ground.events, place.worker(), expect)
    return measured


def h(ground: Ground) -> Measured:
    """10,000 actions of 1,000 connectors beside 10 of 1, and how soon a change of one connector is applied."""
    return {
        "h": ground.run(lambda port: many_actions(port, CONNECTORS, ACTIONS), worker),
        "h small": ground.run(lambda port: many_actions(port, 1, 10), worker),
    }


def h_applied(ground: Ground) -> Measured:
    """From the publication of a connector to a worker's word that it is applied, at 10,000 actions."""
    with ground.place() as place:
        took = config_changes.measure(place, many_actions(place.sink.port, CONNECTORS, ACTIONS))
    took.sort()
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    return {"h applied": Figures(0, 0, 0, len(took), 0, {}, p50, p99)}


def p(ground: Ground) -> Measured:
    """1,000 events a second: how long from the producer's call to the partner's socket."""
    with ground.place() as place:
        workload = webhooks(place.sink.port, WebhookConfig(body=TIMED_BODY))
        publish(place.kafka, workload.records)
        count = RATE * RATE_SECONDS
        with place.worker()() as contestant:
            produce_at(place.kafka, workload, range(RATE), RATE)
            until_seen(place.sink, contestant, RATE)
            place.sink.forget()
            cpu = contestant.cpu_seconds()
            produce_at(place.kafka, workload, range(RATE, RATE + count), RATE)
            _, _, cpu_then = until_seen(place.sink, contestant, count)
            seen, cpu, resident = place.sink.seen(), cpu_then - cpu, contestant.resident_mb()
        return {"p": Figures(cpu / count * 1e6, RATE, resident, count, seen.requests, {}, seen.p50_ms, seen.p99_ms)}


SCENARIOS: dict[str, Scenario] = {
    "a": a,
    "b": b,
    "c": c,
    "d": d,
    "e": e,
    "f": f,
    "g": g,
    "h": h,
    "applied": h_applied,
    "p": p,
}


@contextmanager
def logs() -> Iterator[Path]:
    """A folder for what the contestants say."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder)
