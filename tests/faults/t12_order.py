"""T12: joins and leaves, shuffled, duplicated and retried, while workers come and go."""

import random

from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene
from tests.faults.suites import run_suites
from tests.support.oracle import keys_that_changed, wrong_final_states

SEED = 7


def run(place: Place, size: Size) -> Report:
    """Every second answer is an error and a worker is killed; in the end each profile is as its newest event."""
    profiles, transitions = size.pick((150, 8), (5_000, 10))
    report, chance = Report(), random.Random(SEED)
    with place.scene() as scene:
        scene.publish_webhooks()
        scene.partner.misbehave("/p0", status=503, fraction=0.5)
        workers = [scene.workers.start(), scene.workers.start()]
        total = _send(scene, profiles, transitions // 2, chance)
        workers[0].kill()
        scene.workers.start(wait=False)
        total += _send(scene, profiles, transitions - transitions // 2, chance)
        scene.until(lambda: scene.partner.count("/p0") > total // 4)
        scene.partner.behave()
        scene.want_all()
        scene.until_complete(size.pick(120, 600))
        scene.until(lambda: scene.ledger.ends() >= total, 60)
        received = scene.arrivals()
    report.none(
        "profiles whose final state is not their newest event", wrong_final_states(received, scene.stream.newest)
    )
    report.none("events without an end", scene.ledger.missing())
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.none("idempotency keys that changed", keys_that_changed(received))
    report.note("records, ends", f"{total:,}: {scene.ledger.by_class()}")
    if size.full:
        run_suites(report, "tests/stream_workers/engine/test_world.py", PATCHBAY_TEST_EXAMPLES="200")
    return report


def _send(scene: Scene, profiles: int, transitions: int, chance: random.Random) -> int:
    """Each profile's changes, out of order among themselves and with every fifth sent twice."""
    events = []
    for number in range(profiles):
        changes = [scene.stream.event(f"p-{number}") for _ in range(transitions)]
        events += changes
        events += chance.sample(changes, max(1, transitions // 5))
    chance.shuffle(events)
    for event in events:
        scene.stream.send(event)
    scene.stream.flush()
    return len(events)
