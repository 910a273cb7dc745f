"""Attempts that are over at once, and calls that end in unusual ways: slots are freed, and nothing is lost."""

import asyncio

import pytest

from connectors.kit.exchange import AwaitedCall, TransportError, TransportErrorKind
from connectors.records.profile_event import Change
from tests.support.builders import action, activation, connector, feed, plain_event
from tests.support.engine import Bench

LONG_QUEUE = 3_000


@pytest.fixture
async def bench():
    bench = Bench()
    strict = action(mapping={"note": "{{ event.properties.note }}"})
    bench.publish(connector(strict), feed(activation("act_1", Change.OCCURRED)))
    bench.own(0)
    yield bench
    await bench.engine.stop()


async def test_a_long_queue_of_one_profile_may_end_without_a_single_request(bench):
    bench.partner.hold = asyncio.Event()
    bench.feed(plain_event(properties={"note": "first"}))
    await bench.until(lambda: bench.partner.running == 1)
    for _ in range(3):
        bench.feed(*(plain_event() for _ in range(LONG_QUEUE // 3)))
    await bench.until(lambda: bench.engine.dispatcher.view and len(bench.engine.feeds[0].partition.open) > LONG_QUEUE)
    bench.partner.hold.set()
    await bench.settle()
    assert bench.outcomes().count(("p-1", "other_error", "cannot_render")) == LONG_QUEUE
    assert len(bench.partner.requests) == 1
    assert bench.engine.dispatcher.slots.in_flight == 0


async def test_a_mistake_in_the_sender_ends_the_delivery_and_frees_the_slot(bench):
    def broken(_request):
        raise RuntimeError("a mistake")

    bench.partner.answer = broken
    bench.feed(plain_event(properties={"note": "first"}))
    await bench.settle()
    assert bench.outcomes() == [("p-1", "other_error", "internal_error")]
    assert bench.engine.dispatcher.slots.in_flight == 0


async def begun_call(told):
    """A call on its way, and its task."""
    begun = asyncio.Event()

    async def sending():
        begun.set()
        await asyncio.sleep(60)

    call = AwaitedCall(sending(), told.append)
    await begun.wait()
    return call, next(task for task in asyncio.all_tasks() if task is not asyncio.current_task())


async def test_a_call_that_somebody_else_cancels_is_a_lost_connection():
    told = []
    _, task = await begun_call(told)
    task.cancel()
    await asyncio.wait([task], timeout=60)
    assert [type(one) for one in told] == [TransportError]
    assert told[0].kind is TransportErrorKind.CONNECTION_LOST


async def test_a_call_that_is_cut_tells_nothing():
    told = []
    call, task = await begun_call(told)
    call.cancel()
    await asyncio.wait([task], timeout=60)
    assert told == []


async def notes_of(bench, **by_connector):
    """What each connector's request says of one event; a connector's URL is its own name."""
    actions = {name: action(f"act_{name}", mapping={"note": note}) for name, note in by_connector.items()}
    bench.publish(
        *(
            connector(one, connector_id=name, settings={"url": f"http://{name}.example"})
            for name, one in actions.items()
        ),
        feed(*(activation(one.id, Change.OCCURRED, connector_id=name) for name, one in actions.items()), revision=2),
    )
    bench.feed(plain_event(properties={"note": "n"}))
    await bench.settle()
    return sorted(request["rows"][0]["note"] for request in bench.partner.requests)


async def test_actions_with_equal_mappings_say_the_same_of_an_event(bench):
    note = "{{ profile.id | sha256 }}"
    notes = await notes_of(bench, one=note, two=note, three=note)
    assert len(notes) == 3
    assert len(set(notes)) == 1


async def test_actions_with_unequal_mappings_say_each_their_own(bench):
    assert await notes_of(bench, one="{{ profile.id }}", two="{{ event.name }}", three="n") == ["n", "p-1", "purchase"]


async def test_equal_mappings_that_read_settings_read_those_of_their_own_connector(bench):
    note = "{{ settings.url }}"
    assert await notes_of(bench, one=note, two=note) == ["http://one.example", "http://two.example"]
