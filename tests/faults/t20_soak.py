"""T20: more than the worker can take, then a long run with something breaking all the time."""

import contextlib
import os
import random
import time

from deploy.local.kafka import EmbeddedKafka
from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene, scene_on
from tests.support.kafka import embedded_kafka
from tests.support.oracle import repeats, wrong_final_states
from tests.support.workers import WorkerProcess

MINUTES = float(os.environ.get("PATCHBAY_SOAK_MINUTES", "60"))
PARTNERS = 3
SEED = 11
FILES = 60


def run(place: Place, size: Size) -> Report:
    """A burst, then chaos: guests are killed, stopped and frozen, a partner fails and hangs; one worker stays."""
    burst, seconds, rate, pause = size.pick((4_000, 8.0, 150, 3.0), (200_000, MINUTES * 60, 300, 45.0))
    report, chance = Report(), random.Random(SEED)
    with (
        embedded_kafka(place.folder / "t20-kafka") as broker,
        scene_on(broker.bootstrap_servers, place.folder) as scene,
    ):
        scene.publish_webhooks(PARTNERS)
        steady = scene.workers.start()
        files = steady.open_files()
        scene.stream.changes(burst, profiles=2_000)
        scene.want_all(*_actions())
        scene.until_complete(900)
        warm = steady.rss_megabytes()
        began, memory = time.monotonic(), [(0.0, warm)]
        with scene.stream.flowing(rate, profiles=5_000):
            while time.monotonic() < began + seconds:
                _something_breaks(scene, broker, chance, pause)
                memory.append((time.monotonic() - began, steady.rss_megabytes()))
        scene.partner.behave()
        scene.want_all(*_actions())
        scene.until_complete(300)
        received = scene.arrivals("/p0")
        running = steady.is_running()
        scene.until(lambda: all(worker.metric("patchbay_lag_records") == 0 for worker in scene.workers.living()), 120)
        lag = sum(worker.metric("patchbay_lag_records") for worker in scene.workers.living())
        with contextlib.suppress(AssertionError):  # idle connections go after 15 s; what is left then is told
            scene.until(lambda: steady.open_files() - files <= FILES, 60)
        report.at_most("file descriptors more than before the burst", steady.open_files() - files, FILES)
    report.none("events lost", scene.ledger.missing())
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.none("wrong final states", wrong_final_states(received, scene.stream.newest))
    report.at_most("memory above the warm worker", max(megabytes for _, megabytes in memory) - warm, 100, "MB")
    if size.full:
        report.at_most("growth of memory", _slope(memory) * 600, 1.0, "MB in 10 minutes")
    report.equal("lag in the end", int(lag), 0)
    report.equal("the steady worker runs", running, True)
    report.note("events, repeated requests at one partner", f"{len(scene.stream.sent):,}, {repeats(received)}")
    return report


def _actions() -> tuple[str, ...]:
    return tuple(f"act_{number}" for number in range(PARTNERS))


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
