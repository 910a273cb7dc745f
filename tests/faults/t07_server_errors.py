"""T7: half of the answers are server errors, then all of them; nobody hammers the partner, nothing is lost."""

from collections import Counter

from tests.faults.report import Report, Size
from tests.faults.scene import Place


def run(place: Place, size: Size) -> Report:
    """A storm of 503, then health; every event is delivered, in tries that are spread out."""
    events, rate = size.pick((1_500, 500), (60_000, 150))
    report = Report()
    with place.scene() as scene:
        scene.publish_webhooks()
        scene.workers.start()
        scene.partner.misbehave("/p0", status=503, fraction=0.5)
        with scene.stream.flowing(rate, profiles=events, at_most=events):
            scene.until(lambda: len(scene.stream.sent) >= events * 2 // 3, 600)
            scene.partner.misbehave("/p0", status=503)
            scene.until(lambda: len(scene.stream.sent) >= events, 600)
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
    report.note("requests per delivered event", f"{len(received) / len(accepted):.2f}")
    return report
