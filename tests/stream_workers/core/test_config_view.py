"""Folding the compacted config topic: lower revisions lose, tombstones delete, and the order of batches is all one."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.records.config import config_key
from connectors.records.profile_event import Change
from stream_workers.core.config_view import ConfigView, fold
from stream_workers.core.live_config import make_live
from tests.support.acme import ACME
from tests.support.builders import activation, audience, connector, feed, journey


def live(record):
    return make_live(record, ACME, lambda *given: given[2])


def change_of(offset, number, revision, deleted):
    record = audience(activation(f"act_{revision}"), audience_id=f"aud_{number}", revision=revision)
    return (offset, config_key("audience", f"aud_{number}"), None if deleted else record)


Logs = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6), st.booleans()), max_size=40)


@given(Logs, st.data())
def test_the_view_is_the_same_however_the_log_is_cut_into_batches(log, data):
    changes = [change_of(offset, *entry) for offset, entry in enumerate(log)]
    whole = fold(ConfigView(), changes, live)
    cut = data.draw(st.integers(0, len(changes)))
    assert fold(fold(ConfigView(), changes[:cut], live), changes[cut:], live) == whole
    one_by_one = ConfigView()
    for change in changes:
        one_by_one = fold(one_by_one, [change], live)
    assert one_by_one == whole


@given(Logs)
def test_the_highest_revision_since_the_last_tombstone_stands(log):
    model: dict[int, int] = {}
    for number, revision, deleted in log:
        if deleted:
            model.pop(number, None)
        else:
            model[number] = max(model.get(number, 0), revision)
    view = fold(ConfigView(), [change_of(offset, *entry) for offset, entry in enumerate(log)], live)
    audiences = view.workspaces["default"].audiences if "default" in view.workspaces else {}
    assert {key: ties[0].action_id for key, ties in audiences.items()} == {
        f"aud_{number}": f"act_{revision}" for number, revision in model.items()
    }
    assert view.position == len(log) - 1


def test_a_stale_connector_never_wins_and_a_deleted_one_is_gone():
    key = config_key("connector", "con_1")
    view = fold(ConfigView(), [(0, key, connector(revision=5)), (1, key, connector(revision=4))], live)
    assert {key: found.config.revision for key, found in view.connectors.items()} == {"con_1": 5}
    assert fold(view, [(2, key, None)], live).connectors == {}


def test_an_action_that_is_attached_twice_triggers_once_on_the_changes_of_both():
    record = audience(activation("act_1", Change.JOINED), activation("act_1", Change.LEFT))
    view = fold(ConfigView(), [(0, config_key("audience", "vip"), record)], live)
    (tie,) = view.workspaces["default"].audiences["vip"]
    assert tie.on == {Change.JOINED, Change.LEFT}


def test_sources_of_all_kinds_stand_side_by_side():
    records = [
        ("audience", audience(audience_id="x")),
        ("journey", journey(activation("act_1", Change.ENTERED, step="s"), journey_id="x")),
        ("feed", feed()),
    ]
    changes = [(offset, config_key(kind, record.id), record) for offset, (kind, record) in enumerate(records)]
    view = fold(ConfigView(), changes, live).workspaces["default"]
    assert (set(view.audiences), set(view.journeys), set(view.events)) == ({"x"}, {"x"}, {"purchase"})
