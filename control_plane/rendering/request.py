"""One event through one action: skipped for a reason, refused with a sentence, or a request."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connectors.kit.classification import Classification, classify_by_status, classify_transport_error
from connectors.kit.declaration import Batch, PartnerType, Row
from connectors.kit.errors import PatchbayError
from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse
from connectors.kit.gate import as_read_by, closed_by
from connectors.records.delivery import Reason
from connectors.records.profile_event import ProfileEvent
from control_plane.rendering.ready import ReadyAction, ReadyConnector


@dataclass(frozen=True, slots=True)
class Moment:
    """What differs from one rendering to the next and is not in the event: the same for all that are compared."""

    now: datetime
    delivery_id: str
    access_token: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """What becomes of one event. Either it is `skipped`, or there is a `problem`, or a `request` with its `batch`."""

    event: ProfileEvent
    mapped: Any = None
    skipped: Reason | None = None
    problem: PatchbayError | None = None
    request: PartnerRequest | None = None
    batch: Batch | None = None


def render_event(connector: ReadyConnector, action: ReadyAction, event: ProfileEvent, moment: Moment) -> Rendered:
    """The request for one event alone, as the workers would make it."""
    so_far = map_event(action, event, connector.type.partner_type, connector.identifiers, connector.settings.visible())
    if so_far.skipped is not None or so_far.problem is not None:
        return so_far
    row = Row(
        moment.delivery_id,
        event.profile_id,
        event.change,
        event.occurred_at,
        as_read_by(event, connector.type.partner_type, connector.identifiers).identifiers,
        so_far.mapped,
        event.event_id,
    )
    return _render_row(connector, action, so_far, row, moment)


def map_event(
    action: ReadyAction,
    event: ProfileEvent,
    partner: PartnerType,
    identifiers: Sequence[str],
    settings: dict[str, Any],
) -> Rendered:
    """The first half of it, which needs no complete settings: the mapped fields, or why the event is skipped."""
    skipped = closed_by(event, event.change, action.type.on, action.consent, identifiers)
    if skipped is not None:
        return Rendered(event, skipped=skipped)
    try:
        return Rendered(event, action.mapping.render(as_read_by(event, partner, identifiers), settings))
    except PatchbayError as error:
        return Rendered(event, problem=error)


def _render_row(connector: ReadyConnector, action: ReadyAction, so_far: Rendered, row: Row, moment: Moment) -> Rendered:
    batch = Batch(
        (row,),
        row.change,
        moment.now,
        moment.delivery_id,
        access_token=moment.access_token,
        identifiers=connector.identifiers,
    )
    try:
        refuse = action.type.refuse
        refused = None if refuse is None else refuse(connector.settings, action.fields, row)
        if refused is not None:
            return replace(so_far, skipped=refused)
        request = action.type.render(connector.settings, action.fields, batch)
    except PatchbayError as error:
        return replace(so_far, problem=error)
    return replace(so_far, request=request, batch=batch)


def needs_token(connector: ReadyConnector) -> bool:
    """True when these settings sign in with an access token."""
    flow = connector.type.token
    return flow is not None and flow.needed(connector.settings)


def classify(connector: ReadyConnector, action: ReadyAction | None, batch: Batch, answer: Answer) -> Classification:
    """What the answer means for the one row, or for a connection test when there is no action."""
    if not isinstance(answer, PartnerResponse):
        return classify_transport_error(answer)
    read = (action.type.classify if action is not None else None) or connector.type.classify
    return classify_by_status(answer, batch.now) if read is None else read(answer, batch)[0]
