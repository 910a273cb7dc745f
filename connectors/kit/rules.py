"""The rules that every connector type keeps, each a function that names what breaks it; run in tests and by `check`."""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from connectors.kit.cases import CHECK, NOW, TOKEN, Case, classify_answer, prepare_case, request_of, run_case
from connectors.kit.classification import Classification, Verdict
from connectors.kit.declaration import ActionType, ConnectorType, Delivers
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.exchange import PartnerRequest
from connectors.kit.identifiers import ADDRESS, ADDRESS_PARTS, IDENTIFIERS
from connectors.kit.mapping import compile_action_mapping
from connectors.kit.web_address import split_url
from connectors.records.profile_event import Change, MembershipEvent, PlainEvent, ProfileEvent, Source, SourceKind

Rule = Callable[[ConnectorType, Sequence[Case]], Iterable[str]]

SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
VERBS = frozenset(
    {"add", "create", "delete", "fire", "publish", "remove", "send", "sync", "track", "update", "upsert", "write"}
)
SECRET_WORDS = re.compile(r"(^|_)(secret|token|password|key|credential|connection_string|header_value)($|_)")
PUBLIC_WORDS = re.compile(r"(^|_)(public|name|id|url|column|field)($|_)")
MAX_LINES = 300
DEADLINE_SECONDS = 3.0
LINE_BREAKS = re.compile(r"[\r\n\x00]")

AWKWARD = {
    "unicode": "Zoë Ünïcode 李雷 🚀 \u202e\u0000\ufeff",
    "quotes": "\"'`<>&\\/{{ 7 }}{% if %}\r\nX-Evil: 1,;|\t",
    "huge": "x" * 50_000,
    "empty": "",
    "null": None,
}


def is_described(type_: ConnectorType, _: Sequence[Case]) -> Iterator[str]:
    """Every setting and field has a label and a sentence, and every key is lower_snake."""
    for model in (type_.settings, *(action.fields for action in type_.actions)):
        for name, info in model.model_fields.items():
            if not info.title or not info.description or not info.description.endswith((".", "…")):
                yield f"{model.__name__}.{name} lacks a label or a description that is a sentence"
            if not SNAKE.fullmatch(name):
                yield f"{model.__name__}.{name} is not lower_snake"
    if not SNAKE.fullmatch(type_.key) or not type_.api_version or not type_.summary.description:
        yield "the key is not lower_snake, or the version or the summary is empty"


def is_small(type_: ConnectorType, _: Sequence[Case]) -> Iterator[str]:
    """The package of a connector type has at most 300 lines of Python: what is more belongs into the kit or is data."""
    lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in sources_of(type_))
    if lines > MAX_LINES:
        yield f"it has {lines} lines of Python; at most {MAX_LINES} are right for one connector type"


def actions_are_named(type_: ConnectorType, _: Sequence[Case]) -> Iterator[str]:
    """An action's key is verb_noun."""
    for action in type_.actions:
        if not SNAKE.fullmatch(action.key) or "_" not in action.key or action.key.partition("_")[0] not in VERBS:
            yield f"the action {action.key!r} is not verb_noun with one of the verbs {', '.join(sorted(VERBS))}"


def secrets_are_secret(type_: ConnectorType, _: Sequence[Case]) -> Iterator[str]:
    """A setting that looks like a secret is one; an action's fields hold none."""
    secrets = type_.settings.secret_fields()
    for name in type_.settings.model_fields:
        if SECRET_WORDS.search(name) and not PUBLIC_WORDS.search(name) and name not in secrets:
            yield f"the setting {name!r} looks like a secret and is not `Secret`"
    for action in type_.actions:
        for name in action.fields.model_fields:
            if SECRET_WORDS.search(name) and not PUBLIC_WORDS.search(name):
                yield f"the field {name!r} of {action.key!r} looks like a secret; secrets belong into the settings"


def removal_is_defined(type_: ConnectorType, _: Sequence[Case]) -> Iterator[str]:
    """An action that keeps a list in step takes removals too."""
    for action in type_.actions:
        removes = any(change.removes for change in action.on)
        if action.fields.target_field and not removes:
            yield f"the action {action.key!r} fills a list and never removes from it"
        if action.fields.target_field and action.fields.target_field not in action.fields.model_fields:
            yield f"the action {action.key!r} has no field {action.fields.target_field!r}"


def identifiers_are_canonical(type_: ConnectorType, _: Sequence[Case]) -> Iterator[str]:
    """A partner type reads identifiers by their canonical names."""
    for name in type_.partner_type.identifiers:
        if name not in IDENTIFIERS:
            yield f"{name!r} is not in connectors/kit/identifiers.py"


def deadline_is_honoured(type_: ConnectorType, _: Sequence[Case]) -> Iterator[str]:
    """A call has three seconds in total; more, up to 30, is for partners that are sent batches only."""
    seconds = type_.limits.timeout_seconds
    if not 0.5 <= seconds <= 30:
        yield "the timeout must be from 0.5 to 30 seconds"
    if seconds > DEADLINE_SECONDS and any(action.batch is None for action in type_.actions):
        yield f"it waits {seconds:g} s for an answer to a single row; {DEADLINE_SECONDS:g} s are right"


def version_stands_once(type_: ConnectorType, _: Sequence[Case]) -> Iterator[str]:
    """The version of the partner's interface stands in one named place of the package, or in the kit."""
    version = type_.api_version
    texts = [text for file in sources_of(type_) for text in _texts(file)]
    found = sum(text == version or f"/{version}/" in f"{text}/" for text in texts)
    if found > 1:
        yield f"the version {version!r} stands {found} times in its code; give it a name and use that"


def identifiers_can_be_chosen(type_: ConnectorType, cases: Sequence[Case]) -> Iterator[str]:
    """A connector that is told to read one identifier sends what it would send for a person who has only that one."""
    own = type_.partner_type.identifiers
    for action in type_.actions:
        if ADDRESS in own and action.refuse is None:
            yield f"the action {action.key!r} takes addresses and has no `refuse` that looks whether one is whole"
        case = _telling_case(action, cases)
        if case is None:
            continue
        for name in own:
            chosen = replace(case, events=(_person(*IDENTIFIERS),), refuses=(), identifiers=(name,))
            alone = replace(case, events=(_person(name, has_address=ADDRESS not in own),), refuses=())
            if _request(type_, chosen) != _request(type_, alone):
                yield f"the action {action.key!r} sends more than {name!r} when the connector reads only that"


def mappings_hold(type_: ConnectorType, _: Sequence[Case]) -> Iterator[str]:
    """Default mappings compile and read no secret."""
    for action in type_.actions:
        try:
            compile_action_mapping(action, {}, type_.settings)
        except InvalidSettings as error:
            yield f"{action.key}: {error}"


def cases_hold(type_: ConnectorType, cases: Sequence[Case]) -> Iterator[str]:
    """Every case is true of the connector type, and says what answers to its request mean."""
    for case in cases:
        if case.sends and not case.answers and type_.delivers is Delivers.SERVER:
            yield f"{case.file.name}: it sends something, and no answer is recorded"
        for mismatch in run_case(type_, case):
            yield f"{case.file.name}: {mismatch}"


def cases_are_enough(type_: ConnectorType, cases: Sequence[Case]) -> Iterator[str]:
    """Each action has cases for success, throttle, refusal, credentials and silence, and each kind of change."""
    if type_.delivers is Delivers.TAG:
        return
    for action in type_.actions:
        yield from _missing_cases(action, [case for case in cases if case.action == action.key])
    if not any(case.action == CHECK for case in cases):
        yield "no case of the connection test"
    if type_.token is not None and not any(case.action == TOKEN for case in cases):
        yield "no case of the access token"


def _missing_cases(action: ActionType, own: Sequence[Case]) -> Iterator[str]:
    verdicts = {means.split()[0] for case in own for answer in case.answers for means in answer.means}
    for wanted in (Verdict.ACCEPTED, Verdict.THROTTLED, Verdict.REJECTED, Verdict.UNAUTHORIZED):
        if wanted not in verdicts and not (wanted is Verdict.ACCEPTED and Verdict.ACCEPTED_LATER in verdicts):
            yield f"no case of {action.key!r} has an answer that means {wanted.value}"
    if not any(answer.transport == "timeout" for case in own for answer in case.answers):
        yield f"no case of {action.key!r} has a timeout"
    removes = {event.change.removes for case in own if case.sends for event in case.events}
    if removes != {change.removes for change in action.on}:
        yield f"the cases of {action.key!r} do not show both additions and removals"


def tags_are_public(type_: ConnectorType, _: Sequence[Case]) -> Iterator[str]:
    """Each action of a tag-based type publishes a tag, no other does, and none holds a secret: visitors can read it."""
    is_tag = type_.delivers is Delivers.TAG
    for action in type_.actions:
        if is_tag != (action.tag is not None):
            yield f"the action {action.key!r} publishes {'no' if is_tag else 'a'} tag"
    if is_tag and type_.settings.secret_fields():
        yield "its settings hold a secret, and a tag is public"


def codes_are_classified(type_: ConnectorType, cases: Sequence[Case]) -> Iterator[str]:
    """Every documented code stands in an answer of a case, and every code that a case gives is documented."""
    given = {one.partner_code for case in cases for one in _classifications(type_, case) if one.partner_code}
    for code in sorted(set(type_.codes) - given):
        if not any(other.partition("/")[0] == code for other in given):
            yield f"the code {code!r} is documented, and no case has an answer with it"
    if type_.codes and not type_.error_documentation:
        yield "it has codes, and no link to where they are documented"


def secrets_are_listed(type_: ConnectorType, cases: Sequence[Case]) -> Iterator[str]:
    """A secret that stands in a request is listed in it, so that it is masked wherever the request is shown."""
    for case in cases:
        request = _request(type_, case)
        if request is None:
            continue
        sent = _shown(request)
        for name in type_.settings.secret_fields():
            value = case.settings.get(name)
            if value and value in sent and not any(value in listed for listed in request.secrets):
                yield f"{case.file.name}: the secret {name!r} stands in the request and is not in `secrets`"


def events_can_be_recognised(type_: ConnectorType, cases: Sequence[Case]) -> Iterator[str]:
    """What takes plain events, which are no states, sends an id that is the same on every attempt."""
    for action in type_.actions:
        case = _telling_case(action, cases) if Change.OCCURRED in action.on else None
        request = _request(type_, case) if case is not None else None
        if request is not None and not any(id_ in _shown(request) for id_ in ("dlv_1", "bat_1")):
            yield f"the action {action.key!r} sends neither the delivery's id nor the batch's"


def rendering_is_pure(type_: ConnectorType, cases: Sequence[Case]) -> Iterator[str]:
    """The same input gives the same bytes."""
    for case in cases:
        if _request(type_, case) != _request(type_, case):
            yield f"{case.file.name}: two renderings differ"


def awkward_profiles_render(type_: ConnectorType, cases: Sequence[Case]) -> Iterator[str]:
    """Unicode, quotes, line breaks, nulls and huge values give a valid request, a refusal, or `CannotRender`."""
    for action in type_.actions:
        case = _telling_case(action, cases)
        for kind, value in AWKWARD.items():
            for problem in _awkward_problems(type_, action, case, value) if case else ("no case that sends",):
                yield f"{action.key} with {kind} values: {problem}"


PERSON = {
    **{name: f"{name}-1" for name in IDENTIFIERS if name != ADDRESS},
    "email": "ada@example.org",
    "email_sha256": "a" * 64,
    "phone": "+442079460958",
    "phone_sha256": "b" * 64,
    "idfa": "6d92078a-8246-4ba4-ae5b-76104861e7dc",
    "aaid": "38400000-8cf0-11bd-b23e-10b96e40000d",
    "xandr_id": "12345",
    "customer_id": "14880",
}
"""A person who has every identifier, each of a form that can be used."""

RULES: tuple[Rule, ...] = (
    is_described,
    is_small,
    actions_are_named,
    secrets_are_secret,
    removal_is_defined,
    identifiers_are_canonical,
    identifiers_can_be_chosen,
    deadline_is_honoured,
    version_stands_once,
    mappings_hold,
    cases_hold,
    cases_are_enough,
    tags_are_public,
    codes_are_classified,
    secrets_are_listed,
    events_can_be_recognised,
    rendering_is_pure,
    awkward_profiles_render,
)


def broken_rules(type_: ConnectorType, cases: Sequence[Case]) -> list[str]:
    """What a connector type has to repair, a sentence each; empty when it keeps every rule."""
    return [f"{rule.__name__}: {problem}" for rule in RULES for problem in rule(type_, cases)]


def _request(type_: ConnectorType, case: Case) -> PartnerRequest | None:
    try:
        return request_of(prepare_case(type_, case))
    except CannotRender:
        return None


def _shown(request: PartnerRequest) -> str:
    return "\n".join((request.url, *(value for _, value in request.headers), request.body.decode("utf-8", "replace")))


def sources_of(type_: ConnectorType) -> list[Path]:
    """The Python files of a connector type's package."""
    return sorted(Path(str(sys.modules[type_.settings.__module__].__file__)).parent.rglob("*.py"))


def _texts(file: Path) -> Iterator[str]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    documentation = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def _telling_case(action: ActionType, cases: Sequence[Case]) -> Case | None:
    return next((case for case in cases if case.action == action.key and case.sends and not case.ticket), None)


def _classifications(type_: ConnectorType, case: Case) -> Iterator[Classification]:
    if case.sends:
        prepared = prepare_case(type_, case)
        for answer in case.answers:
            yield from classify_answer(prepared, answer)


def _awkward_problems(type_: ConnectorType, action: ActionType, case: Case, value: str | None) -> Iterator[str]:
    for change in action.on:
        event = _awkward_event(change, value)
        try:
            request = request_of(prepare_case(type_, replace(case, events=(event,), refuses=())))
        except CannotRender:
            continue
        if request is not None:
            yield from _request_problems(request)


def _person(*identifiers: str, has_address: bool = True) -> ProfileEvent:
    known: dict[str, str | None] = {name: value for name, value in PERSON.items() if name in identifiers}
    address: dict[str, Any] = dict(zip(ADDRESS_PARTS, ("Ada", "Lovelace", "WC2N 5DU", "GB"), strict=True))
    has_address = has_address or ADDRESS in identifiers
    return MembershipEvent(
        v=1,
        workspace="default",
        profile_id="p-1",
        occurred_at=NOW,
        identifiers=known,
        attributes=address if has_address else {},
        change=Change.JOINED,
        source=Source(SourceKind.AUDIENCE, "aud_ada"),
    )


def _awkward_event(change: Change, value: str | None) -> ProfileEvent:
    common: dict[str, Any] = {
        "v": 1,
        "workspace": "default",
        "profile_id": f"p-{value or 1}"[:500],
        "occurred_at": NOW,
        "identifiers": dict.fromkeys(IDENTIFIERS, value) | {"email": value and f"{value}@example.org"},
        "attributes": dict.fromkeys(_ATTRIBUTES, value) | {"nested": [{"value": value}], value or "null": value},
    }
    if change is Change.OCCURRED:
        return PlainEvent(**common, name=f"n{value}"[:500], properties={"value": value, value or "null": [value]})
    return MembershipEvent(**common, change=change, source=Source(SourceKind.AUDIENCE, f"a{value}"[:500]))


_ATTRIBUTES = ("first_name", "last_name", "city", "state", "zip", "country", "gender", "birth_date")


def _request_problems(request: PartnerRequest) -> Iterator[str]:
    if request.url.startswith("http"):
        try:
            split_url(request.url)
        except InvalidSettings as error:
            yield f"the URL is not valid: {error}"
    for name, value in request.headers:
        if LINE_BREAKS.search(name + value):
            yield f"the header {name!r} holds a line break"
    if request.body and any("json" in value for name, value in request.headers if name.lower() == "content-type"):
        try:
            msgspec.json.decode(request.body)
        except msgspec.DecodeError as error:
            yield f"the body is no JSON: {error}"
