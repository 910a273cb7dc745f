"""Statistics and errors as they go out."""

import datetime as dt
from enum import StrEnum

from pydantic import BaseModel, Field

from control_plane.outcome.window import WindowLength


class Detail(StrEnum):
    """How much is told: each connector without its actions; these too; or the days of each as well."""

    CONNECTORS = "connectors"
    TOTALS = "totals"
    DAYS = "days"


class CodeRead(BaseModel):
    """A code as the partner gave it, with what it means and where the partner explains it."""

    code: str
    count: int
    meaning: str | None
    link: str | None


class Totals(BaseModel):
    """What deliveries ended as; errors and failed attempts by class, what was skipped by reason."""

    sent: int = 0
    removed: int = 0
    errors: dict[str, int] = Field(default_factory=dict)
    errors_total: int = 0
    skipped: dict[str, int] = Field(default_factory=dict)
    skipped_total: int = 0
    failed_attempts: dict[str, int] = Field(default_factory=dict)
    failed_attempts_total: int = 0
    error_rate: float | None = Field(default=None, description="Errors among what was not skipped; null without any.")


class DayRead(BaseModel):
    """A day of the caller's calendar. Without `data`, there was nothing to count yet: no data, rather than zero."""

    date: dt.date
    partial: bool
    data: bool
    sent: int = 0
    removed: int = 0
    skipped: int = 0
    errors: dict[str, int] = Field(default_factory=dict)
    failed_attempts: int = 0


class ActionStatistics(BaseModel):
    """An action in the window; the name of a deleted one is null."""

    action_id: str
    name: str | None
    last_delivery_at: dt.datetime | None
    totals: Totals
    by_day: list[DayRead] | None = None


class ConnectorStatistics(BaseModel):
    """A connector in the window; the name of a deleted one is null."""

    connector_id: str
    name: str | None
    type: str | None
    last_delivery_at: dt.datetime | None
    totals: Totals
    partner_codes: list[CodeRead]
    actions: list[ActionStatistics]
    by_day: list[DayRead] | None = None


class LatencyRead(BaseModel):
    """How long it took, from a histogram; `slowest` took longer than its last bound, 30 s."""

    count: int
    p50_ms: int
    p95_ms: int
    p99_ms: int
    slowest: int


class Latencies(BaseModel):
    """Each exchange with the partner, and each delivery from the event's arrival on; null without any."""

    attempt: LatencyRead | None
    end_to_end: LatencyRead | None


class Statistics(BaseModel):
    """A window, by day and in total, for the workspace and for each connector and action."""

    window: WindowLength
    time_zone: str
    start: dt.datetime
    end: dt.datetime
    totals: Totals
    by_day: list[DayRead]
    connectors: list[ConnectorStatistics]
    latency: Latencies | None = Field(
        default=None, description="Of one connector as a whole, in UTC days; null where anything else is asked for."
    )


class PipelineRead(BaseModel):
    """Deliveries from stage to stage. received = filtered + not_rendered + rendered + waiting, and
    rendered = sent + removed + failed; what is filtered and not rendered is told by reason, what failed by class."""

    received: int
    filtered: dict[str, int]
    not_rendered: dict[str, int]
    rendered: int
    sent: int
    removed: int
    failed: dict[str, int]
    failed_attempts: int = Field(description="Attempts that failed and were, or are, made again.")
    waiting: int | None = Field(description="For a retry, a batch or a slot, now; null for an action.")


class Recently(BaseModel):
    """Delivered is what was sent and removed."""

    delivered: list[int]
    errors: list[int]


class HoursRead(BaseModel):
    """The 24 hours up to and with the one that runs, by connector; those that did nothing are left out."""

    start: dt.datetime
    connectors: dict[str, Recently]


class ErrorRead(BaseModel):
    """One delivery that ended in error."""

    at: dt.datetime
    connector_id: str
    action_id: str
    delivery_id: str
    event_id: str | None
    profile_id: str
    change: str | None
    outcome: str
    reason: str | None
    partner_code: str | None
    link: str | None
    http_status: int | None
    attempts: int
    run: int


class ErrorPage(BaseModel):
    """Errors, newest first. `truncated`: older rows of the window have been removed; the counts are still whole."""

    items: list[ErrorRead]
    next_cursor: str | None = None
    has_more: bool = False
    truncated: bool = False
