"""T3: the broker is killed, and stopped in order, while events flow."""

import time

from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene, scene_on
from tests.support.kafka import embedded_kafka
from tests.support.oracle import repeats

FLOWING_SECONDS = 15.0


def run(place: Place, size: Size) -> Report:
    """A broker of its own, down for some seconds each time; nobody may lose anything, and nobody may end."""
    kills, stops, down, rate = size.pick((1, 0, 2.0, 300), (5, 5, 10.0, 400))
    report, flowing = Report(), []
    with (
        embedded_kafka(place.folder / "t03-kafka") as broker,
        scene_on(broker.bootstrap_servers, place.folder) as scene,
    ):
        scene.publish_webhooks()
        workers = [scene.workers.start() for _ in range(2)]
        with scene.stream.flowing(rate, profiles=2_000):
            for number in range(kills + stops):
                _until_delivered(scene, 300)
                (broker.kill if number < kills else broker.stop)()
                time.sleep(down)  # the outage itself, not a wait for anything
                broker.start()
                up_at = time.monotonic()
                _until_delivered(scene, 50)
                flowing.append(time.monotonic() - up_at)
        scene.want_all()
        scene.until_complete(120)
        alive = [worker.is_running() for worker in workers]
        received = scene.arrivals()
        lost_inputs = len(scene.stream.refused)
    report.none("inputs lost", lost_inputs)
    report.none("outcomes lost", scene.ledger.missing())
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.none("workers that ended", alive.count(False))
    report.at_most("longest wait until deliveries flow again", max(flowing), size.seconds(FLOWING_SECONDS), "s")
    report.note(
        "events, outages, repeated requests", f"{len(scene.stream.sent):,}, {kills + stops}, {repeats(received)}"
    )
    return report


def _until_delivered(scene: Scene, count: int) -> None:
    """Until this many more requests have reached the partner."""
    before = scene.received()
    scene.until(lambda: scene.received() >= before + count, 90)
