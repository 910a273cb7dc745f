"""T4: one partner of ten hangs; the other nine must not notice."""

import time
from dataclasses import dataclass

from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene, percentile

PARTNERS = 10


@dataclass(frozen=True)
class Share:
    """What the other nine partners got in a stretch of time."""

    per_second: float
    p99_ms: float


def run(place: Place, size: Size) -> Report:
    """The same stream twice: with all partners well, then with one hanging; then it recovers and is drained."""
    seconds, rate = size.pick((6.0, 60), (600.0, 80))
    report = Report()
    with place.scene(partitions=4) as scene:
        scene.publish_webhooks(PARTNERS)
        scene.workers.start()
        scene.stream.changes(100, profiles=100)
        scene.until(lambda: scene.received() >= 100 * PARTNERS)
        well = _stretch(scene, seconds, rate)
        scene.partner.misbehave("/p0", hang=True)
        ill = _stretch(scene, seconds, rate)
        arrived = rate
        scene.partner.behave()
        recovered_at = time.monotonic()
        waiting = len(_unserved(scene))
        scene.want_all(*(f"act_{number}" for number in range(PARTNERS)))
        scene.until_complete(240)
        drained = waiting / max(0.001, time.monotonic() - recovered_at)
    report.at_least("throughput of the other nine", ill.per_second / well.per_second * 100, 90, "% of before")
    report.at_most("their p99", ill.p99_ms, max(2 * well.p99_ms, well.p99_ms + 20), "ms")
    report.none("events without an end", scene.ledger.missing())
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    if size.full:
        report.at_least("drain of the one that hung", drained, 2 * arrived, "/s")
    report.note("deliveries per second of the nine, before and while", f"{well.per_second:.0f}, {ill.per_second:.0f}")
    return report


def _stretch(scene: Scene, seconds: float, rate: float) -> Share:
    """Send for some seconds; what the nine had received at the end, and how long each delivery took."""
    scene.ledger.read()
    before = set(scene.ledger.outcomes)
    sent_before = len(scene.stream.sent)
    began = time.monotonic()
    with scene.stream.flowing(rate, profiles=5_000, at_most=int(seconds * rate)):
        scene.until(lambda: len(scene.stream.sent) - sent_before >= int(seconds * rate), seconds + 30)
    others = {f"act_{number}" for number in range(1, PARTNERS)}
    wanted = {(event_id, action) for event_id in scene.stream.sent[sent_before:] for action in others}
    scene.until(lambda: scene.ledger.read() is not None and wanted <= scene.ledger.ended, 60)
    taken = time.monotonic() - began
    news = [found[0] for key, found in scene.ledger.outcomes.items() if key not in before]
    times = [outcome.end_to_end_ms for outcome in news if outcome.action_id in others]
    return Share(len(wanted) / taken, percentile(times, 0.99))


def _unserved(scene: Scene) -> set[str]:
    """The events that the hanging partner has not had yet."""
    scene.ledger.read()
    return {event_id for event_id in scene.stream.sent if (event_id, "act_0") not in scene.ledger.ended}
