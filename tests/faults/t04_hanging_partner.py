"""T4: one partner of ten hangs, then another one refuses connections; the other nine must not notice."""

import time
from dataclasses import dataclass

from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene, percentile
from tests.support.tcp_proxy import tcp_proxy

PARTNERS = 10
PROFILES = 100_000
"""So many that no change replaces another that waits: all of them must be drained."""
HANGING, REFUSING = 0, 1


@dataclass(frozen=True)
class Share:
    """What nine of the partners got in a stretch of time."""

    per_second: float
    p99_ms: float


def run(place: Place, size: Size) -> Report:
    """The same stream three times: with all partners well, with one that hangs, and with one that refuses.

    After each trouble the partner is well again, and what has waited for it is drained.
    """
    calm, seconds, rate = size.pick((6.0, 6.0, 60), (200.0, 600.0, 80))
    report = Report()
    with place.scene(partitions=4) as scene, tcp_proxy(int(scene.partner.url.rpartition(":")[2])) as proxy:
        scene.publish_webhooks(PARTNERS)
        behind = f"http://127.0.0.1:{proxy.port}/p{REFUSING}"
        scene.publish(scene.webhook(REFUSING, settings={"url": behind}))
        scene.workers.start()
        scene.stream.changes(100, profiles=100)
        scene.until(lambda: scene.received() >= 100 * PARTNERS)
        well = _stretch(scene, calm, rate, HANGING)
        scene.partner.misbehave(f"/p{HANGING}", hang=True)
        hanging = _stretch(scene, seconds, rate, HANGING)
        scene.partner.behave()
        drained = [_drained_per_second(scene, HANGING)]
        proxy.refuse()
        refusing = _stretch(scene, seconds, rate, REFUSING)
        proxy.heal()
        drained.append(_drained_per_second(scene, REFUSING))
    for what, ill in (("hangs", hanging), ("refuses", refusing)):
        share = ill.per_second / well.per_second * 100
        report.at_least(f"throughput of the nine while one {what}", share, size.pick(50, 90), "% of before")
        promised = max(2 * well.p99_ms, well.p99_ms + 20)
        report.at_most(f"their p99 while one {what}", ill.p99_ms, size.seconds(promised), "ms")
    report.none("events without an end", scene.ledger.missing())
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    if size.full:
        report.at_least("drain of the one that hung, and refused", min(drained), 2 * rate, "/s")
    rates = ", ".join(f"{one.per_second:.0f}" for one in (well, hanging, refusing))
    report.note("deliveries per second of nine: well, one hangs, one refuses", rates)
    return report


def _drained_per_second(scene: Scene, partner: int) -> float:
    """The partner has just recovered: how fast it gets what has waited for it, until everything has ended."""
    recovered_at = time.monotonic()
    waiting = len(_unserved(scene, partner))
    scene.want_all(*(f"act_{number}" for number in range(PARTNERS)))
    scene.until_complete(240)
    return waiting / max(0.001, time.monotonic() - recovered_at)


def _stretch(scene: Scene, seconds: float, rate: float, besides: int) -> Share:
    """Send for some seconds; what the nine besides this one got at the end, and how long each delivery took."""
    scene.ledger.read()
    before = set(scene.ledger.outcomes)
    sent_before = len(scene.stream.sent)
    began = time.monotonic()
    with scene.stream.flowing(rate, PROFILES, at_most=int(seconds * rate)):
        scene.until(lambda: len(scene.stream.sent) - sent_before >= int(seconds * rate), seconds + 30)
    others = {f"act_{number}" for number in range(PARTNERS) if number != besides}
    wanted = {(event_id, action) for event_id in scene.stream.sent[sent_before:] for action in others}
    scene.until(lambda: scene.ledger.read() is not None and wanted <= scene.ledger.ended, 60)
    taken = time.monotonic() - began
    news = [found[0] for key, found in scene.ledger.outcomes.items() if key not in before]
    times = [outcome.end_to_end_ms for outcome in news if outcome.action_id in others]
    return Share(len(wanted) / taken, percentile(times, 0.99))


def _unserved(scene: Scene, partner: int) -> set[str]:
    """The events that this partner has not had yet."""
    scene.ledger.read()
    return {event_id for event_id in scene.stream.sent if (event_id, f"act_{partner}") not in scene.ledger.ended}
