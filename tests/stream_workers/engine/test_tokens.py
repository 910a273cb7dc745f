"""Access tokens: one fetch for all who ask, early renewal, and a stale token is no reason to lose a delivery."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from connectors.kit.classification import Classification, Verdict
from connectors.kit.declaration import Token, TokenFlow
from connectors.kit.exchange import PartnerRequest, PartnerResponse
from stream_workers.core.breaker import BreakerPolicy, BreakerState
from stream_workers.core.live_config import make_live
from stream_workers.engine.connector import Connector
from stream_workers.engine.tokens import NoToken, Tokens
from tests.support.acme import ACME
from tests.support.builders import audience, membership
from tests.support.builders import connector as connector_record
from tests.support.engine import Bench, FakePartner
from tests.support.fake_clock import FakeClock
from tests.support.refresh_tokens import RefreshTokensInMemory


def read(response: PartnerResponse) -> Token | Classification:
    if response.status != 200:
        return Classification(Verdict.UNAUTHORIZED, partner_code="invalid_grant")
    return msgspec.json.decode(response.body, type=Token)


FLOW = TokenFlow(
    render=lambda _settings, _now, _stored: PartnerRequest("POST", "http://acme.example", body=b"{}"), read=read
)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def partner():
    issued = iter(range(1, 100))

    def issue(_request):
        return PartnerResponse(
            200, body=msgspec.json.encode({"access_token": f"t-{next(issued)}", "expires_in": 100.0})
        )

    return FakePartner(answer=issue)


@pytest.fixture
def connector():
    live = make_live(connector_record(), replace(ACME, token=FLOW), lambda *given: given[2])
    return Connector(live, 1, BreakerPolicy())


@pytest.fixture
def tokens(partner, clock):
    return Tokens(partner, clock, RefreshTokensInMemory())


async def test_many_who_ask_at_once_cause_one_fetch(tokens, connector, partner):
    got = await asyncio.gather(*(tokens.get(connector) for _ in range(20)))
    assert set(got) == {"t-1"}
    assert len(partner.requests) == 1


async def test_a_token_is_renewed_when_four_fifths_of_its_life_are_over(tokens, connector, clock):
    assert await tokens.get(connector) == "t-1"
    clock.advance(79)
    assert await tokens.get(connector) == "t-1"
    clock.advance(2)
    assert await tokens.get(connector) == "t-2"


async def test_a_stale_token_may_be_replaced_and_a_fresh_one_is_refused_for_good(tokens, connector, clock):
    token = await tokens.get(connector)
    clock.advance(30)
    assert tokens.refused(connector, token)
    fresh = await tokens.get(connector)
    assert fresh == "t-2"
    assert tokens.refused(connector, token), "somebody else has fetched another one meanwhile"
    assert not tokens.refused(connector, fresh)


async def test_new_settings_need_a_new_token(tokens, connector):
    assert await tokens.get(connector) == "t-1"
    connector.live = replace(connector.live, settings=object())
    assert await tokens.get(connector) == "t-2"


async def test_a_refused_grant_says_so_to_everybody_who_waits(tokens, connector, partner):
    partner.answer = lambda _request: PartnerResponse(400)
    results = await asyncio.gather(*(tokens.get(connector) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(one, NoToken) for one in results)
    assert {one.classification.verdict for one in results} == {Verdict.UNAUTHORIZED}
    assert len(partner.requests) == 1


class Issuer:
    """Replaces the refresh token at every use, and takes none twice."""

    def __init__(self) -> None:
        self.newest = "r-0"
        self.shown: list[str] = []
        self.flow = replace(FLOW, render=self._request, given=lambda _settings: "r-0")

    def _request(self, _settings, _now, stored):
        return PartnerRequest("POST", "http://acme.example", body=msgspec.json.encode(stored or "r-0"))

    def answer(self, request):
        self.shown.append(msgspec.json.decode(request.body))
        if self.shown[-1] != self.newest:
            return PartnerResponse(400)
        self.newest = f"r-{len(self.shown)}"
        issued = {"access_token": f"t-{self.newest}", "expires_in": 100.0, "refresh_token": self.newest}
        return PartnerResponse(200, body=msgspec.json.encode(issued))


@pytest.fixture
def issuer(partner, connector):
    issuer = Issuer()
    partner.answer = issuer.answer
    connector.live = replace(connector.live, type=replace(ACME, token=issuer.flow))
    return issuer


async def test_each_renewal_uses_the_refresh_token_that_the_last_one_brought(partner, clock, connector, issuer):
    kept = RefreshTokensInMemory()
    tokens = Tokens(partner, clock, kept)
    for _ in range(3):
        await asyncio.gather(*(tokens.get(connector) for _ in range(5)))
        clock.advance(100)
    assert issuer.shown == ["r-0", "r-1", "r-2"]
    assert kept.kept == {"r-0": "r-3"}
    successor = Tokens(partner, clock, kept)
    assert await successor.get(connector) == "t-r-4"


async def test_an_access_token_is_not_used_before_its_refresh_token_is_safe(partner, clock, connector, issuer):
    kept, safe = RefreshTokensInMemory(), asyncio.Event()
    keep = kept.keep

    async def keep_later(*what):
        await safe.wait()
        await keep(*what)

    kept.keep = keep_later
    getting = asyncio.ensure_future(Tokens(partner, clock, kept).get(connector))
    while not partner.requests:
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    assert not getting.done()
    assert kept.is_taken
    safe.set()
    assert await getting == "t-r-1"


async def test_a_probe_that_meets_a_stale_token_proves_that_the_partner_is_back():
    bench, status = Bench(), [503]
    bench._live = lambda record: make_live(record, replace(ACME, token=FLOW), lambda _id, _field, sealed: sealed)

    def answer(request):
        if request.body == b"{}":
            return PartnerResponse(200, body=msgspec.json.encode({"access_token": "t-1", "expires_in": 9_999.0}))
        return PartnerResponse(status.pop() if len(status) > 1 else status[0])

    bench.partner.answer = answer
    bench.publish(connector_record(), audience())
    bench.own(0)
    bench.feed(*(membership(f"p-{number}") for number in range(20)))
    await bench.settle()
    connector = bench.engine.dispatcher.connectors["con_1"]
    assert connector.breaker.state is BreakerState.OPEN
    status[:] = [200, 401]
    await bench.pass_time(12)
    await bench.until(lambda: len(bench.outcomes()) == 20)
    assert connector.breaker.state is BreakerState.CLOSED
    await bench.engine.stop()


async def test_while_another_worker_renews_nothing_is_asked(partner, clock, connector, issuer):
    kept = RefreshTokensInMemory()
    kept.is_taken = True
    with pytest.raises(NoToken) as none:
        await Tokens(partner, clock, kept).get(connector)
    assert none.value.classification.verdict is Verdict.TRY_AGAIN
    assert issuer.shown == []
