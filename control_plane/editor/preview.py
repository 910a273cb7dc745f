"""Renders a draft for events, and shows each request masked, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.kit.declaration import ActionType, PartnerType
from connectors.kit.errors import PatchbayError
from connectors.kit.masking import Masker
from connectors.records.delivery import Reason
from connectors.records.profile_event import ProfileEvent
from control_plane.access.work import Work
from control_plane.database.models import Connector
from control_plane.editor.schemas import ActionPreview, PreviewItem, PreviewRead, Trouble
from control_plane.errors import Fault
from control_plane.publishing.lookup import type_of
from control_plane.rendering.curl import as_curl
from control_plane.rendering.loading import content_of
from control_plane.rendering.ready import NotReady, ReadyAction, ReadyConnector, make_action, make_connector
from control_plane.rendering.request import Moment, Rendered, map_event, needs_token, render_event
from control_plane.rendering.shown import show_request
from control_plane.sample import service as samples
from control_plane.sample.schemas import SampleChoice
from control_plane.sample.service import Chosen

PLACEHOLDER_TOKEN = "patchbay-preview-access-token"  # it stands where the real one will be
ACCESS_TOKEN = "access_token"

WHY = {
    Reason.NOT_SUPPORTED: "This type of action is not for such a change.",
    Reason.NO_CONSENT: "The event lacks a category of consent that the action asks for.",
    Reason.NO_IDENTIFIER: "The profile has none of the identifiers that the partner knows people by.",
}


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything to render with; what is not ready has faults instead."""

    connector: ReadyConnector | None
    action: ReadyAction | None
    faults: tuple[Fault, ...]
    partner: PartnerType
    identifiers: tuple[str, ...]
    plain_settings: dict[str, Any]


async def preview(work: Work, connector: Connector, content: Mapping[str, Any], body: ActionPreview) -> PreviewRead:
    """What this action would send; raises `InvalidInput` for given events that are none."""
    bench = await set_up(work, connector, content)
    chosen = await choose_events(work, content, body.events, body.samples)
    if bench.action is None:
        return PreviewRead(valid=False, errors=list(bench.faults), are_examples=chosen.are_examples, items=[])
    items = [show(bench, name, _rendered(work, bench, bench.action, name, event)) for name, event in chosen.events]
    return PreviewRead(valid=not bench.faults, errors=list(bench.faults), are_examples=chosen.are_examples, items=items)


async def set_up(work: Work, connector: Connector, content: Mapping[str, Any]) -> Bench:
    """The draft of the connector, and the action as its editor has it."""
    type_ = type_of(work, connector.type)
    stored, secrets = await content_of(work, connector, "draft")
    faults: tuple[Fault, ...] = ()
    ready_connector, ready_action = None, None
    try:
        ready_connector = make_connector(type_, stored, secrets)
    except NotReady as error:
        faults = tuple(fault.model_copy(update={"pointer": f"/connector{fault.pointer}"}) for fault in error.faults)
    try:
        ready_action = make_action(type_, content)
    except NotReady as error:
        faults += error.faults
    identifiers = tuple(stored["identifiers"] or type_.partner_type.identifiers)
    return Bench(ready_connector, ready_action, faults, type_.partner_type, identifiers, stored["settings"])


async def choose_events(
    work: Work, content: Mapping[str, Any], events: list[dict[str, Any]] | None, choice: SampleChoice
) -> Chosen:
    """The given events, or recent ones: of the chosen source, else of those that the action is attached to."""
    if events is not None:
        return samples.given_events(work, events)
    fits: samples.Fits = samples.every_event
    if choice.kind is not None and choice.id is not None:
        fits = await samples.fits_source(work, choice.kind, choice.id)
    elif content.get("id"):
        fits = await samples.fits_action(work, content["id"])
    return await samples.choose(work, fits, choice.limit, frozenset(content["consent"]))


def show(bench: Bench, name: str, rendered: Rendered) -> PreviewItem:
    """What became of one event, secrets masked."""
    masker = Masker(()) if bench.connector is None else bench.connector.masker
    action_type = None if bench.action is None else bench.action.type
    item = PreviewItem(
        id=name,
        event=samples.as_json(rendered.event),
        skipped=None if rendered.skipped is None else rendered.skipped.value,
        why=None if rendered.skipped is None else why(rendered.skipped, action_type),
        problem=show_trouble(rendered.problem, masker),
        mapped=rendered.mapped,
    )
    if rendered.request is None or bench.connector is None:
        return item
    masker = masker.knowing([PLACEHOLDER_TOKEN])
    variables = {**bench.connector.secrets, ACCESS_TOKEN: PLACEHOLDER_TOKEN}
    return item.model_copy(
        update={"request": show_request(rendered.request, masker), "curl": as_curl(rendered.request, variables)}
    )


def show_trouble(problem: PatchbayError | None, masker: Masker) -> Trouble | None:
    """Why nothing can be rendered."""
    return None if problem is None else Trouble(reason=problem.reason.value, detail=masker.text(problem.detail))


def why(reason: Reason, type_: ActionType | None) -> str:
    """A skip's reason in a sentence."""
    told = WHY.get(reason, "The connector type has nothing to send for such an event.")
    if reason is Reason.NOT_SUPPORTED and type_ is not None:
        return f"{told} It takes: {', '.join(type_.on)}."
    return told


def placeholder_moment(work: Work, connector: ReadyConnector, name: str) -> Moment:
    """A moment that is the same for all renderings of this request and event."""
    return Moment(work.now, f"preview-{name}", PLACEHOLDER_TOKEN if needs_token(connector) else None)


def _rendered(work: Work, bench: Bench, action: ReadyAction, name: str, event: ProfileEvent) -> Rendered:
    if bench.connector is None:
        return map_event(action, event, bench.partner, bench.identifiers, bench.plain_settings)
    return render_event(bench.connector, action, event, placeholder_moment(work, bench.connector, name))
