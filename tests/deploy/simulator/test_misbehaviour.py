"""The simulator can be told, per path, to be every kind of bad partner."""

import asyncio
import time

import httpx
import pytest

from tests.support.simulator import simulator_in_this_loop


@pytest.fixture
async def partner():
    async with simulator_in_this_loop() as url, httpx.AsyncClient(base_url=url, timeout=10) as client:
        yield client


async def tell(partner, **behaviour):
    answer = await partner.put("/_behaviour", json=behaviour)
    assert answer.status_code == 200, answer.text


async def test_a_failing_path_answers_with_the_status_and_its_neighbours_do_not(partner):
    await tell(partner, path="/bad", status=503)

    assert (await partner.post("/bad/deep")).status_code == 503
    assert (await partner.post("/good")).status_code == 200


async def test_a_throttling_path_says_when_to_come_back(partner):
    await tell(partner, path="/", status=429, retry_after=30, body='{"error": "slow down"}')

    answer = await partner.post("/hook")

    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (429, "30", '{"error": "slow down"}')


async def test_a_slow_path_answers_after_its_latency(partner):
    await tell(partner, path="/slow", latency_ms=150)
    start = time.monotonic()

    assert (await partner.post("/slow")).status_code == 200

    assert time.monotonic() - start >= 0.15


async def test_a_hanging_path_never_answers_and_the_request_is_kept_without_a_status(partner):
    await tell(partner, path="/hang", hang=True)

    with pytest.raises(httpx.ReadTimeout):
        await partner.post("/hang", timeout=0.2)

    assert [one["status"] for one in (await partner.get("/_received")).json()] == [None]


@pytest.mark.parametrize(
    ("behaviour", "error"), [({"reset": True}, httpx.ReadError), ({"garbage": True}, httpx.RemoteProtocolError)]
)
async def test_a_connection_can_be_reset_or_filled_with_garbage(partner, behaviour, error):
    await tell(partner, path="/", **behaviour)

    with pytest.raises(error):
        await partner.post("/hook")


async def test_a_gigabyte_is_offered_and_the_reader_may_stop_early(partner):
    await tell(partner, path="/", gigabyte=True)

    async with partner.stream("POST", "/hook") as answer:
        assert answer.headers["Content-Length"] == str(1024**3)
        async for piece in answer.aiter_raw():
            assert piece
            break

    assert (await partner.get("/_counts")).json()["total"] == 1


async def test_a_dripping_path_sends_byte_after_byte(partner):
    await tell(partner, path="/drip", drip_ms=1)
    start = time.monotonic()

    assert (await partner.post("/drip")).json() == {}

    assert time.monotonic() - start >= len("HTTP/1.1 200 OK") / 1000


async def test_half_of_the_requests_means_every_second_one(partner):
    await tell(partner, path="/", status=500, fraction=0.5)

    statuses = [(await partner.post("/hook")).status_code for _ in range(6)]

    assert statuses == [200, 500, 200, 500, 200, 500]


async def test_a_behaviour_can_end_after_some_requests(partner):
    await tell(partner, path="/", status=500, times=2)

    assert [(await partner.post("/hook")).status_code for _ in range(3)] == [500, 500, 200]


async def test_the_longest_path_wins_and_rules_can_be_taken_back(partner):
    await tell(partner, path="/a", status=500)
    await tell(partner, path="/a/b", status=404)
    assert (await partner.post("/a/b/c")).status_code == 404

    await partner.delete("/_behaviour", params={"path": "/a/b"})
    assert (await partner.post("/a/b/c")).status_code == 500

    await partner.delete("/_behaviour")
    assert (await partner.post("/a/b/c")).status_code == 200


async def test_a_rule_that_makes_no_sense_is_refused(partner):
    answer = await partner.put("/_behaviour", json={"path": "/", "explode": True})

    assert answer.status_code == 400
    assert "explode" in answer.json()["detail"]


async def test_replies_on_one_connection_keep_their_order_when_the_first_is_held_back(partner):
    await tell(partner, path="/slow", latency_ms=100)
    reader, writer = await asyncio.open_connection(partner.base_url.host, partner.base_url.port)
    writer.write(b"GET /slow HTTP/1.1\r\n\r\nGET /_counts HTTP/1.1\r\n\r\n")

    async with asyncio.timeout(10):
        text = await reader.readuntil(b'"total":1,"paths":{"/slow":1}}')

    assert text.startswith(b"HTTP/1.1 200 OK")
    assert text.count(b"HTTP/1.1 200 OK") == 2
    writer.close()


async def test_what_is_not_http_is_answered_with_400_and_closed(partner):
    reader, writer = await asyncio.open_connection(partner.base_url.host, partner.base_url.port)
    writer.write(b"nonsense\r\n\r\n")

    async with asyncio.timeout(10):
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()
