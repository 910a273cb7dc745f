"""Identities: the same after every crash, and never the same for two different things."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.records.profile_event import MembershipEvent, Source, SourceKind
from stream_workers.core import identity
from stream_workers.core.identity import POSITION_KEY, batch_id, delivery_id, membership_of_row, row_key
from stream_workers.engine.delivery import JOB
from tests.support.builders import membership, plain_event

# Few letters, and those that a careless key would join its parts with.
names = st.text("a/:\0|", max_size=4)
memberships = st.builds(
    lambda workspace, profile, kind, source, step, event_id: membership(
        profile, workspace=workspace, source=Source(kind, source, step), event_id=event_id
    ),
    names, names, st.sampled_from(SourceKind), names, st.none() | names, st.none() | names,
)  # fmt: skip
plain_events = st.builds(
    lambda workspace, profile, event_id: plain_event(profile, workspace=workspace, event_id=event_id),
    names, names, st.none() | names,
)  # fmt: skip
places = st.tuples(memberships | plain_events, names, st.integers(0, 12), st.integers(0, 120))


def what_a_row_is_of(place):
    event, action_id, partition, offset = place
    if isinstance(event, MembershipEvent):
        source = event.source
        return (event.workspace, event.profile_id, action_id, source.kind, source.id, source.step or "")
    return (event.workspace, event.profile_id, action_id, partition, offset)


@given(places, places)
def test_two_rows_have_one_key_exactly_when_they_are_of_the_same_state_or_event(first, second):
    assert (row_key(*first) == row_key(*second)) == (what_a_row_is_of(first) == what_a_row_is_of(second))


@given(places)
def test_no_row_has_the_key_of_the_position(place):
    assert row_key(*place) != POSITION_KEY


@given(places, st.integers(0, 12), st.integers(0, 120))
def test_an_event_with_an_id_has_one_delivery_wherever_it_stands(place, partition, offset):
    event, action_id, first_partition, first_offset = place
    same = delivery_id(event, action_id, first_partition, first_offset) == delivery_id(
        event, action_id, partition, offset
    )
    assert same == (event.event_id is not None or (first_partition, first_offset) == (partition, offset))


@given(st.lists(st.uuids().map(str), min_size=1, max_size=5, unique=True), st.randoms(use_true_random=False))
def test_a_batch_is_the_same_when_the_same_rows_go_again_in_the_same_order(rows, chance):
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert batch_id(rows) == batch_id(tuple(rows))
    assert (batch_id(rows) == batch_id(shuffled)) == (rows == shuffled)


@given(places)
def test_a_row_key_tells_which_membership_it_is_of(place):
    event = place[0]
    expected = identity.membership(event) if isinstance(event, MembershipEvent) else None
    assert membership_of_row(row_key(*place)) == expected
    assert membership_of_row(row_key(*place) + JOB) == expected
