"""T20: more than the worker can take, then a long run with something breaking all the time."""

import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from connectors.records.topics import ATTEMPTS, OUTCOMES
from deploy.local.kafka import EmbeddedKafka
from tests.faults.plane import Plane, is_up
from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene, scene_on
from tests.support.kafka import embedded_kafka
from tests.support.oracle import PATIENCE, read_all, repeats, wrong_final_states
from tests.support.recount import recount
from tests.support.workers import WorkerProcess

MINUTES = float(os.environ.get("PATCHBAY_SOAK_MINUTES", "60"))
PARTNERS = 3
SEED = 11
FILES = 60
WARM_SECONDS = 720.0
"""A worker remembers ten minutes of events to tell duplicates; before that, its memory grows as it should."""
KINDS = ("sent", "removed", "errors", "skipped", "failed")
Sums = dict[str, Counter[str]]
"""By connector, how many of each of these."""


def run(place: Place, size: Size) -> Report:
    """A burst, then chaos: guests are killed, stopped and frozen, a partner fails and hangs; one worker stays."""
    burst, seconds, rate, pause = size.pick((4_000, 8.0, 150, 3.0), (200_000, MINUTES * 60, 300, 45.0))
    report, chance = Report(), random.Random(SEED)
    plane = Plane(f"sqlite:///{place.folder / 't20.sqlite'}")
    with (
        embedded_kafka(place.folder / "t20-kafka") as broker,
        scene_on(broker.bootstrap_servers, place.folder, **plane.environment) as scene,
        plane.client() as http,
    ):
        scene.publish_webhooks(PARTNERS)
        counting = [scene.workers.start("control-plane", wait=False), scene.workers.start("metrics")]
        steady = scene.workers.start()
        files = steady.open_files()
        scene.stream.changes(burst, profiles=2_000)
        scene.want_all(*_actions())
        scene.until_complete(900)
        memory = [(0.0, steady.rss_megabytes())]
        with scene.stream.flowing(rate, profiles=5_000):
            memory += _chaos(seconds, steady, lambda: _something_breaks(scene, broker, chance, pause))
        scene.partner.behave()
        scene.want_all(*_actions())
        scene.until_complete(300)
        received = scene.arrivals("/p0")
        scene.until(lambda: steady.metric("patchbay_lag_records") == 0, 120)
        report.equal("lag in the end", int(steady.metric("patchbay_lag_records")), 0)
        _compare_sums(scene, http, report)
        ended = [f"{one.name}: {one.log_text()[-3_000:]}" for one in (steady, *counting) if not one.is_running()]
        with contextlib.suppress(AssertionError):  # idle connections go after 15 s; what is left then is told
            scene.until(lambda: steady.open_files() - files <= FILES, 60)
        report.at_most("file descriptors more than before the burst", steady.open_files() - files, FILES)
    report.none("events lost", scene.ledger.missing())
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.none("wrong final states", wrong_final_states(received, scene.stream.newest))
    warm_after = size.pick(0.0, WARM_SECONDS)
    warm = max(megabytes for at, megabytes in memory if at <= warm_after)
    since = [(at, megabytes) for at, megabytes in memory if at > warm_after]
    report.at_most("memory above the warm worker", max(megabytes for _, megabytes in since) - warm, 100, "MB")
    if size.full:
        report.at_most("growth of memory", _slope(since) * 600, 1.0, "MB in 10 minutes")
    report.note("memory", ", ".join(f"{megabytes:.0f} MB at {at / 60:.0f} min" for at, megabytes in memory[::8]))
    report.equal("programs beside the guests that have ended", ended, [])
    report.note("events, repeated requests at one partner", f"{len(scene.stream.sent):,}, {repeats(received)}")
    report.note("outcomes that the test's own consumer gave twice", scene.ledger.read_again)
    return report


def _chaos(seconds: float, steady: WorkerProcess, breaks: Callable[[], None]) -> Iterator[tuple[float, float]]:
    """One thing breaks after the other; after each, the seconds and the steady worker's memory."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        breaks()
        yield time.monotonic() - began, steady.rss_megabytes()


def _actions() -> tuple[str, ...]:
    return tuple(f"act_{number}" for number in range(PARTNERS))


def _compare_sums(scene: Scene, http: httpx.Client, report: Report) -> None:
    """What the API says of 7, 30 and 90 days must come to be what the topics hold."""
    wanted = _recounted(scene)
    with contextlib.suppress(AssertionError):  # what differs in the end is told
        scene.until(lambda: is_up(http) and not _differing(http, "7d", wanted), 180)
    for window in ("7d", "30d", "90d"):
        differing = _differing(http, window, wanted)
        report.none(f"connectors whose sums over {window} are not those of a recount", differing)


def _recounted(scene: Scene) -> Sums:
    """From the topics, by connector: sent, removed, errors, skipped, failed attempts."""
    outcomes = [message.value() for message in read_all(scene.settings, OUTCOMES, PATIENCE)]
    attempts = [message.value() for message in read_all(scene.settings, ATTEMPTS, PATIENCE)]
    sums: Sums = {}
    for (_, connector, _, _, class_, _, _), count in recount(outcomes, attempts).items():
        kind = "failed" if class_.startswith("attempt:") else class_ if class_ in KINDS else "errors"
        sums.setdefault(connector, Counter())[kind] += count
    return sums


def _differing(http: httpx.Client, window: str, wanted: Sums) -> list[str]:
    """The connectors of which the API says something else."""
    answer = http.get("/v1/statistics", params={"window": window, "detail": "connectors"})
    answer.raise_for_status()
    told = {one["connector_id"]: one["totals"] for one in answer.json()["connectors"]}
    return [name for name in wanted.keys() | told.keys() if _sums(told.get(name)) != wanted.get(name, Counter())]


def _sums(totals: dict[str, Any] | None) -> Counter[str]:
    named = {"errors": "errors_total", "skipped": "skipped_total", "failed": "failed_attempts_total"}
    return Counter({kind: totals[named.get(kind, kind)] for kind in KINDS} if totals else {})


def _slope(points: list[tuple[float, float]]) -> float:
    """Of the line through the points that comes nearest to them (least squares), per second."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def _something_breaks(scene: Scene, broker: EmbeddedKafka, chance: random.Random, pause: float) -> None:
    """One thing breaks; after some time and some progress it is mended."""
    before = scene.received()
    guest: WorkerProcess | None = None
    kind = chance.choice(("kill", "stop", "freeze", "errors", "hang", "throttle", "pause", "broker"))
    if kind in ("kill", "stop", "freeze"):
        guest = scene.workers.start()
    mended_at = time.monotonic() + pause
    if guest is not None and kind == "freeze":
        guest.freeze()
    elif kind in ("errors", "hang", "throttle"):
        scene.partner.misbehave("/p1", **{"errors": {"status": 503}, "hang": {"hang": True}}.get(kind, {"status": 429}))
    elif kind == "pause":
        scene.publish(scene.webhook(2, paused=True))
    elif kind == "broker":
        broker.kill()
        broker.start()
    scene.until(lambda: time.monotonic() >= mended_at and scene.received() > before + 100, pause + 60)
    scene.partner.behave()
    if kind == "pause":
        scene.publish(scene.webhook(2))
    if guest is not None:
        {"kill": guest.kill, "stop": guest.stop, "freeze": guest.kill}[kind]()
