"""Every connector type delivers through the real engine: joins, leaves, batches, and what partners do wrong."""

from urllib.parse import urlsplit

import msgspec
import pytest

from connectors.catalog import CATALOG
from connectors.kit.classification import Verdict
from connectors.kit.declaration import Delivers
from connectors.kit.identifiers import ADDRESS
from connectors.records.profile_event import MembershipEvent
from tests.support.catalogue import (
    ACTIONS,
    CASES,
    bad_answer,
    delivering,
    good_cases,
    leaving,
    path_of,
    sendable,
)

TAGS = [type_ for type_ in CATALOG if type_.delivers is Delivers.TAG]

every_action = pytest.mark.parametrize(
    ("type_", "action"), ACTIONS, ids=[f"{type_.key}/{action.key}" for type_, action in ACTIONS]
)


def adds(case):
    return not case.events[0].change.removes


def removes(case):
    return case.events[0].change.removes


@every_action
async def test_a_join_is_sent(type_, action):
    case = good_cases(type_, action, adds)[0]
    async with delivering(type_, case) as bench:
        bench.feed(*case.events)
        await bench.go_on_until(lambda: sum(bench.ends().values()) == len(case.events))
        assert bench.ends()["sent"] == sendable(type_, case), (bench.logs[0].outcomes, bench.attempts())
        assert bench.logs[0].rows == {}


@every_action
async def test_a_leave_is_removed_or_said_to_be_impossible(type_, action):
    if not any(change.removes for change in action.on):
        case = good_cases(type_, action, adds)[0]
        event = next(event for event in leaving(case).events if isinstance(event, MembershipEvent))
        async with delivering(type_, case) as bench:
            bench.feed(event)
            await bench.settle()
            assert bench.outcomes() == [(event.profile_id, "skipped", "not_supported")]
            assert bench.sender.seen == []
        return
    # The first request of a job may be the same for both: then the case of a join serves.
    case = (good_cases(type_, action, removes) or [leaving(good_cases(type_, action, adds)[0])])[0]
    async with delivering(type_, case) as bench:
        bench.feed(*case.events)
        await bench.go_on_until(lambda: sum(bench.ends().values()) == len(case.events))
        assert bench.ends()["removed"] == sendable(type_, case), (bench.logs[0].outcomes, bench.attempts())


@pytest.mark.parametrize(
    ("type_", "action"),
    [(type_, action) for type_, action in ACTIONS if action.batch],
    ids=[f"{type_.key}/{action.key}" for type_, action in ACTIONS if action.batch],
)
async def test_a_batch_is_one_request(type_, action):
    case = max(good_cases(type_, action, adds), key=lambda case: sendable(type_, case))
    assert sendable(type_, case) > 1, "no case of a batch"
    async with delivering(type_, case) as bench:
        bench.feed(*case.events)
        await bench.go_on_until(lambda: sum(bench.ends().values()) == len(case.events))
        asked = [request for request in bench.sender.seen if urlsplit(request.url).path.startswith(path_of(case))]
        assert asked.count(asked[0]) == 1
        assert len(asked) == 1 or action.continue_ is not None
        assert bench.ends()["sent"] == sendable(type_, case)


CHOSEN = [(type_, case) for type_ in CATALOG for case in CASES[type_.key] if case.identifiers]


@pytest.mark.parametrize(("type_", "case"), CHOSEN, ids=[type_.key for type_, _ in CHOSEN])
async def test_a_connector_sends_only_the_identifiers_that_it_reads(type_, case):
    async with delivering(type_, case) as bench:
        bench.feed(*case.events)
        await bench.go_on_until(lambda: sum(bench.ends().values()) == len(case.events))
        assert bench.ends() == {"sent": sendable(type_, case), "skipped": len(case.events) - sendable(type_, case)}
        sent = next(request for request in bench.sender.seen if urlsplit(request.url).path == path_of(case))
        assert msgspec.json.decode(sent.body) == case.sends.json


BY_ADDRESS = [
    (type_, case)
    for type_ in CATALOG
    for case in CASES[type_.key]
    if ADDRESS in type_.partner_type.identifiers
    if case.file.stem == "batch"
]


@pytest.mark.parametrize(("type_", "case"), BY_ADDRESS, ids=[type_.key for type_, _ in BY_ADDRESS])
async def test_whoever_has_only_an_address_is_sent_and_whoever_has_a_part_of_one_is_not(type_, case):
    whole = next(event for event in case.events if not event.identifiers)
    part = msgspec.structs.replace(whole, profile_id="p-part", attributes={**whole.attributes, "zip": None})
    async with delivering(type_, case) as bench:
        bench.feed(whole, part)
        await bench.go_on_until(lambda: len(bench.outcomes()) == 2)
        assert sorted(bench.outcomes()) == [(whole.profile_id, "sent", None), ("p-part", "skipped", "no_identifier")]


@every_action
async def test_refused_credentials_end_so(type_, action):
    case = good_cases(type_, action, adds)[0]
    async with delivering(type_, case) as bench:
        bench.misbehave(case, bad_answer(type_, action, Verdict.UNAUTHORIZED))
        bench.feed(*case.events)
        await bench.go_on_until(lambda: sum(bench.ends().values()) == len(case.events))
        assert bench.ends()["invalid_credentials"] == sendable(type_, case), (bench.logs[0].outcomes, bench.attempts())


@every_action
async def test_a_throttle_waits_and_then_everything_is_sent(type_, action):
    case = good_cases(type_, action, adds)[0]
    async with delivering(type_, case) as bench:
        bench.misbehave(case, bad_answer(type_, action, Verdict.THROTTLED))
        bench.feed(*case.events)
        await bench.go_on_until(bench.attempts)
        assert bench.attempts()[0]["verdict"] == "throttled"
        assert bench.ends()["sent"] == 0
        bench.behave()
        await bench.go_on_until(lambda: bench.ends()["sent"] == sendable(type_, case))


@every_action
async def test_silence_is_a_timeout_and_tried_again(type_, action):
    case = good_cases(type_, action, adds)[0]
    async with delivering(type_, case) as bench:
        bench.misbehave(case, hang=True)
        bench.feed(*case.events)
        await bench.go_on_until(bench.attempts)
        assert bench.attempts()[0]["response"]["error"] == "timeout"
        bench.behave()
        await bench.go_on_until(lambda: bench.ends()["sent"] == sendable(type_, case))


@pytest.mark.parametrize("type_", TAGS, ids=lambda type_: type_.key)
async def test_a_tag_is_no_business_of_workers(type_):
    case = CASES[type_.key][0]
    async with delivering(type_, case) as bench:
        bench.feed(*case.events)
        await bench.settle()
        assert (bench.outcomes(), bench.sender.seen) == ([], [])
