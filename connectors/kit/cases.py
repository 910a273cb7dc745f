"""Recorded cases: what a connector sends for events and what answers mean, as JSON files that can be read aloud."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from connectors.kit.classification import (
    ACCEPTED,
    Classification,
    Verdict,
    classify_by_status,
    classify_transport_error,
)
from connectors.kit.declaration import ActionType, Batch, ConnectorType, Row, Token, TokenFlow
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.exchange import PartnerRequest, PartnerResponse, TransportError, TransportErrorKind
from connectors.kit.gate import as_read_by
from connectors.kit.mapping import compile_action_mapping
from connectors.records.delivery import Reason
from connectors.records.profile_event import Change, MembershipEvent, PlainEvent, ProfileEvent

CHECK = "check"
"""The action of a case that is about the connection test."""

TOKEN = "token"
"""The action of a case that is about fetching an access token: an answer with one means `accepted`."""

NOW = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
"""When every case is rendered."""

_EVENT_DEFAULTS: dict[str, Any] = {"v": 1, "workspace": "default", "occurred_at": "2026-11-22T12:00:00Z"}
_MEMBERSHIP_DEFAULTS: dict[str, Any] = {"kind": "membership", "source": {"kind": "audience", "id": "aud_ada"}}


class Source(StrEnum):
    """Where the answers of a case come from; it must be true."""

    DOCUMENTATION = "documentation"
    CAPTURED = "captured"


class Sends(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The request, whole: headers that are not listed are not sent. The body is `json` or `text`."""

    method: str
    url: str
    headers: dict[str, str] = {}
    json: Any = None
    text: str | None = None


class CaseAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One possible answer, or with `transport` none at all, and what it means for each row that was sent."""

    means: tuple[str, ...]
    status: int = 200
    headers: dict[str, str] = {}
    json: Any = None
    text: str | None = None
    transport: TransportErrorKind | None = None

    def body(self) -> bytes:
        """The bytes of the answer."""
        return self.text.encode() if self.text is not None else b"" if self.json is None else _json(self.json)


class _CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    says: str
    source: Source
    action: str
    settings: dict[str, Any]
    fields: dict[str, Any] = {}
    mapping: dict[str, Any] = {}
    events: tuple[dict[str, Any], ...] = ()
    refuses: tuple[str | None, ...] = ()
    fails: Reason | None = None
    sends: Sends | None = None
    answers: tuple[CaseAnswer, ...] = ()
    access_token: str | None = None
    identifiers: tuple[str, ...] = ()
    ticket: str | None = None
    tickets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One recorded case.

    `refuses` says per event why nothing is sent for it; `fails` that rendering ends with this reason. `ticket` makes it
    a case of `continue_`; with `tickets` each event has its own. `identifiers` are those that the connector reads in
    place of its partner type's. `answers_from` says whether answers were captured or
    written from documentation.
    """

    file: Path
    says: str
    answers_from: Source
    action: str
    settings: dict[str, Any]
    constant_fields: dict[str, Any]
    mapping: dict[str, Any]
    events: tuple[ProfileEvent, ...]
    sends: Sends | None
    refuses: tuple[str | None, ...] = ()
    fails: Reason | None = None
    answers: tuple[CaseAnswer, ...] = ()
    access_token: str | None = None
    ticket: str | None = None
    tickets: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where what happens differs from what a case says."""

    where: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.where}:\n  the case says {self.expected!r}\n  but it is     {self.found!r}"


class RecordedAnswer(NamedTuple):
    """An answer as a simulator gives it; `accepted` when every row of it was."""

    method: str
    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    accepted: bool


def case_folder(key: str) -> Path:
    """Where the cases of a connector type are: in the wheel beside the kit, in the repository under tests."""
    package = Path(__file__).parents[1]
    installed = package / "cases" / key / "cases"
    return installed if installed.is_dir() else package.parent / "tests" / "connectors" / key / "cases"


def load_cases(folder: Path) -> list[Case]:
    """The cases of a folder by file name; raises `InvalidSettings` that names the file which is no case."""
    return [_load(file) for file in sorted(folder.glob("*.json"))]


def run_case(type_: ConnectorType, case: Case) -> list[Mismatch]:
    """Everything in which the connector type differs from the case."""
    if case.action != CHECK and type_.action(case.action) is None and _token_flow(type_, case) is None:
        return [Mismatch("action", case.action, "no such action type")]
    try:
        prepared = prepare_case(type_, case)
        request = request_of(prepared)
    except CannotRender as error:
        return [] if error.reason == case.fails else [Mismatch("fails", case.fails, f"{error.reason}: {error}")]
    if case.fails:
        return [Mismatch("fails", case.fails, "it renders")]
    return [*_compare_refusals(prepared), *_compare_request(case, request), *_compare_answers(prepared)]


@dataclass(frozen=True, slots=True)
class PreparedCase:
    """A case with its settings validated and its events mapped to rows; without an action it is asked once."""

    type_: ConnectorType
    case: Case
    action: ActionType | None
    settings: Any
    fields: Any
    batch: Batch
    refusals: tuple[str | None, ...] = ()


def prepare_case(type_: ConnectorType, case: Case) -> PreparedCase:
    """Everything that rendering needs; raises `CannotRender`, and `ValidationError` for settings that do not hold."""
    settings = type_.settings.model_validate(case.settings)
    action = type_.action(case.action)
    if action is None:
        return PreparedCase(
            type_, case, None, settings, None, Batch((), Change.OCCURRED, NOW, "bat_1", case.access_token)
        )
    fields = action.fields.model_validate(case.constant_fields)
    mapping = compile_action_mapping(action, case.mapping, type_.settings)
    visible = settings.visible()
    tickets = case.tickets or (case.ticket,) * len(case.events)
    identifiers = case.identifiers or type_.partner_type.identifiers
    events = [as_read_by(event, type_.partner_type, identifiers) for event in case.events]
    rows = tuple(
        _row(number, event, mapping.render(event, visible), ticket)
        for number, (event, ticket) in enumerate(zip(events, tickets, strict=True), 1)
    )
    refusals = tuple(action.refuse(settings, fields, row) if action.refuse else None for row in rows)
    batch = Batch(
        tuple(row for row, reason in zip(rows, refusals, strict=True) if reason is None),
        case.events[0].change,
        NOW,
        "bat_1",
        case.access_token,
        case.ticket,
        identifiers,
    )
    return PreparedCase(type_, case, action, settings, fields, batch, refusals)


def request_of(prepared: PreparedCase) -> PartnerRequest | None:
    """The request; `None` when every row was refused. Raises `CannotRender`."""
    action, batch, flow = prepared.action, prepared.batch, _token_flow(prepared.type_, prepared.case)
    if flow is not None:
        return flow.render(prepared.settings, NOW, None)
    if action is None:
        return prepared.type_.check(prepared.settings, NOW, prepared.case.access_token)
    if not batch.rows:
        return None
    render = action.continue_ if prepared.case.ticket and action.continue_ else action.render
    return render(prepared.settings, prepared.fields, batch)


def classify_answer(prepared: PreparedCase, answer: CaseAnswer) -> tuple[Classification, ...]:
    """What the connector type makes of an answer: one classification per row, one for a connection test or a token."""
    count = len(prepared.batch.rows) or 1
    if answer.transport is not None:
        return (classify_transport_error(TransportError(answer.transport, "as recorded")),) * count
    headers = {name.lower(): value for name, value in answer.headers.items()}
    response = PartnerResponse(answer.status, headers, answer.body())
    flow = _token_flow(prepared.type_, prepared.case)
    if flow is not None:
        found = flow.read(response)
        return (ACCEPTED if isinstance(found, Token) else found,)
    classify = (prepared.action and prepared.action.classify) or prepared.type_.classify
    if classify is None:
        return (classify_by_status(response, NOW),) * count
    return classify(response, prepared.batch)


def recorded_answers(case: Case) -> Iterator[RecordedAnswer]:
    """What the partner answers to the request of a case, for a simulator; answers that never come are left out."""
    for answer in case.answers if case.sends else ():
        if answer.transport is None and case.sends:
            accepted = all(means.split()[0] in _GOOD for means in answer.means)
            yield RecordedAnswer(
                case.sends.method, case.sends.url, answer.status, answer.headers, answer.body(), accepted
            )


_GOOD = (Verdict.ACCEPTED, Verdict.ALREADY_DONE, Verdict.ACCEPTED_LATER)


def describe(classification: Classification, status: int | None = None) -> str:
    """A classification in the words of a case: verdict, the partner's code when it is not the status, and the wait."""
    code = classification.partner_code
    words: list[str] = [classification.verdict.value]
    if code and code != str(status):
        words.append(code)
    if classification.retry_after is not None:
        words.append(f"after {classification.retry_after:g}s")
    return " ".join(words)


def _token_flow(type_: ConnectorType, case: Case) -> TokenFlow | None:
    return type_.token if case.action == TOKEN else None


def _load(file: Path) -> Case:
    try:
        content = msgspec.json.decode(file.read_bytes(), type=_CaseFile)
        events = tuple(_event(event) for event in content.events)
    except (msgspec.MsgspecError, KeyError) as error:
        raise InvalidSettings(f"{file} is no case: {error}") from error
    return Case(
        file=file,
        says=content.says,
        answers_from=content.source,
        action=content.action,
        settings=content.settings,
        constant_fields=content.fields,
        mapping=content.mapping,
        events=events,
        sends=content.sends,
        refuses=content.refuses,
        fails=content.fails,
        answers=content.answers,
        access_token=content.access_token,
        ticket=content.ticket or next(iter(content.tickets), None),
        tickets=content.tickets,
        identifiers=content.identifiers,
    )


def _event(written: dict[str, Any]) -> ProfileEvent:
    defaults = {**_EVENT_DEFAULTS, "event_id": written["profile_id"].replace("p-", "e-")}
    if written.get("change", Change.OCCURRED) == Change.OCCURRED:
        rest = {name: value for name, value in written.items() if name != "change"}
        return msgspec.convert({**defaults, "kind": "event", **rest}, PlainEvent)
    return msgspec.convert({**defaults, **_MEMBERSHIP_DEFAULTS, **written}, MembershipEvent)


def _row(number: int, event: ProfileEvent, mapped: Any, ticket: str | None) -> Row:
    return Row(
        delivery_id=f"dlv_{number}",
        profile_id=event.profile_id,
        change=event.change,
        occurred_at=event.occurred_at,
        identifiers=event.identifiers,
        mapped=mapped,
        event_id=event.event_id,
        ticket=ticket,
    )


def _compare_refusals(prepared: PreparedCase) -> list[Mismatch]:
    expected = prepared.case.refuses or (None,) * len(prepared.refusals)
    return [] if expected == prepared.refusals else [Mismatch("refuses", expected, prepared.refusals)]


def _compare_request(case: Case, request: PartnerRequest | None) -> list[Mismatch]:
    expected = case.sends
    if expected is None or request is None:
        return [] if expected is None and request is None else [Mismatch("sends", expected, request)]
    body: Any = request.body.decode()
    if expected.text is None:
        body = msgspec.json.decode(request.body) if request.body else None
    pairs = (
        ("sends.method", expected.method, request.method),
        ("sends.url", expected.url, request.url),
        ("sends.headers", expected.headers, dict(request.headers)),
        ("sends.body", expected.json if expected.text is None else expected.text, body),
    )
    return [Mismatch(where, wanted, found) for where, wanted, found in pairs if wanted != found]


def _compare_answers(prepared: PreparedCase) -> list[Mismatch]:
    mismatches = []
    for index, answer in enumerate(prepared.case.answers):
        found = tuple(describe(one, answer.status) for one in classify_answer(prepared, answer))
        if found != answer.means:
            where = f"answers[{index}].means ({answer.transport or answer.status})"
            mismatches.append(Mismatch(where, answer.means, found))
    return mismatches


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)
