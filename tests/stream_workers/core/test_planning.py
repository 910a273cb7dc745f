"""What an event leads to, against a model that looks through everything that was published."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from connectors.records.config import Activation, ConnectorConfig, config_key
from connectors.records.delivery import Reason
from connectors.records.profile_event import Change, MembershipEvent, PlainEvent, Source, SourceKind
from stream_workers.core.config_view import ConfigView, fold
from stream_workers.core.live_config import LiveConnector, make_live
from stream_workers.core.planning import plan, ties_of
from tests.support.acme import ACME
from tests.support.builders import action, activation, audience, connector, feed, journey, membership, plain_event

WORKSPACES = ("default", "other")
CONNECTORS = ("con_1", "con_2", "con_gone")
STEPS = (None, "s-1", "s-2")
SOURCES = (
    Source(SourceKind.AUDIENCE, "vip"),
    Source(SourceKind.AUDIENCE, "unknown"),
    *(Source(SourceKind.JOURNEY, "welcome", step) for step in STEPS),
)

connectors = st.builds(
    lambda active, acts, consent, workspace: {
        "active": active, "acts": acts, "consent": consent, "workspace": workspace,
    },
    st.booleans(), st.booleans(), st.sets(st.sampled_from(("mail", "ads"))), st.sampled_from(WORKSPACES),
)  # fmt: skip


def activations_at(*steps: str | None) -> st.SearchStrategy[list[Activation]]:
    def attach(connector_id: str, on: set[Change], step: str | None) -> Activation:
        action_id = f"act_of_{connector_id}"
        return Activation(connector_id=connector_id, action_id=action_id, on=tuple(on), step=step)

    on = st.sets(st.sampled_from(Change), min_size=1)
    return st.lists(st.builds(attach, st.sampled_from(CONNECTORS), on, st.sampled_from(steps)), max_size=5)


memberships = st.builds(
    lambda source, change, workspace, consent, identifiers, only: membership(
        change=change, source=source, workspace=workspace, consent=consent, identifiers=identifiers, only=only
    ),
    st.sampled_from(SOURCES),
    st.sampled_from((Change.JOINED, Change.LEFT, Change.ENTERED, Change.EXITED)),
    st.sampled_from(WORKSPACES),
    st.none() | st.sets(st.sampled_from(("mail", "ads"))).map(tuple),
    st.sampled_from(({}, {"email": "ada@example.org"}, {"email": ""}, {"phone": "+4912"})),
    st.sets(st.sampled_from(("act_of_con_1", "act_of_con_2"))).map(tuple),
)
plain_events = st.builds(
    lambda name, workspace: plain_event(name=name, workspace=workspace),
    st.sampled_from(("purchase", "visit")),
    st.sampled_from(WORKSPACES),
)
anywhere, at_steps = activations_at(None), activations_at(*STEPS)
Published = tuple[list[ConnectorConfig], list[Activation], list[Activation], list[Activation]]


def published(first: dict[str, object], second: dict[str, object]) -> list[ConnectorConfig]:
    return [
        connector(
            action(f"act_of_{connector_id}", active=how["acts"], consent=tuple(how["consent"])),
            connector_id=connector_id,
            active=how["active"],
            workspace=how["workspace"],
        )
        for connector_id, how in (("con_1", first), ("con_2", second))
    ]


def live(record: ConnectorConfig) -> LiveConnector:
    return make_live(record, ACME, lambda _id, _field, sealed: sealed)


def view_of(content: Published) -> ConfigView:
    configs, of_audience, of_journey, of_feed = content
    records = [
        *(("connector", config) for config in configs),
        ("audience", structs.replace(audience(), activations=tuple(of_audience))),
        ("journey", journey(*of_journey)),
        ("feed", feed(*of_feed) if of_feed else feed(event_names=())),
    ]
    changes = [(offset, config_key(kind, record.id), record) for offset, (kind, record) in enumerate(records)]
    return fold(ConfigView(), changes, live)


def attached(event: MembershipEvent | PlainEvent, content: Published) -> list[Activation] | None:
    """The activations of where the event comes from; `None` when that is not published in its workspace."""
    _, of_audience, of_journey, of_feed = content
    known = event.workspace == "default"
    if isinstance(event, PlainEvent):
        return of_feed if known and event.name == "purchase" else []
    if not known or event.source.id == "unknown":
        return None
    if event.source.kind is SourceKind.AUDIENCE:
        found = of_audience
    else:
        found = [one for one in of_journey if one.step in (None, event.source.step)]
    return [one for one in found if not event.only or one.action_id in event.only]


def reason(event: MembershipEvent | PlainEvent, config: ConnectorConfig) -> Reason | None:
    (act,) = config.actions
    if not (config.active and act.active):
        return Reason.DEACTIVATED
    if act.consent and not event.change.removes and not set(act.consent) <= set(event.consent or ()):
        return Reason.NO_CONSENT
    return None if event.identifiers.get("email") else Reason.NO_IDENTIFIER


@given(connectors, connectors, anywhere, at_steps, anywhere, memberships | plain_events)
def test_exactly_what_is_attached_to_the_source_and_exists_is_planned(
    first, second, of_audience, of_journey, of_feed, event
):
    content = (published(first, second), of_audience, of_journey, of_feed)
    view = view_of(content)
    ties, wanted = ties_of(event, view), attached(event, content)
    if wanted is None:
        assert ties is None
        return
    assert ties is not None
    planned = list(plan(event, ties, view))
    told = {one.action.id: (one.triggers, one.skip) for one in planned}
    assert len(told) == len(planned), "an action is planned twice"
    expected = {}
    for config in content[0]:
        on = {change for one in wanted if one.connector_id == config.id for change in one.on}
        if on and config.workspace == event.workspace:
            triggers = event.change in on
            expected[config.actions[0].id] = (triggers, reason(event, config) if triggers else None)
    assert told == expected


def test_an_action_that_is_attached_to_every_step_and_to_one_is_planned_once():
    welcome = journey(activation("act_1", Change.ENTERED), activation("act_1", Change.ENTERED, Change.EXITED, step="s"))
    view = fold(ConfigView(), [(0, b"connector:con_1", connector()), (1, b"journey:welcome", welcome)], live)
    event = membership(change=Change.ENTERED, source=Source(SourceKind.JOURNEY, "welcome", "s"))
    (planned,) = plan(event, ties_of(event, view) or (), view)
    assert planned.triggers
