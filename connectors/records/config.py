"""What the compacted topic `connector-config` carries: published snapshots, one record per key, secrets sealed."""

from typing import Any

import msgspec

from connectors.records.profile_event import Change


class ActionConfig(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One configured use of an action type, as published.

    `fields` are the constant fields (the target list); `mapping` fills the per-event fields: a JSON tree per field
    name whose string leaves may hold Liquid. `activation` counts each activation and deactivation: a delivery that
    was planned under another count is never sent.
    """

    id: str
    type: str
    name: str
    active: bool
    activation: int = 0
    fields: dict[str, Any] = {}
    mapping: dict[str, Any] = {}
    consent: tuple[str, ...] = ()


class LimitsConfig(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What an admin may override of the limits that the connector type declares; `None` means the type's own."""

    timeout_seconds: float | None = None
    max_in_flight: int | None = None
    requests_per_second: float | None = None
    rows_per_second: float | None = None
    batch_max_rows: int | None = None
    batch_max_age_seconds: float | None = None


class ConnectorConfig(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A connector with its actions, key `connector:<id>`.

    `version` is the published version that outcomes name; `revision` grows with every record of the key (activations
    and pauses too), so that a lower one is ignored. `secrets` holds sealed text by field name. `resumed_at` (unix
    milliseconds) is when the last pause ended: the retry clock of what waited starts again there.
    """

    v: int
    workspace: str
    id: str
    type: str
    name: str
    version: int
    revision: int
    active: bool
    activation: int = 0
    paused: bool = False
    resumed_at: int | None = None
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    identifiers: tuple[str, ...] | None = None
    limits: LimitsConfig = LimitsConfig()
    actions: tuple[ActionConfig, ...] = ()
    definition: dict[str, Any] | None = None


class Activation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An action attached to a source: which changes trigger it, and at which step of a journey."""

    connector_id: str
    action_id: str
    on: tuple[Change, ...]
    step: str | None = None


class AudienceConfig(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A published audience with its activations, key `audience:aud_…`, which never changes.

    `id` is what events carry as `source.id`, chosen by the admin.
    """

    v: int
    workspace: str
    id: str
    name: str
    version: int
    revision: int
    activations: tuple[Activation, ...] = ()


class JourneyConfig(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A published journey with the activations of its steps, key `journey:jrn_…`; `id` as an audience's."""

    v: int
    workspace: str
    id: str
    name: str
    version: int
    revision: int
    activations: tuple[Activation, ...] = ()


class FeedConfig(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A published event feed: a named set of event names with its activations, key `feed:fed_…`."""

    v: int
    workspace: str
    id: str
    name: str
    version: int
    revision: int
    event_names: tuple[str, ...] = ()
    activations: tuple[Activation, ...] = ()


class CredentialConfig(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A credential that a partner has replaced (a rotated refresh token), key `credential:<connector id>`.

    Written by the worker that renewed it. `sealed` holds the newest token, and the one that the admin gave, which it
    came of: when the admin gives another one, what is kept here means nothing any more.
    """

    v: int
    workspace: str
    id: str
    revision: int
    sealed: dict[str, str] = {}


class TurnConfig(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A worker asks for its turn to renew a connector's credential, or gives it back (`over`); key `turn:<id>`.

    `at` (unix milliseconds) tells turns of one worker apart, and when a turn that was never given back has ended.
    """

    v: int
    workspace: str
    id: str
    worker: str
    at: int
    over: bool = False
    revision: int = 0


ConfigRecord = ConnectorConfig | AudienceConfig | JourneyConfig | FeedConfig | CredentialConfig | TurnConfig

CONFIG_TYPES: dict[str, type[ConfigRecord]] = {
    "connector": ConnectorConfig,
    "audience": AudienceConfig,
    "journey": JourneyConfig,
    "feed": FeedConfig,
    "credential": CredentialConfig,
    "turn": TurnConfig,
}


def config_key(kind: str, record_id: str) -> bytes:
    """The topic key of a config record: its kind (one of `CONFIG_TYPES`), then the stable id of what it tells of.

    For audiences and journeys that is the generated id (`aud_…`, `jrn_…`), not the source id that the record holds.
    """
    return f"{kind}:{record_id}".encode()
