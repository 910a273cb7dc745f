"""T7: half of the answers are server errors, then all of them; nobody hammers the partner, nothing is lost."""

import time
from collections import Counter

from tests.faults.report import Report, Size
from tests.faults.scene import Place
from tests.support.oracle import Arrival


def run(place: Place, size: Size) -> Report:
    """A storm of 503, then nothing but 503, then health; every event is delivered, in tries that are spread out."""
    half_seconds, whole_seconds, rate = size.pick((2.0, 1.0, 500), (300.0, 120.0, 150))
    report = Report()
    with place.scene() as scene:
        scene.publish_webhooks()
        scene.workers.start()
        scene.partner.misbehave("/p0", status=503, fraction=0.5)
        first, last = int(half_seconds * rate), int((half_seconds + whole_seconds) * rate)
        with scene.stream.flowing(rate, profiles=last, at_most=last):
            scene.until(lambda: len(scene.stream.sent) >= first, 600)
            scene.partner.misbehave("/p0", status=503)
            scene.until(lambda: len(scene.stream.sent) >= last, 600)
        recovered_at = time.time()
        scene.partner.behave()
        scene.want_all()
        scene.until_complete(240)
        received = scene.arrivals()
    tries = Counter(arrival.delivery_id for arrival in received)
    accepted = {arrival.event_id for arrival in received if arrival.status == 200}
    report.none("events lost", scene.ledger.missing())
    report.none("events not delivered after the recovery", set(scene.stream.sent) - accepted)
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.at_most("tries of one event", max(tries.values()), size.pick(25, 250))
    if size.full:
        report.at_most("the busiest second of the recovery, in means", _busiest(received, recovered_at), 3.0)
    report.note("requests per delivered event", f"{len(received) / len(accepted):.2f}")
    return report


def _busiest(received: list[Arrival], since: float) -> float:
    """The largest of the seconds from the first accepted request to the last, over their mean."""
    moments = sorted(arrival.at for arrival in received if arrival.at >= since and arrival.status == 200)
    seconds = Counter(int(at - moments[0]) for at in moments)
    return max(seconds.values()) * (max(seconds) + 1) / len(moments)
