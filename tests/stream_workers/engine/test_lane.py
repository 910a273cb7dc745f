"""Lanes keep their order, whether a delivery is alone in one or not."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from prometheus_client import CollectorRegistry

from connectors.records.profile_event import Change
from stream_workers.core.breaker import BreakerPolicy
from stream_workers.core.live_config import make_live
from stream_workers.engine.connector import Connector
from stream_workers.engine.delivery import JOB, Delivery, Stage, Taken
from stream_workers.engine.lane import Lanes
from stream_workers.engine.partition import OwnedPartition
from stream_workers.engine.scratch import Scratch
from stream_workers.shell.telemetry import Telemetry
from tests.support.acme import ACME
from tests.support.builders import connector

PROFILES = ("p-1", "p-2")


NOTHING: Any = None
TELEMETRY = Telemetry(CollectorRegistry(), "test")
PARTITION = OwnedPartition(0, NOTHING, TELEMETRY, 1.0, lambda: True, Scratch(NOTHING, NOTHING))
CONNECTOR = Connector(make_live(connector(), ACME, lambda *given: given[2]), 1, BreakerPolicy())


def delivery(profile_id: str = "p-1", key: bytes = b"row", *, batched: bool = False) -> Delivery:
    taken = Taken(b"", 0, 0, 0, None)
    return Delivery(taken, PARTITION, CONNECTOR, "act_1", Change.JOINED, profile_id, None, (1, 1), batched, row_key=key)


def test_jobs_of_a_row_are_found_with_it_and_other_rows_are_not():
    lanes = Lanes()
    job, waits, other = delivery(), delivery(), delivery(key=b"another")
    job.ticket = "t-1"
    for one in (job, waits, other):
        lanes.enter(one)
    assert lanes.of_row("p-1", b"row") == [job, waits]
    assert job.key_on_topic() == b"row" + JOB
    assert lanes.of_row("p-2", b"row") == []


class LanesBesideLists(RuleBasedStateMachine):
    """A list per profile, and the one of it that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes = Lanes()
        self.lists: dict[str, list[Delivery]] = {profile: [] for profile in PROFILES}

    def everything(self) -> list[Delivery]:
        return [one for items in self.lists.values() for one in items]

    def running(self, profile: str) -> list[Delivery]:
        return [one for one in self.lists[profile] if one.stage is Stage.RUNNING]

    def turn(self, profile: str) -> Delivery | None:
        one_by_one = [one for one in self.lists[profile] if not one.batched]
        if self.running(profile) or not one_by_one or one_by_one[0].stage is not Stage.BEHIND:
            return None
        return one_by_one[0]

    @rule(profile=st.sampled_from(PROFILES), batched=st.booleans())
    def enter(self, profile: str, batched: bool) -> None:
        new = delivery(profile, batched=batched)
        first = not self.lists[profile]
        self.lists[profile].append(new)
        assert self.lanes.enter(new) == first
        if first:
            new.stage = Stage.READY
        elif (turn := self.lanes.next_behind(profile)) is not None:
            assert turn is self.turn(profile)
            turn.stage = Stage.READY

    @precondition(lambda self: any(not self.running(profile) and self.lists[profile] for profile in PROFILES))
    @rule(data=st.data())
    def begin(self, data: Any) -> None:
        idle = [one for one in self.everything() if not self.running(one.lane)]
        self.lanes.begin(data.draw(st.sampled_from(idle)))

    @precondition(lambda self: any(self.running(profile) for profile in PROFILES))
    @rule(data=st.data())
    def pause(self, data: Any) -> None:
        running = [one for profile in PROFILES for one in self.running(profile)]
        one = data.draw(st.sampled_from(running))
        self.lanes.pause(one)
        one.stage = Stage.READY

    @precondition(lambda self: self.everything())
    @rule(data=st.data())
    def leave(self, data: Any) -> None:
        gone = data.draw(st.sampled_from(self.everything()))
        self.lists[gone.lane].remove(gone)
        turn = self.lanes.leave(gone)
        assert gone.stage is Stage.OVER
        assert turn is self.turn(gone.lane)
        if turn is not None:
            turn.stage = Stage.READY

    @invariant()
    def the_same_is_there(self) -> None:
        assert len(self.lanes) == sum(bool(items) for items in self.lists.values())
        assert {id(one) for one in self.lanes} == {id(one) for one in self.everything()}
        for profile, items in self.lists.items():
            assert list(self.lanes.of(profile)) == items
            assert (profile in self.lanes) == bool(items)
            assert self.lanes.is_running(profile) == bool(self.running(profile))
            if items:
                assert self.lanes.head(profile) is items[0]


TestLanesBesideLists = LanesBesideLists.TestCase
