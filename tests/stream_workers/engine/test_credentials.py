"""Refused credentials hold a connector; an accepted request, whichever it is, lets it go on at once."""

import asyncio

from connectors.kit.exchange import PartnerResponse
from tests.support.builders import membership


async def test_an_answer_that_was_under_way_and_is_accepted_ends_the_hold(bench):
    bench.partner.hold = asyncio.Event()
    bench.partner.answer = lambda request: PartnerResponse(200 if b'"p-3"' in request.body else 401)
    bench.feed(*(membership(f"p-{number}") for number in range(4)))
    await bench.until(lambda: bench.partner.running == 4)
    bench.partner.hold.set()
    bench.partner.hold = None
    await bench.until(lambda: len(bench.outcomes()) == 3)
    bench.partner.answer = lambda _request: PartnerResponse(200)
    bench.feed(membership("p-9"))
    await bench.until(lambda: ("p-9", "sent", None) in bench.outcomes())


async def test_a_refusal_does_not_shorten_what_the_partner_asked_for(bench):
    bench.partner.hold = asyncio.Event()
    answers = iter([PartnerResponse(429, {"retry-after": "600"}), *[PartnerResponse(401)] * 3])
    bench.partner.answer = lambda _request: next(answers)
    bench.feed(*(membership(f"p-{number}") for number in range(4)))
    await bench.until(lambda: bench.partner.running == 4)
    bench.partner.hold.set()
    await bench.until(lambda: bench.partner.running == 0)
    await bench.settle()
    bench.partner.answer = lambda _request: PartnerResponse(200)
    await bench.pass_time(500)
    assert len(bench.partner.requests) == 4
    await bench.pass_time(160)
    await bench.until(lambda: len(bench.partner.requests) > 4)
