"""The lease: held only while the group has answered a heartbeat that was sent lately."""

from concurrent.futures import Future

import pytest

from stream_workers.transport.lease import Lease


class Coordinator:
    """Stands for aiokafka's group coordinator; `took` is how long an answer takes."""

    def __init__(self, clock, took: float = 0.0, *, accepts: bool = True) -> None:
        self.clock, self.took, self.accepts = clock, took, accepts

    async def _do_heartbeat(self) -> bool:
        self.clock[0] += self.took
        return self.accepts


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def lease(clock):
    return Lease(6.0, monotonic=lambda: clock[0])


def test_nothing_is_held_before_the_group_has_answered(lease):
    assert not lease.is_held()


async def test_an_answered_heartbeat_renews_the_lease_from_when_it_was_sent(lease, clock):
    coordinator = Coordinator(clock, took=2.0)
    lease.follow(coordinator)
    assert await coordinator._do_heartbeat()
    clock[0] += 3.9
    assert lease.is_held()
    clock[0] += 0.2
    assert not lease.is_held()


async def test_a_refused_heartbeat_renews_nothing(lease, clock):
    coordinator = Coordinator(clock, accepts=False)
    lease.follow(coordinator)
    assert not await coordinator._do_heartbeat()
    assert not lease.is_held()


async def test_following_twice_measures_once(lease, clock):
    coordinator = Coordinator(clock)
    lease.follow(coordinator)
    first = coordinator._do_heartbeat
    lease.follow(coordinator)
    assert coordinator._do_heartbeat is first


def test_a_dropped_lease_is_not_held(lease, clock):
    lease.renew(clock[0])
    assert lease.is_held()
    lease.drop()
    assert not lease.is_held()


def test_it_has_ended_when_aiokafka_keeps_the_membership_no_more(lease, clock):
    coordinator = Coordinator(clock)
    coordinator._coordination_task = Future()
    assert not lease.has_ended
    lease.follow(coordinator)
    assert not lease.has_ended
    coordinator._coordination_task.cancel()
    assert lease.has_ended
