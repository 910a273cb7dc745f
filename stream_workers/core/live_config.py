"""A published connector, ready to use: settings checked, secrets opened, mappings compiled once per config version."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from msgspec import structs
from pydantic import BaseModel, ValidationError

from connectors.kit.custom import CUSTOM, custom_type_of
from connectors.kit.declaration import ActionType, BatchRule, ConnectorType, Delivers, Limits
from connectors.kit.errors import InvalidSettings
from connectors.kit.mapping import Mapping as FieldMapping
from connectors.kit.mapping import compile_action_mapping
from connectors.kit.registry import Registry
from connectors.records.config import ActionConfig, ConnectorConfig

Model = TypeVar("Model", bound=BaseModel)
OpenSecret = Callable[[str, str, str], str]
"""(connector id, field, sealed text) → the secret; raises `InvalidSettings`."""


@dataclass(frozen=True, slots=True)
class LiveAction:
    """An action as the engine uses it; `broken` holds why it cannot be used, if so."""

    id: str
    connector_id: str
    type: ActionType | None
    active: bool
    activation: int
    consent: frozenset[str]
    fields: Any = None
    mapping: FieldMapping | None = None
    batch: BatchRule | None = None
    broken: InvalidSettings | None = None


@dataclass(frozen=True, slots=True)
class LiveConnector:
    """A connector as the engine uses it, with its actions by id."""

    id: str
    config: ConnectorConfig
    type: ConnectorType | None
    settings: Any
    plain_settings: dict[str, Any]
    limits: Limits
    identifiers: tuple[str, ...]
    actions: Mapping[str, LiveAction]
    secrets: tuple[str, ...] = ()
    broken: InvalidSettings | None = None
    stamp: tuple[int, int] = field(default=(0, 0))
    sends: bool = field(init=False)
    """True when deliveries may start: active and not paused."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sends", self.config.active and not self.config.paused)

    def deleted(self) -> "LiveConnector":
        """What stands for it when it is configured no more: nothing of it is wanted."""
        return replace(self, config=structs.replace(self.config, active=False), actions={})


def live_connector(record: ConnectorConfig, registry: Registry, open_secret: OpenSecret) -> LiveConnector:
    """A config record made ready, with a type of this installation or the definition that the record carries."""
    if record.type != CUSTOM:
        return make_live(record, registry.get(record.type), open_secret)
    try:
        return make_live(record, custom_type_of(record), open_secret)
    except InvalidSettings as error:
        return broken_live(record, error)


def make_live(record: ConnectorConfig, type_: ConnectorType | None, open_secret: OpenSecret) -> LiveConnector:
    """A config record made ready. What does not hold is kept as `broken`: its deliveries end `misconfigured`."""
    stamp = (record.version, record.revision)
    plain = dict(record.settings)
    if type_ is None:
        unknown = f"This worker does not know the connector type {record.type!r}; install it here."
        return broken_live(record, InvalidSettings(unknown))
    try:
        opened = {name: open_secret(record.id, name, sealed) for name, sealed in record.secrets.items()}
        settings = _validated(type_.settings, {**plain, **opened}, f"connector {record.name!r}")
    except InvalidSettings as error:
        actions = _broken_actions(record, error)
        return LiveConnector(
            record.id, record, type_, None, plain, type_.limits, (), actions, broken=error, stamp=stamp
        )
    # Tags fire in the visitor's browser: without actions nothing is planned for them here.
    served = record.actions if type_.delivers is Delivers.SERVER else ()
    actions = {action.id: _live_action(record, action, type_) for action in served}
    return LiveConnector(
        record.id,
        record,
        type_,
        settings,
        settings.visible(),
        _limits(record, type_),
        tuple(record.identifiers or type_.partner_type.identifiers),
        actions,
        secrets=tuple(secret for secret in opened.values() if secret),
        stamp=stamp,
    )


def broken_live(record: ConnectorConfig, error: InvalidSettings) -> LiveConnector:
    """A connector that cannot be used, for this reason: its deliveries end `misconfigured`, it can be deactivated."""
    stamp, actions = (record.version, record.revision), _broken_actions(record, error)
    plain = dict(record.settings)
    return LiveConnector(record.id, record, None, None, plain, Limits(), (), actions, broken=error, stamp=stamp)


def _live_action(record: ConnectorConfig, action: ActionConfig, type_: ConnectorType) -> LiveAction:
    action_type = type_.action(action.type)
    if action_type is None:
        unknown = InvalidSettings(f"{type_.label} has no action type {action.type!r}; change the action's type.")
        return _broken_action(record, action, unknown, None)
    try:
        fields = _validated(action_type.fields, dict(action.fields), f"action {action.name!r}")
        mapping = compile_action_mapping(action_type, action.mapping, type_.settings)
    except InvalidSettings as error:
        return _broken_action(record, action, error, action_type)
    return LiveAction(
        action.id,
        record.id,
        action_type,
        action.active,
        action.activation,
        frozenset(action.consent),
        fields,
        mapping,
        _batch_rule(record, action_type),
    )


def _broken_actions(record: ConnectorConfig, error: InvalidSettings) -> dict[str, LiveAction]:
    return {action.id: _broken_action(record, action, error, None) for action in record.actions}


def _broken_action(
    record: ConnectorConfig, action: ActionConfig, error: InvalidSettings, type_: ActionType | None
) -> LiveAction:
    consent = frozenset(action.consent)
    return LiveAction(action.id, record.id, type_, action.active, action.activation, consent, broken=error)


def _validated(model: type[Model], values: dict[str, Any], what: str) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidSettings(f"The {what} does not hold: {place}: {first['msg']}.") from None


def _limits(record: ConnectorConfig, type_: ConnectorType) -> Limits:
    own, declared = record.limits, type_.limits
    timeout = own.timeout_seconds if own.timeout_seconds is not None else declared.timeout_seconds
    return Limits(
        timeout_seconds=min(max(timeout, 0.5), 30.0),
        max_in_flight=own.max_in_flight or declared.max_in_flight,
        requests_per_second=own.requests_per_second or declared.requests_per_second,
        rows_per_second=own.rows_per_second or declared.rows_per_second,
    )


def _batch_rule(record: ConnectorConfig, type_: ActionType) -> BatchRule | None:
    if type_.batch is None:
        return None
    own = record.limits
    return BatchRule(
        max_rows=min(own.batch_max_rows or type_.batch.max_rows, type_.batch.max_rows),
        max_age_seconds=own.batch_max_age_seconds or type_.batch.max_age_seconds,
        max_bytes=type_.batch.max_bytes,
    )
