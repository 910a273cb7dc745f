"""T13: workers come and go under load."""

import time

from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene, Stream
from tests.support.oracle import first_arrivals_out_of_order, repeats, waiting_rows, wrong_final_states
from tests.support.workers import WorkerProcess

IN_FLIGHT = 1024
STALL_SECONDS = 5.0
GAP_SECONDS = 10


def run(place: Place, size: Size) -> Report:
    """One worker more, one worker less (in order), in turn; the longest silence at the partner is the stall.

    Beside the stream, the rows of a paused connector wait: every rebalance takes them too and gives them back.
    """
    moves, rate, rows = size.pick((2, 300, 2_000), (30, 667, 100_000))
    report = Report()
    with place.scene() as scene:
        scene.publish(scene.webhook(0), scene.audience("0"))
        scene.partner.misbehave("/p0", latency_ms=10)
        steady = scene.workers.start()
        held = _hold_rows(scene, rows, steady)
        with scene.stream.flowing(rate, profiles=5_000):
            stalls = _stalls(scene, moves, rate * size.pick(4, GAP_SECONDS))
        scene.want_all()
        scene.until_complete(60)
        report.equal("rows of the paused connector, after all rebalances", len(waiting_rows(scene.settings)), rows)
        scene.publish(scene.webhook(1))
        scene.ledger.want(held.sent, "act_1")
        scene.until_complete(300)
        assert steady.is_running()
        received, resumed = scene.arrivals("/p0"), scene.partner.count("/p1")
    report.none("events lost", scene.ledger.missing())
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.none("first arrivals out of order", first_arrivals_out_of_order(received, scene.stream.order))
    report.none("wrong final states", wrong_final_states(received, scene.stream.newest))
    report.equal("held deliveries that were sent once resumed", resumed, rows)
    report.at_most("repeated requests", repeats(received), moves * IN_FLIGHT)
    report.at_most("longest stall", max(stalls), size.seconds(STALL_SECONDS), "s")
    report.note("events, rebalances", f"{len(scene.stream.sent):,}, {moves}")
    return report


def _stalls(scene: Scene, moves: int, events: int) -> list[float]:
    """Of each move: a guest comes, or goes in order, and so many events later the stream flows again."""
    stalls, guest = [], None
    for _ in range(moves):
        before, began = len(scene.stream.sent), time.time()
        if guest is None:
            guest = scene.workers.start()
        else:
            assert guest.stop() == 0, guest.log_text()[-2000:]
            guest = None
        scene.until_sent(before + events)
        scene.until(lambda: _is_flowing(scene))
        stalls.append(_stall(scene, began))
    return stalls


def _hold_rows(scene: Scene, rows: int, worker: WorkerProcess) -> Stream:
    """So many profiles join an audience whose only connector is paused: a pending row each."""
    scene.publish(scene.webhook(1, paused=True), scene.audience("1", audience_id="held"))
    held = Stream(scene.settings, audience="held", prefix="h")
    held.changes(rows, profiles=rows)
    scene.until(lambda: worker.metric("patchbay_pending_rows") == rows, 120)
    return held


def _is_flowing(scene: Scene) -> bool:
    scene.ledger.read()
    sent = list(scene.stream.sent)
    return len(sent) - len(scene.ledger.ended) < 500


def _stall(scene: Scene, since: float) -> float:
    """The longest time since then in which the partner heard nothing."""
    moments = sorted(arrival.at for arrival in scene.arrivals("/p0") if arrival.at >= since)
    return max((later - earlier for earlier, later in zip(moments, moments[1:], strict=False)), default=0.0)
