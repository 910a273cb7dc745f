"""T14: the database hangs, then it is gone; deliveries go on, the API says so, and the counts are exact afterwards."""

import asyncio
import contextlib
import time

import httpx

from connectors.records.topics import ATTEMPTS, OUTCOMES
from stream_workers.shell.metrics_store import open_metrics_engine
from tests.faults.plane import Plane, is_up
from tests.faults.report import Report, Size
from tests.faults.scene import Place, Scene
from tests.stream_workers.conftest import PostgresqlServer
from tests.support.oracle import PATIENCE, read_all
from tests.support.recount import Counts, recount, stored_counts

ANSWER_SECONDS = 2.0
Answers = dict[str, tuple[int, float]]
"""The status of each page, and how long it took."""


def run(place: Place, size: Size) -> Report:
    """PostgreSQL is frozen for one stretch and gone for the next, while events flow; then it is started again."""
    rate, well, frozen, gone = size.pick((200, 4.0, 3.0, 3.0), (150, 120.0, 300.0, 300.0))
    report, server = Report(), PostgresqlServer()
    plane = Plane(server.url)
    try:
        with place.scene(**plane.environment) as scene, plane.client() as http:
            scene.publish_webhooks(2)
            scene.partner.misbehave("/p1", status=503, fraction=0.3)
            programs = [scene.workers.start("control-plane", wait=False)]
            scene.until(lambda: is_up(http))
            programs += [scene.workers.start(), scene.workers.start("metrics")]
            with scene.stream.flowing(rate, profiles=2_000):
                before = _stretch(scene, rate, well)
                server.freeze()
                hangs = _ask(http)
                while_frozen = _stretch(scene, rate, frozen)
                server.kill()
                refuses = _ask(http)
                while_gone = _stretch(scene, rate, gone)
            scene.want_all("act_0", "act_1")
            scene.until_complete(120)
            server.start()
            scene.until(lambda: is_up(http))
            same, recounted = _is_stored_exactly(scene, server, size.pick(60, 300))
            alive = [program.is_running() for program in programs]
            answers = _answers(http, "/v1/connectors")
    finally:
        server.remove()
    report.equal("counts after the recovery, compared with a recount", same, True)
    report.none("events lost", scene.ledger.missing())
    report.none("deliveries counted twice", scene.ledger.counted_twice())
    report.none("programs that ended", alive.count(False))
    _judge(report, size, {"hangs": hangs, "is gone": refuses})
    report.equal("the API's answer afterwards", answers, 200)
    if size.full:
        report.at_least("deliveries while it hung", while_frozen / before * 100, 95, "% of before")
        report.at_least("deliveries while it was gone", while_gone / before * 100, 95, "% of before")
    report.note("deliveries, failed attempts", recounted)
    return report


def _judge(report: Report, size: Size, asked: dict[str, Answers]) -> None:
    """The API's answers while the database is away."""
    for what, answers in asked.items():
        statuses = {page: status for page, (status, _) in answers.items()}
        report.equal(f"answers while it {what}", statuses, {"/v1/connectors": 503, "/readyz": 503, "/livez": 200})
        slowest = max(took for _, took in answers.values())
        report.at_most(f"slowest answer while it {what}", slowest, size.seconds(ANSWER_SECONDS), "s")


def _answers(http: httpx.Client, page: str) -> int:
    try:
        return http.get(page).status_code
    except httpx.TransportError:
        return 0


def _ask(http: httpx.Client) -> Answers:
    """What each page answers now, and how long it took."""
    asked = {}
    for page in ("/v1/connectors", "/readyz", "/livez"):
        began = time.monotonic()
        asked[page] = (_answers(http, page), time.monotonic() - began)
    return asked


def _stretch(scene: Scene, rate: float, seconds: float) -> float:
    """While so many events are sent: accepted deliveries a second at the partner that is well."""
    sent, received = len(scene.stream.sent), scene.partner.count("/p0")
    began = time.monotonic()
    scene.until(lambda: len(scene.stream.sent) - sent >= rate * seconds, seconds + 120)
    return (scene.partner.count("/p0") - received) / (time.monotonic() - began)


def _is_stored_exactly(scene: Scene, server: PostgresqlServer, seconds: float) -> tuple[bool, str]:
    """Whether the tables come to hold what a recount of the topics gives, and how much that is."""
    outcomes = [message.value() for message in read_all(scene.settings, OUTCOMES, PATIENCE)]
    attempts = [message.value() for message in read_all(scene.settings, ATTEMPTS, PATIENCE)]
    wanted = recount(outcomes, attempts)
    with contextlib.suppress(AssertionError):
        scene.until(lambda: asyncio.run(_stored(server.url)) == wanted, seconds)
    return asyncio.run(_stored(server.url)) == wanted, f"{len(outcomes):,}, {len(attempts):,}"


async def _stored(url: str) -> Counts:
    engine = open_metrics_engine(url)
    try:
        return await stored_counts(engine)
    finally:
        await engine.dispose()
