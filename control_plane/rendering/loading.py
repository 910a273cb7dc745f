"""From stored connectors and actions, or forms that are not stored yet, to ones that can render."""

from collections.abc import Mapping
from typing import Any, Literal

from connectors.kit.errors import InvalidSettings
from control_plane.access.work import Work
from control_plane.database.models import Action, Connector
from control_plane.errors import Conflict
from control_plane.publishing.connectors import draft_of, published_version
from control_plane.publishing.lookup import type_of
from control_plane.publishing.reverting import changes_host
from control_plane.rendering.ready import NotReady, ReadyConnector, make_connector

Stage = Literal["draft", "published"]


async def content_of(work: Work, connector: Connector, stage: Stage) -> tuple[dict[str, Any], dict[str, str]]:
    """What the draft or the published version holds, without the draft's actions, and its secrets in clear."""
    if stage == "draft":
        return draft_of(connector, ()), open_secrets(work, connector.id, connector.secrets)
    version = await published_version(work, connector)
    if version is None:
        raise Conflict("The connector has not been published yet.", code="not_published")
    return version.snapshot, open_secrets(work, connector.id, version.secrets)


def open_secrets(work: Work, connector_id: str, sealed: Mapping[str, str]) -> dict[str, str]:
    """The secrets in clear; raises `Conflict` when the key ring no longer opens one."""
    try:
        return {name: work.parts.sealer.open(connector_id, name, text) for name, text in sealed.items()}
    except InvalidSettings as error:
        raise Conflict(error.detail, code="secret_unreadable") from error


def with_form(
    work: Work,
    content: tuple[dict[str, Any], dict[str, str]],
    settings: dict[str, Any] | None,
    secrets: Mapping[str, str | None],
) -> tuple[dict[str, Any], dict[str, str]]:
    """The content with what stands in a form instead. Stored secrets go to no host but their own."""
    stored, kept = content
    if settings is not None and changes_host(type_of(work, stored["type"]).settings, stored["settings"], settings):
        kept = {}
    merged = {**kept, **secrets}
    given = {name: value for name, value in merged.items() if value is not None}
    return {**stored, "settings": stored["settings"] if settings is None else settings}, given


def ready_connector(work: Work, content: Mapping[str, Any], secrets: Any) -> ReadyConnector:
    """With the type that the content names. Raises `Conflict`, which names each fault, when it does not hold."""
    try:
        return make_connector(type_of(work, content["type"]), content, secrets)
    except NotReady as error:
        raise Conflict(
            "The settings are not complete; see `errors`.", code="incomplete", faults=error.faults
        ) from error


def action_content(action: Action) -> dict[str, Any]:
    """What the draft of an action holds."""
    return {name: getattr(action, name) for name in ("id", "type", "name", "fields", "mapping", "consent")}
