"""T21: a worker is frozen past its session in the middle of the stream, and thawed when others have done its work."""

import time

from tests.faults.report import Report, Size
from tests.faults.scene import PARTITIONS, Place, Scene
from tests.support.oracle import repeats, waiting_rows, wrong_final_states
from tests.support.workers import WorkerProcess

SLOTS, RATE = 256, 2_500
BOUND = SLOTS + int(RATE * 0.35)
"""As when a worker is killed: what was in flight, and what had ended within one commit."""


def run(place: Place, size: Size) -> Report:
    """Frozen while requests are under way; the others take over; nothing of the frozen one may have any effect."""
    rounds, events = size.pick((1, 3_000), (10, 10_000))
    report = Report()
    late, rewritten, sent_again = 0, 0, 0
    with place.scene() as scene:
        scene.publish_webhooks()
        scene.partner.misbehave("/p0", latency_ms=30)
        workers = [scene.workers.start(), scene.workers.start()]
        for _ in range(rounds):
            scene.until_owned(PARTITIONS // 2, *workers)
            before = scene.received()
            victim, other = workers
            scene.stream.changes(events, profiles=1_000)
            scene.until_received(before + events // 10)
            victim.freeze()
            recorded, known_at = _recorded(scene), time.time()
            scene.want_all()
            scene.until_complete(90)
            scene.until_owned(PARTITIONS, other)
            at_thaw, seen, rows = time.time(), scene.received(), waiting_rows(scene.settings)
            _thaw(scene, victim, at_thaw)
            scene.ledger.read()
            late += scene.received() - seen
            rewritten += len(waiting_rows(scene.settings)) - len(rows)
            sent_again += len(recorded & {one.delivery_id for one in scene.arrivals() if one.at > known_at})
            workers = [other, victim]
        received = scene.arrivals()
    report.none("requests that the thawed worker began", late)
    report.none("its late writes in `pending`", rewritten)
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.none("events lost", scene.ledger.missing())
    report.none("wrong final states", wrong_final_states(received, scene.stream.newest))
    report.none("deliveries sent again that had been recorded", sent_again)
    if size.full:  # how much is in flight at a freeze depends on the machine's speed
        report.at_most("repeated requests", repeats(received), rounds * BOUND)
    report.note("rounds, repeated requests", f"{rounds}, {repeats(received)}")
    return report


def _thaw(scene: Scene, victim: WorkerProcess, at: float) -> None:
    """It goes on, and comes to know that its partitions were taken."""
    victim.thaw()
    scene.workers.until_ready(victim)
    scene.until(lambda: _has_noticed(victim.log_text(), at))


def _recorded(scene: Scene) -> set[str]:
    """The deliveries whose end is committed."""
    scene.ledger.read()
    return {outcome.delivery_id for outcome in scene.ledger.all()}


def _has_noticed(log: str, since: float) -> bool:
    """It has taken partitions over again after the thaw, as a member of the group."""
    moments = [line.split('"timestamp": "')[1][:19] for line in log.splitlines() if "partition.taken_over" in line]
    return bool(moments) and moments[-1] >= time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since))
