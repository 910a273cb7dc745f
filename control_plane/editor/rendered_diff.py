"""What publishing would change of the requests: draft and published version, side by side, on the same events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.records.profile_event import ProfileEvent
from control_plane.access.work import Work
from control_plane.database.models import Connector
from control_plane.editor.preview import PLACEHOLDER_TOKEN, placeholder_moment, show_trouble
from control_plane.editor.schemas import RenderedAction, RenderedDiff, RenderedPair, RenderedSide
from control_plane.errors import Fault
from control_plane.publishing.connectors import draft_of
from control_plane.publishing.lookup import actions_of, type_of
from control_plane.rendering.loading import Stage, content_of
from control_plane.rendering.ready import NotReady, ReadyAction, ReadyConnector, make_action, make_connector
from control_plane.rendering.request import render_event
from control_plane.rendering.shown import show_request
from control_plane.sample import service as samples
from control_plane.sample.schemas import SampleChoice


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the comparison; what is not ready has faults instead."""

    connector: ReadyConnector | None = None
    actions: Mapping[str, ReadyAction] = field(default_factory=dict)
    contents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


async def compare(work: Work, connector: Connector, choice: SampleChoice) -> RenderedDiff:
    """Each action of either side; raises `NotFound` for an unknown source."""
    published = await _side(work, connector, "published") if connector.published_version is not None else Side()
    draft = await _side(work, connector, "draft")
    contents = {**published.contents, **draft.contents}
    consent = frozenset(name for content in contents.values() for name in content["consent"])
    fits: samples.Fits = samples.every_event
    if choice.kind is not None and choice.id is not None:
        fits = await samples.fits_source(work, choice.kind, choice.id)
    chosen = await samples.choose(work, fits, choice.limit, consent)
    actions = [
        _compare_action(work, action_id, content["name"], (published, draft), chosen)
        for action_id, content in contents.items()
    ]
    return RenderedDiff(
        differs=any(action.change != "same" for action in actions),
        are_examples=chosen.are_examples,
        published_errors=list(published.faults),
        draft_errors=list(draft.faults),
        actions=actions,
    )


async def _side(work: Work, connector: Connector, stage: Stage) -> Side:
    content, secrets = await content_of(work, connector, stage)
    if stage == "draft":
        content = draft_of(connector, await actions_of(work, [connector.id]))
    type_ = type_of(work, content["type"])
    contents = {action["id"]: action for action in content["actions"]}
    faults: list[Fault] = []
    ready, actions = None, {}
    try:
        ready = make_connector(type_, content, secrets)
    except NotReady as error:
        faults += error.faults
    for action_id, action in contents.items():
        try:
            actions[action_id] = make_action(type_, action)
        except NotReady as error:
            faults += [
                fault.model_copy(update={"pointer": f"/actions/{action_id}{fault.pointer}"}) for fault in error.faults
            ]
    return Side(ready, actions, contents, tuple(faults))


def _compare_action(
    work: Work, action_id: str, name: str, sides: tuple[Side, Side], chosen: samples.Chosen
) -> RenderedAction:
    pairs = []
    for sample, event in chosen.events:
        before, after = (_render(work, side, action_id, sample, event) for side in sides)
        pairs.append(RenderedPair(id=sample, differs=before != after, published=before, draft=after))
    held = tuple(action_id in side.contents for side in sides)
    if held != (True, True):
        return RenderedAction(action_id=action_id, name=name, change="added" if held[1] else "removed", samples=pairs)
    change = "changed" if any(pair.differs for pair in pairs) else "same"
    return RenderedAction(action_id=action_id, name=name, change=change, samples=pairs)


def _render(work: Work, side: Side, action_id: str, sample: str, event: ProfileEvent) -> RenderedSide | None:
    action = side.actions.get(action_id)
    if side.connector is None or action is None:
        return None
    rendered = render_event(side.connector, action, event, placeholder_moment(work, side.connector, sample))
    masker = side.connector.masker.knowing([PLACEHOLDER_TOKEN])
    return RenderedSide(
        skipped=None if rendered.skipped is None else rendered.skipped.value,
        problem=show_trouble(rendered.problem, masker),
        request=None if rendered.request is None else show_request(rendered.request, masker),
    )
