"""How a connector type is declared: a value that says what it is, with the pure functions that render and classify."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_core import PydanticUndefined

from connectors.kit.classification import Classification
from connectors.kit.exchange import PartnerRequest, PartnerResponse
from connectors.kit.tag_container import TagTemplate
from connectors.records.delivery import Reason
from connectors.records.profile_event import Change

JOINED, LEFT, ENTERED, EXITED, OCCURRED = Change.JOINED, Change.LEFT, Change.ENTERED, Change.EXITED, Change.OCCURRED
MEMBERSHIP_CHANGES = (JOINED, LEFT, ENTERED, EXITED)
ADDITIONS = (JOINED, ENTERED, OCCURRED)

Secret = SecretStr
"""A setting that is sealed at rest, write-only in the API, and masked wherever it could be shown."""


class SettingsModel(BaseModel):
    """What a connector needs of an admin: one model gives validation, the form, masking and documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    host_fields: ClassVar[tuple[str, ...]] = ()
    """The settings that decide which host is called: changing one clears the connector's secrets."""

    @classmethod
    def secret_fields(cls) -> tuple[str, ...]:
        """The names of the fields that are `Secret`, in order."""
        return tuple(name for name, info in cls.model_fields.items() if _is_secret(info.annotation))

    @classmethod
    def visible_fields(cls) -> tuple[str, ...]:
        """The names of the fields that a mapping may read as `settings.…`: all but the secrets."""
        secrets = cls.secret_fields()
        return tuple(name for name in cls.model_fields if name not in secrets)

    def visible(self) -> dict[str, Any]:
        """What a mapping may read as `settings.…`, as JSON values."""
        return self.model_dump(mode="json", include=set(self.visible_fields()))


class ActionFields(BaseModel):
    """What an action needs: constant fields, the same for every event (`setting`), and per-event ones (`mapped`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    target_field: ClassVar[str | None] = None
    """The field that names the list or table at the partner; it cannot be edited while the action is in use."""

    @classmethod
    def mapped_fields(cls) -> dict[str, Any]:
        """The per-event fields and their default mapping."""
        extras = {name: info.json_schema_extra for name, info in cls.model_fields.items()}
        return {
            name: extra["x-mapping"]
            for name, extra in extras.items()
            if isinstance(extra, dict) and "x-mapping" in extra
        }

    @classmethod
    def required_fields(cls) -> tuple[str, ...]:
        """The per-event fields without which an event cannot be rendered."""
        extras = {name: info.json_schema_extra for name, info in cls.model_fields.items()}
        return tuple(name for name, extra in extras.items() if isinstance(extra, dict) and extra.get("x-required"))


def setting(
    label: str, description: str, *, default: Any = PydanticUndefined, example: str | None = None, **constraints: Any
) -> Any:
    """A setting or a constant field: its label, and a sentence that says where to find the value and what it needs."""
    extra: dict[str, Any] = {"x-example": example} if example is not None else {}
    return Field(default=default, title=label, description=description, json_schema_extra=extra, **constraints)


def mapped(label: str, description: str, *, mapping: Any, required: bool = False) -> Any:
    """A field filled for each event from a mapping (a JSON tree with Liquid leaves); `mapping` is the default one.

    An event for which a required field is empty (null, or text, a list or an object with nothing in it) cannot be
    rendered: it ends `other_error: cannot_render` as a dead letter. The control plane refuses a mapping that is empty.
    """
    extra = {"x-mapping": mapping, "x-required": required}
    return Field(default=None, title=label, description=description, json_schema_extra=extra)


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in getattr(annotation, "__args__", ())


class Row(msgspec.Struct, frozen=True, gc=False):
    """One delivery as `render` sees it: who, what changed, and the mapped fields already rendered for this event.

    `occurred_at` is when the event happened. `delivery_id` is the same on every attempt: use it as idempotency key.
    `ticket` is what this row's last answer gave with `ACCEPTED_LATER`, when `continue_` and its answer are at work.
    """

    delivery_id: str
    profile_id: str
    change: Change
    occurred_at: datetime
    identifiers: Mapping[str, str | None]
    mapped: Mapping[str, Any]
    event_id: str | None = None
    ticket: str | None = None


class Batch(msgspec.Struct, frozen=True, gc=False):
    """The rows of one request: one action, one kind of change (adds or removes), at most the action's row limit.

    `now` is when the attempt starts; `access_token` comes from the connector type's token flow; `ticket` is set when
    `continue_` is asked what to send next. `id` is the same when the same rows are sent again.
    """

    rows: tuple[Row, ...]
    change: Change
    now: datetime
    id: str
    access_token: str | None = None
    ticket: str | None = None
    identifiers: tuple[str, ...] = ()


Render = Callable[[Any, Any, Batch], PartnerRequest]
Classify = Callable[[PartnerResponse, Batch], tuple[Classification, ...]]
Refuse = Callable[[Any, Any, Row], Reason | None]
MakeTag = Callable[[Any, Any], TagTemplate]


@dataclass(frozen=True, slots=True)
class BatchRule:
    """When waiting rows are sent together: at `max_rows`, at about `max_bytes` of data, or after `max_age_seconds`."""

    max_rows: int
    max_age_seconds: float
    max_bytes: int = 5_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connector may use: one total deadline per call, requests in flight per worker, rates over all workers."""

    timeout_seconds: float = 3.0
    max_in_flight: int | None = None
    requests_per_second: float | None = None
    rows_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class ActionType:
    """One thing that a connector type can do.

    `on` are the changes it supports: others end `skipped: not_supported`. `batch` of `None` sends each row alone.
    `refuse` may say, per row, why nothing can be sent (`no_identifier`); the default asks for one of the partner
    type's identifiers. `continue_` renders the next request of a job, with `batch.ticket` set; `goes_on` tells of a
    ticket whether that request may be sent although an answer is missing or the partition has a new owner, else the
    rows begin anew. `tag` is what an action of a tag-based type publishes; its `render` then is what the visitor's
    browser asks for.
    """

    key: str
    label: str
    description: str
    fields: type[ActionFields]
    on: tuple[Change, ...]
    render: Render
    batch: BatchRule | None = None
    refuse: Refuse | None = None
    continue_: Render | None = None
    goes_on: Callable[[str], bool] = lambda _: True
    classify: Classify | None = None
    tag: MakeTag | None = None


@dataclass(frozen=True, slots=True)
class PartnerType:
    """The number of a partner type, and the identifiers it reads, in order of preference; empty: it needs none.

    `takes_one` is true where a person is sent by one identifier only: a connector that reads others, or in another
    order, then sends the first that a person has.
    """

    number: int
    identifiers: tuple[str, ...] = ()
    takes_one: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """An access token with its life in seconds; `refresh_token` is set when the partner has replaced it."""

    access_token: str
    expires_in: float
    refresh_token: str | None = None


@dataclass(frozen=True, slots=True)
class TokenFlow:
    """How an access token is fetched: a rendered request, and the reading of its answer (a token or a verdict)."""

    render: Callable[[Any, datetime, str | None], PartnerRequest]
    """(settings, now, stored refresh token or `None`) → request."""
    read: Callable[[PartnerResponse], Token | Classification]
    needed: Callable[[Any], bool] = lambda _: True
    """(settings) → whether these settings sign in with a token at all."""
    given: Callable[[Any], str] | None = None
    """(settings) → the refresh token that the admin gave, which the partner may replace on use: workers take turns."""


class Delivers(StrEnum):
    """Who does the sending: our servers, or a tag in the visitor's browser."""

    SERVER = "server"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Summary:
    """What the marketplace says of a connector type."""

    description: str
    requirements: tuple[str, ...] = ()
    resources: tuple[tuple[str, str], ...] = ()
    prerequisites: tuple[str, ...] = ("You have an active account with the partner.",)
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectorType:
    """A partner that can be connected to: what it is, what it needs, what it can do, and how its answers read.

    `check` renders the request behind "test connection". `codes` maps the partner's documented codes to what they mean
    and `error_documentation` is where they are explained (`{code}` is filled in where it stands).
    """

    key: str
    label: str
    api_version: str
    summary: Summary
    settings: type[SettingsModel]
    actions: tuple[ActionType, ...]
    partner_type: PartnerType
    check: Callable[[Any, datetime, str | None], PartnerRequest | None]
    classify: Classify | None = None
    limits: Limits = field(default_factory=Limits)
    token: TokenFlow | None = None
    error_documentation: str | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    delivers: Delivers = Delivers.SERVER
    several: bool = True

    def action(self, key: str) -> ActionType | None:
        """The action type with this key, or `None`."""
        return next((action for action in self.actions if action.key == key), None)

    def code_meaning(self, code: str) -> str | None:
        """What a code means, in a sentence; of `code/subcode` what the code means when the subcode is not known."""
        return self.codes.get(code) or self.codes.get(code.partition("/")[0])

    def code_link(self, code: str) -> str | None:
        """Where the partner documents this code."""
        return self.error_documentation and self.error_documentation.replace("{code}", code)
