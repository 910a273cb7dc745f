"""One connector type as a page of Markdown: what it needs, what it does, what its partner's codes mean."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

from pydantic.fields import FieldInfo

from connectors.kit.declaration import ActionType, ConnectorType, Delivers, SettingsModel
from connectors.kit.identifiers import IDENTIFIERS

GENERATED = "<!-- Written by `patchbay connectors docs` from the declarations; edit those. -->"

Row = Sequence[str]


def connector_page(type_: ConnectorType) -> str:
    """The whole page."""
    return "\n\n".join((GENERATED, f"# {type_.label}", *_parts(type_))) + "\n"


def table(heading: Row, rows: Iterable[Row]) -> str:
    """A Markdown table; line breaks and bars inside cells are kept from breaking it."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _parts(type_: ConnectorType) -> Iterator[str]:
    summary = type_.summary
    yield summary.description
    yield _facts(type_)
    for heading, sentences in (
        ("You need", summary.requirements),
        ("Before you begin", summary.prerequisites),
        ("Not verified with the partner", summary.unverified),
    ):
        if sentences:
            yield f"## {heading}"
            yield "\n".join(f"* {sentence}" for sentence in sentences)
    yield "## Settings"
    yield _settings(type_.settings)
    yield "## Actions"
    for action in type_.actions:
        yield from _action(action)
    if type_.codes:
        yield "## Codes"
        yield table(("Code", "Meaning"), [(_code(type_, code), meaning) for code, meaning in type_.codes.items()])
    if summary.resources:
        yield "## Elsewhere"
        yield "\n".join(f"* [{label}]({url})" for label, url in summary.resources)


def _facts(type_: ConnectorType) -> str:
    identifiers = [f"{IDENTIFIERS[name].label} (`{name}`)" for name in type_.partner_type.identifiers]
    facts = [
        ("Key", f"`{type_.key}`"),
        ("Version of the partner's interface", type_.api_version),
        ("Partner type", str(type_.partner_type.number)),
        ("Identifiers, in order", ", ".join(identifiers) or "none is needed"),
    ]
    if type_.delivers is Delivers.TAG:
        return table(("", ""), [*facts, ("Delivered by", "a tag in the visitor's browser")])
    limits = type_.limits
    facts.append(("Time for an answer", f"{limits.timeout_seconds:g} s in total"))
    for label, limit in (
        ("Requests in flight", limits.max_in_flight),
        ("Requests per second", limits.requests_per_second),
        ("Rows per second", limits.rows_per_second),
    ):
        if limit is not None:
            facts.append((label, f"at most {limit:g}"))
    return table(("", ""), facts)


def _settings(model: type[SettingsModel]) -> str:
    secrets = model.secret_fields()
    rows = [
        (f"{info.title} (`{name}`)", _described(info), _need(info) + (", secret" if name in secrets else ""))
        for name, info in model.model_fields.items()
    ]
    return table(("Setting", "What it is", "Needed"), rows) if rows else "None."


def _action(action: ActionType) -> Iterator[str]:
    yield f"### {action.label} (`{action.key}`)"
    yield action.description
    yield f"Takes {', '.join(change.value for change in action.on)}. {_rows(action)}"
    mapped = action.fields.mapped_fields()
    constant = {name: info for name, info in action.fields.model_fields.items() if name not in mapped}
    if constant:
        yield table(
            ("Field", "What it is", "Needed"),
            [
                (f"{info.title} (`{name}`){_target(action, name)}", _described(info), _need(info))
                for name, info in constant.items()
            ],
        )
    if mapped:
        yield table(
            ("Mapped for each event", "What it is", "Default mapping"),
            [
                (f"{info.title} (`{name}`)", info.description or "", _shown(mapped[name]))
                for name, info in action.fields.model_fields.items()
                if name in mapped
            ],
        )


def _rows(action: ActionType) -> str:
    rule = action.batch
    if rule is None:
        return "Each is sent alone."
    return (
        f"Sent together: at most {rule.max_rows:,} rows or {rule.max_bytes / 1_000_000:g} MB of events,"
        f" after {rule.max_age_seconds:g} s at the latest."
    )


def _target(action: ActionType, name: str) -> str:
    return ", the target" if action.fields.target_field == name else ""


def _described(info: FieldInfo) -> str:
    extra = info.json_schema_extra
    example = extra.get("x-example") if isinstance(extra, dict) else None
    choices = _choices(info.annotation)
    return " ".join(
        part
        for part in (
            info.description or "",
            choices and f"One of {choices}.",
            example and f"Example: `{example}`.",
        )
        if part
    )


def _choices(annotation: Any) -> str:
    members = getattr(annotation, "__members__", None)
    if members:
        return ", ".join(f"`{member.value}`" for member in members.values())
    return next((found for part in get_args(annotation) if (found := _choices(part))), "")


def _need(info: FieldInfo) -> str:
    if info.is_required():
        return "yes"
    default = info.get_default(call_default_factory=True, validated_data={})
    return "no" if default in (None, "", (), []) else f"no: {_shown(getattr(default, 'value', default))}"


def _code(type_: ConnectorType, code: str) -> str:
    link = type_.code_link(code)
    return f"[`{code}`]({link})" if link else f"`{code}`"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"`{text}`" if text else "empty"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
