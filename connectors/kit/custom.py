"""Custom connector types: what an admin has defined without code, made into what every other type is.

A connector of such a type has the type `CUSTOM` and carries its definition in its config record, so that workers need
nothing but that record.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import create_model

from connectors.kit.custom_access import AccessOf, access_of, settings_of, token_flow_of
from connectors.kit.custom_answers import classify_by_rules
from connectors.kit.custom_definition import BodyFormat, CustomDefinition, InvalidDefinition, Method, read_definition
from connectors.kit.declaration import (
    ActionFields,
    ActionType,
    Batch,
    BatchRule,
    ConnectorType,
    Limits,
    PartnerType,
    Render,
    Row,
    Summary,
    mapped,
)
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest
from connectors.kit.http_parts import OWN_HEADERS, json_body, mapped_headers, text_body, url_under
from connectors.records.config import ConnectorConfig

CUSTOM = "custom"
"""The type of every connector whose record carries a definition."""

ACTION = "send_event"


def build_type(definition: Mapping[str, Any]) -> ConnectorType:
    """The connector type of a definition; raises `InvalidDefinition`, an `InvalidSettings` with a pointer."""
    read = read_definition(dict(definition))
    access = access_of(read.authentication)
    return ConnectorType(
        key=read.key,
        label=read.label,
        api_version=str(read.revision),
        summary=Summary(read.description or f"Sends each event to {read.label}.", prerequisites=()),
        settings=settings_of(read.authentication),
        actions=(_action(read, access),),
        partner_type=PartnerType(read.partner_type, read.identifiers),
        check=_check(read, access),
        classify=classify_by_rules(read.answers),
        limits=Limits(read.timeout_seconds, requests_per_second=read.requests_per_second),
        token=token_flow_of(read.authentication),
        error_documentation=read.documentation,
        codes=read.codes,
    )


def custom_type_of(record: ConnectorConfig) -> ConnectorType:
    """The connector type that a config record carries; raises `InvalidDefinition`."""
    if record.definition is None:
        raise InvalidDefinition("", "the connector carries no definition")
    return build_type(record.definition)


def _action(definition: CustomDefinition, access: AccessOf) -> ActionType:
    rule = definition.batch
    return ActionType(
        key=ACTION,
        label="Send event",
        description="One request for each event." if rule is None else "One request for many events.",
        fields=_fields(definition),
        on=definition.on,
        render=_render(definition, access),
        batch=None if rule is None else BatchRule(rule.max_rows, rule.max_age_seconds),
    )


def _fields(definition: CustomDefinition) -> type[ActionFields]:
    parts: dict[str, Any] = {
        "path": (Any, mapped("Path", "Put behind the URL, with its query.", mapping=definition.path)),
        "headers": (Any, mapped("Headers", "More headers, by name.", mapping=definition.headers)),
        "body": (Any, mapped("Body", "What is sent for each event.", mapping=definition.body.mapping)),
    }
    return create_model("CustomFields", __base__=ActionFields, **parts)


def _render(definition: CustomDefinition, access: AccessOf) -> Render:
    def render(settings: Any, _: Any, batch: Batch) -> PartnerRequest:
        return _request(definition, batch, access(settings, batch.access_token))

    return render


def _check(definition: CustomDefinition, access: AccessOf) -> Any:
    asked = definition.check

    def check(settings: Any, _: datetime, access_token: str | None) -> PartnerRequest | None:
        if asked is None:
            return None
        found = access(settings, access_token)
        url = _with_query(url_under(definition.url, asked.path), found.query)
        return PartnerRequest(asked.method.value, url, found.headers, secrets=found.secrets)

    return check


def _request(definition: CustomDefinition, batch: Batch, found: Any) -> PartnerRequest:
    path, headers = _shared(batch.rows, "path"), _shared(batch.rows, "headers")
    taken = {*OWN_HEADERS, (definition.idempotency_header or "").lower(), *(name.lower() for name, _ in found.headers)}
    body = _body(definition, batch)
    own = (("Content-Type", definition.body.content_type),) if body else ()
    if definition.idempotency_header:
        own = (*own, (definition.idempotency_header, batch.id))
    return PartnerRequest(
        _method(definition, batch).value,
        _with_query(url_under(definition.url, path), found.query),
        (*own, *found.headers, *mapped_headers(headers or {}, taken)),
        body,
        found.secrets,
    )


def _method(definition: CustomDefinition, batch: Batch) -> Method:
    return definition.removal_method if batch.change.removes and definition.removal_method else definition.method


def _body(definition: CustomDefinition, batch: Batch) -> bytes:
    rows = [row.mapped.get("body") for row in batch.rows]
    form, together = definition.body.format, definition.batch
    if form is BodyFormat.NONE:
        return b""
    if form is BodyFormat.TEXT:
        return b"\n".join(map(text_body, rows))
    if together is None:
        return json_body(rows[0])
    return json_body(rows if together.rows_in is None else {**together.envelope, together.rows_in: rows})


def _shared(rows: tuple[Row, ...], name: str) -> Any:
    """What all rows of a request have in common; the engine halves a batch that has nothing."""
    first = rows[0].mapped.get(name)
    if any(row.mapped.get(name) != first for row in rows[1:]):
        raise CannotRender(f"The events of one request need the same {name}.")
    return first


def _with_query(url: str, query: str) -> str:
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{query}"
