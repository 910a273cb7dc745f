"""T2: a few events end in a refusal while their neighbours are accepted, and the worker is killed right then."""

from tests.faults.report import Report, Size
from tests.faults.scene import Place

EVERY = 100


def run(place: Place, size: Size) -> Report:
    """The partner answers every hundredth request with 401; the worker is killed as soon as the first refusal ended."""
    events, kills = size.pick((3_000, 1), (50_000, 5))
    report = Report()
    with place.scene() as scene:
        scene.publish_webhooks()
        scene.partner.misbehave("/p0", status=401, fraction=1 / EVERY)
        worker = scene.workers.start()
        for number in range(kills):
            received = scene.received()
            scene.stream.changes(events // kills, profiles=events)
            scene.until_received(received + 3 * EVERY)
            worker.kill()
            worker = scene.workers.start()
            assert number < kills
        scene.want_all()
        scene.until_complete(120)
        received_all = {arrival.event_id for arrival in scene.arrivals()}
    classes = scene.ledger.by_class()
    report.none("events with neither delivery nor terminal outcome", scene.ledger.missing())
    report.none("events that never reached the partner", set(scene.stream.sent) - received_all)
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.at_least("refusals that ended `invalid_credentials`", classes.get("invalid_credentials", 0), 1)
    report.equal("sent + removed + errors + skipped", sum(classes.values()), len(scene.stream.sent))
    return report
