"""Asks a partner whether it lets us in: for an access token where one is needed, then what the type's check renders."""

from dataclasses import dataclass, field
from datetime import datetime

from connectors.kit.classification import ACCEPTED, Classification, classify_transport_error
from connectors.kit.declaration import OCCURRED, Batch, ConnectorType, Token
from connectors.kit.errors import PatchbayError
from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse
from connectors.kit.masking import Masker
from control_plane.access.audit import record_change
from control_plane.access.letting_go import let_go
from control_plane.access.work import Work
from control_plane.connection_test.schemas import ConnectionTestRead, ConnectorTest, ExchangeRead, SettingsTest
from control_plane.database.models import Connector
from control_plane.errors import InvalidInput
from control_plane.partner_client import PartnerClient
from control_plane.publishing.connectors import KIND
from control_plane.publishing.lookup import find_connector
from control_plane.rendering.loading import content_of, open_secrets, ready_connector, with_form
from control_plane.rendering.ready import NotReady, ReadyConnector, make_connector
from control_plane.rendering.request import classify, needs_token
from control_plane.rendering.shown import GOOD, show_answer, show_request, show_verdict

NOTHING_TO_ASK = "This type of connector has no connection test; its first delivery shows whether it works."


async def try_form(work: Work, type_: ConnectorType, body: SettingsTest) -> ConnectionTestRead:
    """Try settings that are not stored; raises `InvalidInput` when they do not hold, and `TooManyTrials`."""
    given = {name: value for name, value in body.secrets.items() if value is not None}
    content = {"settings": body.settings, "identifiers": body.identifiers, "limits": body.limits.model_dump()}
    try:
        ready = make_connector(type_, content, given)
    except NotReady as error:
        raise InvalidInput("The settings do not hold; see `errors`.", faults=error.faults) from error
    work.parts.trials.take(work.caller.user_id)
    record_change(work, "tested", "connector_type", type_.key[:64])
    await let_go(work)
    return (await run(ready, work.parts.partner_client, work.now)).read()


async def try_connector(work: Work, connector_id: str, body: ConnectorTest) -> ConnectionTestRead:
    """Try a stored connector, with what stands in a form.

    Raises `Conflict` when it is not complete, and `TooManyTrials`.
    """
    connector = await find_connector(work, connector_id)
    content = with_form(work, await content_of(work, connector, body.stage), body.settings, body.secrets)
    ready = ready_connector(work, *content)
    work.parts.trials.take(work.caller.user_id)
    record_change(work, "tested", KIND, connector.id, after={"stage": body.stage})
    await let_go(work)
    trial = await run(ready, work.parts.partner_client, work.now)
    await keep_refresh_token(work, connector.id, trial)
    return trial.read()


@dataclass(slots=True)
class Trial:
    """What has happened so far."""

    connector: ReadyConnector
    masker: Masker
    exchanges: list[ExchangeRead] = field(default_factory=list)
    token: str | None = None
    new_refresh_token: str | None = None
    ok: bool = True
    problem: str | None = None

    def add(self, step: str, request: PartnerRequest, answer: Answer, found: Classification) -> None:
        """Note an exchange; one that was not good ends the trial."""
        masker = self.masker.knowing(request.secrets)
        self.ok = found.verdict in GOOD
        self.exchanges.append(
            ExchangeRead.model_validate(
                {
                    "step": step,
                    "request": show_request(request, masker),
                    "answer": show_answer(answer, masker),
                    "verdict": show_verdict(self.connector.type, found, answer, masker),
                }
            )
        )

    def read(self) -> ConnectionTestRead:
        """As the API shows it."""
        tested = bool(self.exchanges)
        advice = self.problem or (self.exchanges[-1].verdict.advice if tested else NOTHING_TO_ASK)
        return ConnectionTestRead(ok=self.ok, tested=tested, advice=advice, exchanges=self.exchanges)


async def run(connector: ReadyConnector, client: PartnerClient, now: datetime) -> Trial:
    """The whole test; it ends with the first answer that is not good."""
    trial = Trial(connector, connector.masker)
    try:
        await fetch_token(trial, client, now)
        if trial.ok:
            await _check(trial, client, now)
    except PatchbayError as error:
        trial.ok, trial.problem = False, trial.masker.text(error.detail)
    return trial


async def fetch_token(trial: Trial, client: PartnerClient, now: datetime) -> None:
    """Sign in, where these settings do; the token is masked from then on. Raises `PatchbayError`."""
    flow = trial.connector.type.token
    if flow is None or not needs_token(trial.connector):
        return
    request = flow.render(trial.connector.settings, now, None)
    answer = await client.send(request, trial.connector.timeout_seconds)
    found = flow.read(answer) if isinstance(answer, PartnerResponse) else classify_transport_error(answer)
    if isinstance(found, Token):
        trial.token, trial.new_refresh_token = found.access_token, found.refresh_token
        trial.masker = trial.masker.knowing([found.access_token, found.refresh_token or ""])
        found = ACCEPTED
    trial.add("token", request, answer, found)


async def _check(trial: Trial, client: PartnerClient, now: datetime) -> None:
    request = trial.connector.type.check(trial.connector.settings, now, trial.token)
    if request is None:
        return
    answer = await client.send(request, trial.connector.timeout_seconds)
    asked = Batch((), OCCURRED, now, "connection-test", access_token=trial.token)
    trial.add("check", request, answer, classify(trial.connector, None, asked, answer))


async def keep_refresh_token(work: Work, connector_id: str, trial: Trial) -> None:
    """A partner that has replaced the refresh token takes the old one no more: the new one goes into the draft, unless
    the draft holds another one than was used."""
    if trial.new_refresh_token is None:
        return
    connector = await find_connector(work, connector_id, lock=True)
    held = open_secrets(work, connector.id, connector.secrets).get("refresh_token")
    if held is None or held != trial.connector.secrets.get("refresh_token"):
        return
    sealed = work.parts.sealer.seal(connector.id, "refresh_token", trial.new_refresh_token)
    connector.secrets = {**connector.secrets, "refresh_token": sealed}
    _touch(work, connector)
    record_change(work, "refresh_token_replaced", KIND, connector.id)
    await work.session.flush()


def _touch(work: Work, connector: Connector) -> None:
    connector.updated_at, connector.updated_by = work.now, work.caller.user_id
