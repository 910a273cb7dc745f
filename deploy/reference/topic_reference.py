"""docs/asyncapi.yaml: every topic with its settings, and the JSON Schema of every record on it (AsyncAPI 3.0); pure."""

from typing import Any, get_args

import msgspec
import yaml

from connectors.records.codec import SCHEMA_VERSION
from connectors.records.config import CONFIG_TYPES
from connectors.records.delivery import Attempt, Command, DeadLetter, Outcome, PendingRow, Position, WorkerStatus
from connectors.records.profile_event import ProfileEvent
from connectors.records.topics import (
    ATTEMPTS,
    COMMANDS,
    CONNECTOR_CONFIG,
    DEAD_LETTERS,
    OUTCOMES,
    PENDING,
    PROFILE_EVENTS,
    TOPICS,
    WORKER_STATUS,
    Topic,
)

RECORDS: dict[str, tuple[type, ...]] = {
    PROFILE_EVENTS.name: get_args(ProfileEvent),
    CONNECTOR_CONFIG.name: tuple(CONFIG_TYPES.values()),
    PENDING.name: (PendingRow, Position),
    OUTCOMES.name: (Outcome,),
    ATTEMPTS.name: (Attempt,),
    DEAD_LETTERS.name: (DeadLetter,),
    COMMANDS.name: (Command,),
    WORKER_STATUS.name: (WorkerStatus,),
}
"""What is on each topic."""

GENERATED = "# Written by `patchbay docs` from connectors/records; edit those.\n"
_FROM_OUTSIDE = frozenset({PROFILE_EVENTS.name})
_SCHEMAS = "#/components/schemas/{name}"


def topic_reference() -> str:
    """The whole file."""
    return GENERATED + yaml.safe_dump(description(), sort_keys=False, allow_unicode=True, width=120)


def description() -> dict[str, Any]:
    """The AsyncAPI document, as data."""
    every = [type_ for types in RECORDS.values() for type_ in types]
    _, schemas = msgspec.json.schema_components(every, ref_template=_SCHEMAS)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Patchbay",
            "version": str(SCHEMA_VERSION),
            "description": "What is on Patchbay's topics. Every name takes the prefix of the installation before it. "
            "Records are JSON in UTF-8; unknown fields are ignored. A record without a value deletes its key.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": dict(_operation(topic) for topic in TOPICS),
        "components": {
            "messages": {type_.__name__: _message(topic, type_) for topic in TOPICS for type_ in RECORDS[topic.name]},
            "schemas": schemas,
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    kafka: dict[str, Any] = {"topic": topic.name, "topicConfiguration": dict(map(_setting, topic.config.items()))}
    if topic.partitions is not None:
        kafka["partitions"] = topic.partitions
    return {
        "address": topic.name,
        "description": topic.why,
        "messages": {
            type_.__name__: {"$ref": f"#/components/messages/{type_.__name__}"} for type_ in RECORDS[topic.name]
        },
        "bindings": {"kafka": {**kafka, "bindingVersion": "0.5.0"}},
    }


def _operation(topic: Topic) -> tuple[str, dict[str, Any]]:
    action = "receive" if topic.name in _FROM_OUTSIDE else "send"
    return f"{action}-{topic.name}", {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message(topic: Topic, type_: type) -> dict[str, Any]:
    return {
        "name": type_.__name__,
        "summary": (type_.__doc__ or "").partition("\n")[0],
        "payload": {"$ref": _SCHEMAS.format(name=type_.__name__)},
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": "0.5.0"}},
    }


def _setting(pair: tuple[str, str]) -> tuple[str, Any]:
    name, value = pair
    if name == "cleanup.policy":
        return name, value.split(",")
    return name, int(value) if value.isdigit() else value
