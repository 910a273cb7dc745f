"""T6: a partner answers 429 with Retry-After."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene
from tests.support.oracle import waiting_rows

SLOTS = 64
HOUR = 3_600.0
FOR_EVER = 10**9


@dataclass(frozen=True)
class Answer:
    """One form of the header, and how long nothing may come after it."""

    name: str
    header: Callable[[], str]
    seconds: float = 0.0


def in_seconds(seconds: int) -> Answer:
    """As a number."""
    return Answer(f"{seconds}", lambda: str(seconds), seconds)


def as_date(seconds: int) -> Answer:
    """As an HTTP date; its second may have begun."""
    return Answer(f"a date in {seconds} s", lambda: formatdate(time.time() + seconds, usegmt=True), seconds - 1)


JUNK = tuple(Answer(text, lambda text=text: text) for text in ("junk", "-5", ""))


def run(place: Place, size: Size) -> Report:
    """The throttled partner is left alone for as long as it asked; the other one gets everything meanwhile."""
    answers = size.pick((in_seconds(3),), (in_seconds(30), as_date(30), *JUNK))
    report = Report()
    with place.scene(PATCHBAY_WORKER__SLOTS=str(SLOTS * 4)) as scene:
        scene.publish_webhooks(2)
        scene.partner.misbehave("/p0", latency_ms=5)
        scene.workers.start()
        for answer in answers:
            _throttle(scene, answer, report)
        _throttle_for_ever(scene, report)
        scene.want_all("act_0", "act_1")
        scene.until_complete(90)
        report.none("events lost", scene.ledger.missing())
        report.none("deliveries counted twice", scene.ledger.counted_twice())
    return report


def _throttle(scene: Scene, answer: Answer, report: Report) -> None:
    scene.partner.forget()
    scene.partner.misbehave("/p0", status=429, retry_after=answer.header())
    before = len(scene.stream.sent)
    with scene.stream.flowing(200, profiles=5_000):
        scene.until(lambda: scene.partner.count("/p0") > 0)
        scene.until(lambda: len(scene.stream.sent) - before >= 200 * (answer.seconds + 1), answer.seconds + 30)
    came = sorted(arrival.at for arrival in scene.arrivals("/p0") if arrival.status == 429)
    held = [at for at in came if 1.5 < at - came[0] < answer.seconds]
    scene.want_all("act_1")
    scene.until_complete(30)
    scene.partner.behave("/p0")
    if answer.seconds:
        report.none(f"requests while told to wait (Retry-After: {answer.name})", held)
        report.at_most(f"requests until the first 429 was understood ({answer.name})", len(came), 2 * SLOTS)
    scene.want_all("act_0")
    scene.until_complete(answer.seconds + 60)


def _throttle_for_ever(scene: Scene, report: Report) -> None:
    """What is asked for beyond an hour is cut to one; nobody waits here: a deactivation ends what is put off."""
    scene.partner.misbehave("/p0", status=429, retry_after=str(FOR_EVER))
    scene.stream.changes(50, profiles=50)
    scene.until(lambda: any(row.attempts for row in waiting_rows(scene.settings)))
    now = time.time()
    waits = [row.due_at / 1000 - now for row in waiting_rows(scene.settings) if row.attempts]
    report.at_least(f"shortest wait when told to wait {FOR_EVER:,} s", min(waits), HOUR - 60, "s")
    report.at_most("longest", max(waits), HOUR + 2, "s")
    scene.publish(scene.webhook(0, active=False, activation=2))
