"""Connection tests as they come in and go out."""

from typing import Literal

from pydantic import BaseModel, Field

from control_plane.connector.schemas import Identifiers, LimitsInput, Secrets
from control_plane.inputs import Input, JsonObject
from control_plane.rendering.shown import AnswerRead, RequestRead, VerdictRead


class SettingsTest(Input):
    """Settings as they stand in a form, to be tried without being stored."""

    settings: JsonObject = Field(default_factory=dict)
    secrets: Secrets = Field(default_factory=dict)
    identifiers: Identifiers | None = Field(default=None, max_length=50)
    limits: LimitsInput = LimitsInput()


class ConnectorTest(Input):
    """Which settings to try: the draft's or the published ones, with what stands in a form instead."""

    stage: Literal["draft", "published"] = "draft"
    settings: JsonObject | None = Field(default=None, description="Instead of the stored settings, as a whole.")
    secrets: Secrets = Field(default_factory=dict, description="Instead of stored ones; the others are used as stored.")


class ExchangeRead(BaseModel):
    """One exchange with the partner: `token` fetches an access token, `check` is a connection test, `send` an event."""

    step: Literal["token", "check", "send"]
    request: RequestRead
    answer: AnswerRead
    verdict: VerdictRead


class ConnectionTestRead(BaseModel):
    """What came of a test. `tested` is false when this type of connector has nothing to ask its partner for."""

    ok: bool
    tested: bool
    advice: str
    exchanges: list[ExchangeRead]
