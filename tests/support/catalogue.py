"""A connector type on the real engine and the real HTTP sender, against a simulator that answers from its cases."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import msgspec

from connectors.catalog import CATALOG, find_cases
from connectors.kit.address import AddressPolicy
from connectors.kit.cases import Case, CaseAnswer, RecordedAnswer, load_cases, recorded_answers
from connectors.kit.classification import Verdict
from connectors.kit.declaration import ActionType, ConnectorType, Delivers
from connectors.kit.exchange import Answer, NotSent, PartnerRequest, Sender
from connectors.kit.gate import carries
from connectors.kit.registry import Registry
from connectors.records.config import ActionConfig, Activation, ConfigRecord, ConnectorConfig, LimitsConfig
from connectors.records.profile_event import Change, MembershipEvent, PlainEvent, SourceKind
from deploy.local.simulator.behaviour import Behaviour
from deploy.local.simulator.partner import Partner
from deploy.local.simulator.recorded_answers import RecordedAnswers
from deploy.local.simulator.server import serve
from stream_workers.core.live_config import LiveConnector, make_live
from stream_workers.engine.engine import DeliveryEngine
from stream_workers.http.sender import HttpSender
from tests.support.builders import activation, audience, connector, feed, journey
from tests.support.engine import Bench

AS_HTTP = {"PRODUCE": "POST", "METADATA": "GET"}
"""Kafka's requests on their way to a simulator that speaks HTTP."""
GOOD = (Verdict.ACCEPTED, Verdict.ALREADY_DONE, Verdict.ACCEPTED_LATER)
STEP_SECONDS = 61.0
"""How far the clock goes in one step: a batch is due by then, and a retry."""

ACTIONS = [(type_, action) for type_ in CATALOG if type_.delivers is Delivers.SERVER for action in type_.actions]
CASES = {type_.key: load_cases(find_cases(type_.key)) for type_ in CATALOG}


def good_cases(type_: ConnectorType, action: ActionType, fits: Callable[[Case], bool]) -> list[Case]:
    """The cases of an action that send something and are answered well, most telling names first."""
    found = [
        case
        for case in CASES[type_.key]
        if case.action == action.key
        and case.sends
        and case.ticket is None
        and case.events
        and is_good(case.answers)
        and fits(case)
    ]
    return sorted(found, key=lambda case: (not case.file.stem.endswith(("joined", "left")), case.file.stem))


def sendable(type_: ConnectorType, case: Case) -> int:
    """How many events of a case the engine sends: those that are not refused, of profiles that the partner can know."""
    known = case.identifiers or type_.partner_type.identifiers
    refuses = case.refuses or (None,) * len(case.events)
    return sum(
        reason is None and (not known or any(carries(event, name) for name in known))
        for event, reason in zip(case.events, refuses, strict=True)
    )


def path_of(case: Case) -> str:
    """The path of a case's request, up to the batch's own id."""
    assert case.sends is not None
    return urlsplit(case.sends.url).path.partition("bat_1")[0]


def leaving(case: Case) -> Case:
    """The same people, the other way."""
    events = tuple(
        msgspec.structs.replace(event, change=Change.LEFT) if isinstance(event, MembershipEvent) else event
        for event in case.events
    )
    return replace(case, events=events)


def is_good(answers: tuple[CaseAnswer, ...]) -> bool:
    """True when the first answer of a case is one that the partner gives in good health."""
    return bool(answers) and answers[0].transport is None and all(one.split()[0] in GOOD for one in answers[0].means)


def bad_answer(type_: ConnectorType, action: ActionType, verdict: Verdict) -> CaseAnswer | None:
    """What the partner answers when it means this for every row; `None` when no case of the action shows it."""
    for case in CASES[type_.key]:
        for answer in case.answers if case.action == action.key and case.ticket is None else ():
            if answer.transport is None and {one.split()[0] for one in answer.means} == {verdict}:
                return answer
    return None


class ToTheSimulator(Sender):
    """Sends each request to the simulator in place of the partner, over HTTP, whatever the partner speaks."""

    def __init__(self, key: str, url: str) -> None:
        self._inner = HttpSender(AddressPolicy((ip_network("127.0.0.0/8"),)))
        self._place = f"{url}/{key}"
        self.seen: list[PartnerRequest] = []

    async def open(self) -> None:
        """Called once."""
        await self._inner.open()

    async def close(self) -> None:
        """Called once."""
        await self._inner.close()

    def forget(self, connector_id: str) -> None:
        """Passed on."""
        self._inner.forget(connector_id)

    async def send(
        self,
        request: PartnerRequest,
        *,
        connector_id: str,
        timeout_seconds: float,
        still_wanted: Callable[[], bool] | None = None,
    ) -> Answer | NotSent:
        """One exchange."""
        self.seen.append(request)
        address = urlsplit(request.url)
        url = f"{self._place}{address.path}{f'?{address.query}' if address.query else ''}"
        headers = tuple((name, value) for name, value in request.headers if not name.startswith(":"))
        method = AS_HTTP.get(request.method, request.method)
        return await self._inner.send(
            msgspec.structs.replace(request, method=method, url=url, headers=headers),
            connector_id=connector_id,
            timeout_seconds=timeout_seconds,
            still_wanted=still_wanted,
        )


class CatalogueBench(Bench):
    """The engine with one connector, made from a recorded case."""

    def __init__(self, type_: ConnectorType, sender: ToTheSimulator, partner: Partner) -> None:
        self.type = type_
        self.sender = sender
        self.simulator = partner
        super().__init__()

    def _build(self) -> DeliveryEngine:
        self.partner = self.sender
        return super()._build()

    def _live(self, record: ConnectorConfig) -> LiveConnector:
        return make_live(record, Registry([self.type]).get(record.type), lambda _id, _field, sealed: sealed)

    def misbehave(self, case: Case, answer: CaseAnswer | None = None, **how: Any) -> None:
        """From now on the request of the case is answered so."""
        assert case.sends is not None
        if answer is not None:
            how = {"status": answer.status, "headers": answer.headers, "body": answer.body().decode()}
        self._behaviours().put(Behaviour(f"/{self.type.key}{path_of(case)}", **how))

    def behave(self) -> None:
        """All is well again."""
        self._behaviours().clear()

    def _behaviours(self) -> Any:
        return self.simulator._behaviours

    async def go_on_until(self, condition: Callable[[], Any], within_seconds: float = 30.0) -> None:
        """Let time pass, a step whenever nothing runs, until the condition holds; fails when it never does."""
        deadline = asyncio.get_running_loop().time() + within_seconds
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"never so: {self.outcomes()}, {self.logs[0].pending_rows()}, {self.attempts()}")
            if not self.engine.dispatcher.slots.in_flight:
                await self.pass_time(STEP_SECONDS)
            await asyncio.sleep(0.005)

    def ends(self) -> Counter[str]:
        """How many deliveries have each outcome."""
        return Counter(one.outcome.value for one in self.logs[0].outcomes)

    def attempts(self) -> list[dict[str, Any]]:
        """The samples of attempts."""
        return [msgspec.json.decode(value) for value in self.logs[0].attempts]


@asynccontextmanager
async def delivering(type_: ConnectorType, case: Case) -> AsyncIterator[CatalogueBench]:
    """The engine, its connector published, ready for the events of the case."""
    partner = Partner(RecordedAnswers(_answers(type_, case)))
    server = await serve(partner, 0)
    sender = ToTheSimulator(type_.key, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await sender.open()
    bench = CatalogueBench(type_, sender, partner)
    bench.publish(*config_of(type_, case))
    bench.own(0)
    try:
        yield bench
    finally:
        await bench.engine.stop()
        await sender.close()
        server.close()


def config_of(type_: ConnectorType, case: Case) -> Iterator[ConfigRecord]:
    """The connector as an admin would have made it for the case, tied to wherever its events come from."""
    secrets = type_.settings.secret_fields()
    yield connector(
        ActionConfig(
            id="act_1",
            type=case.action,
            name="The case",
            active=True,
            activation=1,
            fields=case.constant_fields,
            mapping=case.mapping,
        ),
        type=type_.key,
        settings={name: value for name, value in case.settings.items() if name not in secrets},
        secrets={name: str(value) for name, value in case.settings.items() if name in secrets},
        identifiers=case.identifiers or None,
        limits=LimitsConfig(timeout_seconds=0.5),
    )
    yield from _sources(case)


def _sources(case: Case) -> Iterator[ConfigRecord]:
    tied: Activation = activation("act_1", *(change for change in Change if change is not Change.OCCURRED))
    sources = {event.source for event in case.events if isinstance(event, MembershipEvent)}
    for source in {(one.kind, one.id) for one in sources}:
        kind, id_ = source
        yield audience(tied, audience_id=id_) if kind is SourceKind.AUDIENCE else journey(tied, journey_id=id_)
    names = tuple({event.name for event in case.events if isinstance(event, PlainEvent)})
    if names:
        yield feed(event_names=names)


def _answers(type_: ConnectorType, case: Case) -> Iterator[tuple[str, RecordedAnswer]]:
    """The answers of the case itself come first; then those of tokens and jobs, what is finished before what runs."""
    finished: list[RecordedAnswer] = []
    running: list[RecordedAnswer] = []
    for other in CASES[type_.key]:
        given = (answer for answer in other.answers if answer.transport is None)
        for answer, recorded in zip(given, recorded_answers(other), strict=False):
            later = any(one.split()[0] == Verdict.ACCEPTED_LATER for one in answer.means)
            (running if later else finished).append(recorded)
    for recorded in (*recorded_answers(case), *finished, *running):
        yield type_.key, recorded._replace(method=AS_HTTP.get(recorded.method, recorded.method))
