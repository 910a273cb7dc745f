"""Sends one event for real, once: what a delivery would send now, and what the partner makes of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.kit.errors import PatchbayError
from connectors.records.profile_event import ProfileEvent
from control_plane.access.audit import record_change
from control_plane.access.letting_go import let_go
from control_plane.access.work import Work
from control_plane.connection_test.service import Trial, fetch_token, keep_refresh_token
from control_plane.database.models import Connector
from control_plane.editor.preview import Bench, choose_events, set_up, show, show_trouble
from control_plane.editor.schemas import PreviewItem, TestSend, TestSendRead
from control_plane.errors import Conflict, InvalidInput
from control_plane.ids import new_id
from control_plane.rendering.ready import ReadyAction, ReadyConnector
from control_plane.rendering.request import Moment, Rendered, classify, render_event
from control_plane.sample.service import Chosen, as_json


async def send_test(work: Work, connector: Connector, content: Mapping[str, Any], body: TestSend) -> TestSendRead:
    """Send it. Raises `InvalidInput`, `Conflict` or `TooManyTrials` before anything is sent."""
    bench = await set_up(work, connector, content)
    if bench.action is None:
        raise InvalidInput("The action does not hold; see `errors`.", faults=bench.faults)
    if bench.connector is None:
        told = "The connector's settings are not complete; see `errors`."
        raise Conflict(told, code="incomplete", faults=bench.faults)
    events = None if body.event is None else [body.event]
    name, event = _only(await choose_events(work, content, events, body.samples))
    work.parts.trials.take(work.caller.user_id)
    delivery_id = new_id("test")
    record_change(work, "test_sent", "action", content["id"], after={"delivery_id": delivery_id, "event": name})
    await let_go(work)
    return await _send(work, connector.id, bench, (name, event), delivery_id)


async def _send(
    work: Work, connector_id: str, bench: Bench, sample: tuple[str, ProfileEvent], delivery_id: str
) -> TestSendRead:
    assert bench.connector is not None
    assert bench.action is not None
    trial = Trial(bench.connector, bench.connector.masker)
    moment = Moment(work.now, delivery_id)
    try:
        rendered = await _render(work, trial, bench.action, sample[1], moment)
    except PatchbayError as error:
        item = PreviewItem(id=sample[0], event=as_json(sample[1]), problem=show_trouble(error, trial.masker))
        return TestSendRead(sent=False, ok=False, delivery_id=delivery_id, item=item, exchanges=trial.exchanges)
    await keep_refresh_token(work, connector_id, trial)
    sent = trial.ok and rendered.request is not None
    if sent:
        await let_go(work)
        await _exchange(work, trial, bench.action, rendered)
    return TestSendRead(
        sent=sent,
        ok=sent and trial.ok,
        delivery_id=delivery_id,
        item=_item(bench, sample[0], rendered, trial),
        exchanges=trial.exchanges,
        verdict=trial.exchanges[-1].verdict if trial.exchanges else None,
    )


async def _render(work: Work, trial: Trial, action: ReadyAction, event: ProfileEvent, moment: Moment) -> Rendered:
    """A token is fetched only for an event that has something to send."""
    first = render_event(trial.connector, action, event, replace(moment, access_token="not-fetched-yet"))
    if first.request is None:
        return first
    await fetch_token(trial, work.parts.partner_client, work.now)
    return render_event(trial.connector, action, event, replace(moment, access_token=trial.token))


async def _exchange(work: Work, trial: Trial, action: ReadyAction, rendered: Rendered) -> None:
    assert rendered.request is not None
    assert rendered.batch is not None
    answer = await work.parts.partner_client.send(rendered.request, trial.connector.timeout_seconds)
    trial.add("send", rendered.request, answer, classify(trial.connector, action, rendered.batch, answer))


def _item(bench: Bench, name: str, rendered: Rendered, trial: Trial) -> PreviewItem:
    known = {} if trial.token is None else {"access_token": trial.token}
    connector: ReadyConnector | None = bench.connector
    if connector is not None:
        connector = replace(connector, secrets={**connector.secrets, **known})
    return show(replace(bench, connector=connector), name, rendered)


def _only(chosen: Chosen) -> tuple[str, ProfileEvent]:
    if chosen.are_examples:
        raise Conflict(
            "There is no recent event that fits; give one, since a made-up one is not sent.", code="no_event"
        )
    return chosen.events[0]
