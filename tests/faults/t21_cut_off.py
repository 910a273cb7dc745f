"""T21, without a freeze: a worker that runs on is cut off from the broker, and comes back when its work was taken."""

import time

from tests.faults.report import Report, Size
from tests.faults.scene import PARTITIONS, Place, Scene, scene_on
from tests.support.oracle import repeats, waiting_rows, wrong_final_states
from tests.support.proxied_kafka import proxied_kafka
from tests.support.tcp_proxy import TcpProxy
from tests.support.workers import WorkerProcess

LEASE_SECONDS = 6.7
SLOTS, RATE = 256, 2_500
BOUND = SLOTS + int(RATE * (2.0 + 0.35))
"""Sending goes on for 2 s after the last sign of Kafka, and a commit takes its interval of 0.15 s and up to 0.2 s."""
TAKEN_OVER = "partition.taken_over"


def run(place: Place, size: Size) -> Report:
    """The worker behind the proxy loses the broker, not the partner; the other one takes over; then it hears all."""
    rounds, events = size.pick((1, 2_000), (10, 10_000))
    report, late, rewritten, zombies = Report(), 0, 0, 0
    with (
        proxied_kafka(place.folder / "t21-kafka") as broker,
        scene_on(broker.bootstrap_servers, place.folder) as scene,
    ):
        scene.publish_webhooks()
        scene.partner.misbehave("/p0", latency_ms=30)
        victim = scene.workers.start(**broker.behind_proxy())
        other = scene.workers.start()
        for _ in range(rounds):
            scene.until_owned(PARTITIONS // 2, victim, other)
            before = scene.received()
            scene.stream.changes(events, profiles=1_000)
            scene.until_received(before + events // 10)
            broker.proxy.cut_off()
            after_lease = _attempts_after(scene, victim, LEASE_SECONDS)
            scene.want_all()
            scene.until_complete(120)
            scene.until_owned(PARTITIONS, other)
            zombies += _attempts(victim) - after_lease
            seen, rows = scene.received(), waiting_rows(scene.settings)
            _come_back(scene, broker.proxy, victim)
            scene.ledger.read()
            late += scene.received() - seen
            rewritten += len(waiting_rows(scene.settings)) - len(rows)
        alive = [victim.is_running(), other.is_running()]
        received = scene.arrivals()
    report.none("requests begun without a lease, cut off", zombies)
    report.none("requests begun when it was back", late)
    report.none("late writes in `pending`, cut off", rewritten)
    report.none("deliveries counted twice, cut off", scene.ledger.counted_twice())
    report.none("events lost, cut off", scene.ledger.missing())
    report.none("wrong final states, cut off", wrong_final_states(received, scene.stream.newest))
    report.at_most("repeated requests, cut off", repeats(received), rounds * BOUND)
    report.none("workers that ended, cut off", alive.count(False))
    report.note("rounds, cut off", rounds)
    return report


def _come_back(scene: Scene, proxy: TcpProxy, victim: WorkerProcess) -> None:
    """It hears the broker again, and takes partitions over as a member of the group."""
    taken_over = victim.log_text().count(TAKEN_OVER)
    proxy.heal()
    scene.until(lambda: victim.log_text().count(TAKEN_OVER) > taken_over and victim.is_ready(), 90)


def _attempts(worker: WorkerProcess) -> int:
    return int(worker.metric("patchbay_delivery_attempts_total"))


def _attempts_after(scene: Scene, worker: WorkerProcess, seconds: float) -> int:
    """How many it had made when the outage had lasted so long (which is the fault itself, not a wait for anything)."""
    until = time.monotonic() + seconds
    scene.until(lambda: time.monotonic() >= until, seconds + 10)
    return _attempts(worker)
