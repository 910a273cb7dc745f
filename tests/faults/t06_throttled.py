"""T6: a partner answers 429 with Retry-After."""

from dataclasses import dataclass

from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene

SLOTS = 64


@dataclass(frozen=True)
class Answer:
    """One form of the header, and how long nothing may come after it."""

    retry_after: str
    seconds: float


def run(place: Place, size: Size) -> Report:
    """The throttled partner is left alone for as long as it asked; the other one gets everything meanwhile."""
    answers = size.pick((Answer("3", 3.0),), (Answer("30", 30.0), Answer("junk", 0.0), Answer("-5", 0.0)))
    report = Report()
    with place.scene(PATCHBAY_WORKER__SLOTS=str(SLOTS * 4)) as scene:
        scene.publish_webhooks(2)
        scene.partner.misbehave("/p0", latency_ms=5)
        scene.workers.start()
        for answer in answers:
            _throttle(scene, answer, report)
        scene.want_all("act_0", "act_1")
        scene.until_complete(90)
        report.none("events lost", scene.ledger.missing())
        report.none("deliveries counted twice", scene.ledger.counted_twice())
    return report


def _throttle(scene: Scene, answer: Answer, report: Report) -> None:
    scene.partner.forget()
    scene.partner.misbehave("/p0", status=429, retry_after=answer.retry_after)
    before = len(scene.stream.sent)
    with scene.stream.flowing(200, profiles=5_000):
        scene.until(lambda: scene.partner.count("/p0") > 0)
        scene.until(lambda: len(scene.stream.sent) - before >= 200 * (answer.seconds + 1), answer.seconds + 30)
    came = sorted(arrival.at for arrival in scene.arrivals("/p0") if arrival.status == 429)
    held = [at for at in came if 0.5 < at - came[0] < answer.seconds]
    scene.want_all("act_1")
    scene.until_complete(30)
    scene.partner.behave("/p0")
    if answer.seconds:
        report.none(f"requests while told to wait (Retry-After: {answer.retry_after})", held)
        report.at_most("requests until the first 429 was understood", len(came), 2 * SLOTS)
    scene.want_all("act_0")
    scene.until_complete(answer.seconds + 60)
