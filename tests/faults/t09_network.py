"""T9, the network: connections to partners are reset in mid-request, trickle, or only look open."""

from collections import defaultdict
from contextlib import ExitStack

from connectors.records.codec import decode
from connectors.records.delivery import Attempt
from connectors.records.topics import ATTEMPTS
from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene
from tests.support.oracle import keys_that_changed, read_all, repeats, wrong_final_states
from tests.support.tcp_proxy import TcpProxy, tcp_proxy

ACTIONS = ("act_0", "act_1", "act_2", "act_3")
RESET, SLOW, HALF_OPEN, WELL = 0, 1, 2, 3
MID_REQUEST_BYTES = 200
TRICKLE = 60


def run(place: Place, size: Size) -> Report:
    """Three of four partners behind proxies; first all are well, then the three are not, then they are again."""
    seconds, rate = size.pick((4.0, 50), (60.0, 150))
    report = Report()
    with place.scene() as scene, ExitStack() as stack:
        port = int(scene.partner.url.rpartition(":")[2])
        proxies = [stack.enter_context(tcp_proxy(port)) for _ in range(3)]
        urls = [f"http://127.0.0.1:{proxy.port}/p{number}" for number, proxy in enumerate(proxies)]
        connectors = [scene.webhook(number, settings={"url": url}) for number, url in enumerate(urls)]
        scene.publish(*connectors, scene.webhook(WELL), scene.audience("0", "1", "2", "3"))
        scene.workers.start()
        well = _stretch(scene, seconds, rate, ACTIONS)
        _spoil(proxies)
        ill = _stretch(scene, seconds, rate, ("act_3",))
        for proxy in proxies:
            proxy.heal()
        scene.want_all(*ACTIONS)
        scene.until_complete(240)
        received = {number: scene.arrivals(f"/p{number}") for number in range(4)}
        reasons = _reasons(scene)
    report.none("events lost", scene.ledger.missing())
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.none("idempotency keys that changed", sum(keys_that_changed(came) for came in received.values()))
    wrong = [name for came in received.values() for name in wrong_final_states(came, scene.stream.newest)]
    report.none("wrong final states", wrong)
    if size.full:
        report.at_least("requests per second of the partner without trouble", ill / well * 100, 90, "% of before")
    report.equal("what is told of resets", reasons["con_0"], {"unreachable"})
    report.equal("what is told of a trickle", reasons["con_1"], {"no_answer"})
    report.equal("what is told of silence", reasons["con_2"], {"no_answer"})
    report.equal("what is told of the partner without trouble", reasons["con_3"], set())
    report.note("repeated requests, by partner", [repeats(came) for came in received.values()])
    return report


def _spoil(proxies: list[TcpProxy]) -> None:
    proxies[RESET].reset_after(MID_REQUEST_BYTES)
    proxies[SLOW].slow(TRICKLE)
    proxies[HALF_OPEN].cut_off()
    proxies[HALF_OPEN].half_open()


def _stretch(scene: Scene, seconds: float, rate: int, actions: tuple[str, ...]) -> float:
    """Send at this rate for so long; how many deliveries a second the partner without trouble had."""
    before, count = len(scene.stream.sent), int(seconds * rate)
    began = scene.partner.count(f"/p{WELL}")
    with scene.stream.flowing(rate, profiles=2_000, at_most=count):
        scene.until(lambda: len(scene.stream.sent) - before >= count, seconds + 60)
        flowed = scene.partner.count(f"/p{WELL}") - began
    wanted = {(event_id, action) for event_id in scene.stream.sent[before:] for action in actions}
    scene.until(lambda: scene.ledger.read() is not None and wanted <= scene.ledger.ended, 120)
    return flowed / seconds


def _reasons(scene: Scene) -> dict[str, set[str]]:
    """Why attempts failed, by connector; the explorer keeps all failed ones."""
    reasons: dict[str, set[str]] = defaultdict(set)
    for message in read_all(scene.settings, ATTEMPTS):
        attempt = decode(Attempt, message.value())
        if attempt.reason is not None:
            reasons[attempt.connector_id].add(attempt.reason)
    return reasons
