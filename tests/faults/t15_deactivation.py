"""T15: connectors are deactivated while events flow; off means off."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene, percentile

CHANGES_PER_SECOND = 10


def run(place: Place, size: Size) -> Report:
    """Deactivate, watch for later requests, activate again, among ten other changes a second.

    Each time the version before comes late, and must not win. Then once with retries waiting, and once with a worker
    that starts while the connector is off.
    """
    rounds, rate, watch = size.pick((4, 500, 0.5), (100, 1_000, 1.5))
    report, lasts, activation = Report(), [], 1
    with place.scene() as scene:
        scene.publish_webhooks()
        scene.partner.misbehave("/p0", latency_ms=5)
        scene.workers.start()
        with scene.stream.flowing(rate, profiles=20_000), _churn(scene) as changes:
            for _ in range(rounds):
                scene.until_received(scene.received() + 50)
                activation += 1
                stale = scene.webhook(activation=activation - 1)
                scene.publish(scene.webhook(active=False, activation=activation))
                off_at = time.time()
                scene.publish(stale)
                lasts.append(_last_request(scene, off_at, watch))
                activation += 1
                scene.publish(scene.webhook(activation=activation))
            activation, cold = _start_while_off(scene, activation, rate)
        cancelled = _cancel_what_waits(scene, activation)
        scene.want_all()
        scene.until_complete(60)
        report.none("requests of a worker that started while the connector was off", cold)
        report.none("retries sent after the deactivation", cancelled)
        report.none("events without an end", scene.ledger.missing())
        report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.at_most("last new request after the deactivation, p99", percentile(lasts, 0.99), size.seconds(1.0), "s")
    report.at_most("the same, worst", max(lasts), size.seconds(2.0), "s")
    report.note("deactivations, other changes meanwhile", f"{rounds}, {len(changes):,}")
    return report


@contextmanager
def _churn(scene: Scene) -> Iterator[list[int]]:
    """Ten changes of another connector in every second, until the block ends."""
    changes: list[int] = []
    over = threading.Event()

    def change() -> None:
        while not over.wait(1 / CHANGES_PER_SECOND):
            scene.publish(scene.webhook(9, mapping={"body": {"change": len(changes)}}))
            changes.append(len(changes))

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        yield changes
    finally:
        over.set()
        thread.join()


def _start_while_off(scene: Scene, activation: int, rate: float) -> tuple[int, int]:
    """The activation count afterwards, and what was sent while a worker began that had to read everything first."""
    scene.publish(scene.webhook(active=False, activation=activation + 1))
    _last_request(scene, time.time(), 1.0)
    seen = scene.received()
    scene.workers.start()
    scene.until_sent(len(scene.stream.sent) + rate)
    cold = scene.received() - seen
    scene.publish(scene.webhook(activation=activation + 2))
    return activation + 2, cold


def _last_request(scene: Scene, off_at: float, watch: float) -> float:
    """Seconds until the last request; over when nothing came for `watch` seconds although events went on flowing."""
    seen, changed_at = scene.received(), time.monotonic()

    def is_silent() -> bool:
        nonlocal seen, changed_at
        now = scene.received()
        if now != seen:
            seen, changed_at = now, time.monotonic()
        return time.monotonic() - changed_at > watch

    scene.until(is_silent, 30)
    latest = scene.partner.received("/p0", limit=1)
    return max(0.0, latest[-1]["at"] - off_at)


def _cancel_what_waits(scene: Scene, activation: int) -> int:
    """Deliveries that wait, or whose attempts are about to fail, when the connector goes off; how many are sent yet."""
    scene.partner.misbehave("/p0", status=503, latency_ms=500)
    before, first = scene.received(), len(scene.stream.sent)
    scene.stream.changes(200, profiles=200)
    scene.until(lambda: scene.received() > before)
    scene.publish(scene.webhook(active=False, activation=activation + 1))
    waiting = {(event_id, "act_0") for event_id in scene.stream.sent[first:]}
    scene.until(lambda: scene.ledger.read() is not None and waiting <= scene.ledger.ended)
    scene.partner.behave()
    seen = scene.received()
    scene.publish(scene.webhook(activation=activation + 2))
    scene.stream.changes(10, profiles=10)
    scene.want_all()
    scene.until_complete(30)
    return max(0, scene.received() - seen - 10)
