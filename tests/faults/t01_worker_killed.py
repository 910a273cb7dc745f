"""T1: workers are killed in the middle of a batch, again and again."""

import time

from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene
from tests.support.oracle import first_arrivals_out_of_order, keys_that_changed, repeats, wrong_final_states

SLOTS = 256
RATE = 2_500
SESSION_SECONDS = 10.0
COMMIT_SECONDS = 0.35
"""The interval of 0.15 s, and the commit itself at its 99th percentile."""
BOUND = SLOTS + int(RATE * COMMIT_SECONDS)


def run(place: Place, size: Size) -> Report:
    """Two workers; the older one is killed, another one takes its place, until all events have been sent.

    Every event goes to a quick and to a slow partner: when a worker is killed, many have ended for the one only.
    """
    events, kills = size.pick((6_000, 1), (100_000, 20))
    report = Report()
    with place.scene(partitions=4, PATCHBAY_WORKER__SLOTS=str(SLOTS * 4)) as scene:
        scene.publish_webhooks(2)
        scene.partner.misbehave("/p0", latency_ms=20)
        scene.partner.misbehave("/p1", latency_ms=300)
        processes = [scene.workers.start(), scene.workers.start()]
        stalls: list[float] = []
        with scene.stream.flowing(per_second=size.pick(600, 350), profiles=size.pick(500, 5_000), at_most=events):
            for number in range(kills):
                scene.until_received(2 * events * (number + 1) // (kills + 2), 240)
                victim = processes.pop(0)
                victim.kill()
                killed_at = time.time()
                processes.append(scene.workers.start(wait=False))
                stalls.append(_takeover_seconds(scene, killed_at))
            scene.until_sent(events, 600)
        scene.want_all("act_0", "act_1")
        scene.until_complete(180)
        received = scene.arrivals("/p0")
    report.none("events lost", scene.ledger.missing())
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.none("idempotency keys that changed", keys_that_changed(received))
    report.none("first arrivals out of order", first_arrivals_out_of_order(received, scene.stream.order))
    report.none("wrong final states", wrong_final_states(received, scene.stream.newest))
    report.at_most("repeated requests", repeats(received), kills * BOUND)
    report.at_most("longest takeover", max(stalls), size.seconds(SESSION_SECONDS + 5), "s")
    report.note("events, kills", f"{events:,}, {kills}")
    return report


def _takeover_seconds(scene: Scene, killed_at: float) -> float:
    """Until events that were appended after the kill have been delivered in every partition."""
    before = len(scene.stream.sent)

    def after() -> list[str]:
        return scene.stream.sent[before + 50 : before + 250]

    scene.until(lambda: len(after()) == 200 or len(scene.stream.sent) == before, 60)

    def delivered() -> bool:
        scene.ledger.read()
        return all((event_id, "act_0") in scene.ledger.ended for event_id in after())

    scene.until(delivered, 60)
    return time.time() - killed_at
