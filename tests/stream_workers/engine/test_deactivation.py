"""Off means off, also for what is on its way in that moment: whatever the partner answers, nothing of it waits."""

import asyncio

import pytest

from connectors.kit.exchange import PartnerResponse
from connectors.records.codec import decode
from connectors.records.delivery import Attempt
from tests.support.builders import action, connector, membership

BATCH_SECONDS = 61


@pytest.mark.parametrize(
    ("type_", "status"),
    [
        *[(type_, status) for type_ in ("sync_list", "sync_batch", "sync_job") for status in (503, 429)],
        *[(type_, 413) for type_ in ("sync_batch", "sync_job")],
    ],
)
@pytest.mark.parametrize("goes", ["deactivated", "deleted"])
async def test_what_fails_while_its_connector_goes_off_ends(bench_of, type_, status, goes):
    bench = await bench_of(type_)
    bench.partner.hold = asyncio.Event()
    bench.partner.answer = lambda _request: PartnerResponse(status)
    bench.feed(membership("p-1"), membership("p-2"))
    await bench.until(lambda: bench.engine.feeds[0].partition.position.expected == 2)
    await bench.pass_time(BATCH_SECONDS)
    await bench.until(lambda: bench.partner.running)
    if goes == "deleted":
        bench.delete("connector", "con_1")
    else:
        bench.publish(connector(action(type=type_), active=False, activation=2, revision=2))
    bench.partner.hold.set()
    await bench.until(lambda: len(bench.outcomes()) == 2)
    assert {(outcome, reason) for _, outcome, reason in bench.outcomes()} == {("skipped", "deactivated")}
    await bench.until(lambda: not bench.logs[0].rows)
    attempts = [decode(Attempt, value) for value in bench.logs[0].attempts]
    assert [one.http_status for one in attempts] == ([] if status == 413 else [status, status])
    await bench.engine.stop()


async def test_a_job_that_the_partner_takes_while_its_connector_goes_off_ends(bench_of):
    bench = await bench_of("sync_job")
    bench.partner.hold = asyncio.Event()
    bench.partner.answer = lambda _request: PartnerResponse(202, body=b"t-1")
    bench.feed(membership("p-1"))
    await bench.settle()
    await bench.pass_time(BATCH_SECONDS)
    await bench.until(lambda: bench.partner.running)
    bench.publish(connector(action(type="sync_job"), active=False, activation=2, revision=2))
    bench.partner.hold.set()
    await bench.until(lambda: bench.outcomes() == [("p-1", "skipped", "deactivated")])
    await bench.until(lambda: not bench.logs[0].rows)
    await bench.engine.stop()
