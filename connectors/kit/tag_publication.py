"""Which tags a published configuration has: actions of tag-based connectors, and the memberships that they fire for."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from connectors.kit.declaration import ConnectorType, Delivers
from connectors.kit.registry import Registry
from connectors.kit.tag_container import Tag, TagTemplate
from connectors.records.config import (
    ActionConfig,
    Activation,
    AudienceConfig,
    ConfigRecord,
    ConnectorConfig,
    JourneyConfig,
)


@dataclass(frozen=True, slots=True)
class PublishedTags:
    """The tags of a container, and the ids of actions whose settings do not hold: those are left out."""

    tags: tuple[Tag, ...]
    broken: tuple[str, ...] = ()


def published_tags(records: Iterable[ConfigRecord], registry: Registry) -> PublishedTags:
    """The tags of one workspace's published records; what is deactivated, paused or not tied to anything has none."""
    known = tuple(records)
    tied = _memberships(known)
    tags: list[Tag] = []
    broken: list[str] = []
    for connector in known:
        type_ = registry.get(connector.type) if isinstance(connector, ConnectorConfig) else None
        if not isinstance(connector, ConnectorConfig) or type_ is None or type_.delivers is not Delivers.TAG:
            continue
        for action in connector.actions if connector.active and not connector.paused else ():
            memberships = tied.get((connector.id, action.id), [])
            if not action.active or not memberships:
                continue
            template = _template(type_, connector, action)
            if template is None:
                broken.append(action.id)
            else:
                tags.append(Tag(action.id, template, tuple(memberships), action.consent))
    return PublishedTags(tuple(tags), tuple(broken))


def _template(type_: ConnectorType, connector: ConnectorConfig, action: ActionConfig) -> TagTemplate | None:
    action_type = type_.action(action.type)
    if action_type is None or action_type.tag is None:
        return None
    try:
        settings = type_.settings.model_validate(connector.settings)
        fields = action_type.fields.model_validate(action.fields)
    except ValidationError:
        return None
    return action_type.tag(settings, fields)


def _memberships(records: Iterable[ConfigRecord]) -> dict[tuple[str, str], list[str]]:
    tied: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if isinstance(record, (AudienceConfig, JourneyConfig)):
            for activation in record.activations:
                key = (activation.connector_id, activation.action_id)
                tied.setdefault(key, []).append(_membership(record.id, activation))
    return tied


def _membership(source_id: str, activation: Activation) -> str:
    return source_id if activation.step is None else f"{source_id}/{activation.step}"
