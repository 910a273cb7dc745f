"""Previews and test sends as they come in and go out."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from control_plane.action.schemas import Consent
from control_plane.connection_test.schemas import ExchangeRead
from control_plane.errors import Fault
from control_plane.inputs import Input, JsonObject, Key
from control_plane.rendering.shown import RequestRead, VerdictRead
from control_plane.sample.schemas import SampleChoice

Events = Annotated[list[JsonObject], Field(min_length=1, max_length=50)]


class ActionForm(Input):
    """An action as it stands in an editor: what is left out is as stored."""

    type: Key | None = None
    fields: JsonObject | None = None
    mapping: JsonObject | None = None
    consent: Consent | None = Field(default=None, max_length=50)


class ActionPreview(ActionForm):
    """What to render, and for which events: given ones, in the form of the topic, or recent ones."""

    events: Events | None = Field(default=None, description="Instead of recent events.")
    samples: SampleChoice = SampleChoice()


class NewActionPreview(ActionPreview):
    """The same for an action that is not stored yet."""

    type: Key


class Trouble(BaseModel):
    """Why no request can be made: a stable reason, and a sentence."""

    reason: str
    detail: str


class PreviewItem(BaseModel):
    """What becomes of one event: it is `skipped` for a reason, there is a `problem`, or there is a `request`."""

    id: str
    event: dict[str, Any]
    skipped: str | None = None
    why: str | None = None
    problem: Trouble | None = None
    mapped: Any = None
    request: RequestRead | None = None
    curl: str | None = None


class PreviewRead(BaseModel):
    """`errors` are those of the action, and under `/connector` those of its connector's settings.

    With errors of the action nothing is rendered; with errors of the settings only the mapped fields are.
    """

    valid: bool
    errors: list[Fault]
    are_examples: bool
    items: list[PreviewItem]


class TestSend(ActionForm):
    """Which event to send for real: a given one, in the form of the topic, or the newest that fits."""

    __test__ = False

    event: JsonObject | None = None
    samples: SampleChoice = SampleChoice(limit=1)


class TestSendRead(BaseModel):
    """What was sent and what came back. `sent` is false when the event is skipped or cannot be rendered."""

    __test__ = False

    sent: bool
    ok: bool
    delivery_id: str
    item: PreviewItem
    exchanges: list[ExchangeRead]
    verdict: VerdictRead | None = None


class MappingCheck(Input):
    """A mapping to check; with its types given, also against the settings and fields that there are."""

    mapping: JsonObject
    connector_type: Key | None = None
    action_type: Key | None = None


class MappingChecked(BaseModel):
    """Each error's pointer leads into the mapping; line and column count from 1 within that leaf's text."""

    valid: bool
    errors: list[Fault]


class AttributeRead(BaseModel):
    """Something that a path can name; `type` and `sample` are those of recent events."""

    path: str
    description: str
    open: bool = False
    type: str | None = None
    sample: Any = None


class FunctionRead(BaseModel):
    """A function of the language."""

    name: str
    signature: str
    description: str


class MappingLanguage(BaseModel):
    """What an editor offers. Sample values are shown to editors and admins."""

    attributes: list[AttributeRead]
    functions: list[FunctionRead]


class RenderedSide(BaseModel):
    """What one side makes of an event."""

    skipped: str | None = None
    problem: Trouble | None = None
    request: RequestRead | None = None


class RenderedPair(BaseModel):
    """The same event through the published version and through the draft."""

    id: str
    differs: bool
    published: RenderedSide | None
    draft: RenderedSide | None


class RenderedAction(BaseModel):
    """What publishing would change of the requests of one action."""

    action_id: str
    name: str
    change: Literal["same", "changed", "added", "removed"]
    samples: list[RenderedPair]


class RenderedDiff(BaseModel):
    """The requests of the draft against those of the published version, on the same events."""

    differs: bool
    are_examples: bool
    published_errors: list[Fault]
    draft_errors: list[Fault]
    actions: list[RenderedAction]
