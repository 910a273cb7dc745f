"""Jobs as they come in and go out."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from control_plane.dead_letter.selection import LetterFilter
from control_plane.inputs import Input, Moment

Id = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,64}$")]
MOST_IDS = 1000


class JobState(StrEnum):
    """How far a job is. `running` hands over to the workers; while `delivering` they are at work on what they have."""

    PLANNED = "planned"
    RUNNING = "running"
    DELIVERING = "delivering"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class ChosenLetters(Input):
    """These dead letters."""

    ids: list[Id] = Field(min_length=1, max_length=MOST_IDS)


class MatchingLetters(Input):
    """Every dead letter that a filter finds now; an empty filter finds all."""

    reason: Annotated[str, StringConstraints(pattern="^[a-z_]{1,64}$")] | None = None
    connector_id: Id | None = None
    action_id: Id | None = None
    since: Moment | None = None
    until: Moment | None = None

    def filter(self) -> LetterFilter:
        """The same as the list has it."""
        return LetterFilter(
            reason=self.reason,
            connector_id=self.connector_id,
            action_id=self.action_id,
            since=self.since,
            until=self.until,
        )


class JobCreate(Input):
    """A replay to plan. Nothing is sent before it is started."""

    kind: Literal["replay"] = "replay"
    selection: ChosenLetters | MatchingLetters
    include_replayed: bool = Field(
        default=False,
        description="Also what a job has sent again already. A plain event may then arrive at the partner twice.",
    )


class PlannedAction(BaseModel):
    """So many deliveries of an action; what an inactive one would send ends `skipped: deactivated`."""

    connector_id: str
    action_id: str
    name: str | None
    active: bool
    count: int


class Plan(BaseModel):
    """What the job would do, counted when it was planned. Each delivery is rendered with the configuration of then,
    and dropped where a newer change has come."""

    matching: int
    will_send: int
    not_replayable: int = Field(description="Records that could not be read have no delivery to send again.")
    already_replayed: int
    replaced: int = Field(description="A later dead letter of the same delivery is sent instead.")
    actions: list[PlannedAction]


class Progress(BaseModel):
    """How the deliveries of the job ended so far; `waiting` ones are with the workers."""

    handed_over: int
    ended: int
    waiting: int
    sent: int = 0
    removed: int = 0
    errors: dict[str, int] = Field(default_factory=dict)
    errors_total: int = 0
    skipped: dict[str, int] = Field(default_factory=dict)
    skipped_total: int = 0


class JobRead(BaseModel):
    """A job with its plan and its progress; outcomes and attempts carry its number as `run`."""

    id: str
    number: int
    kind: str
    state: JobState
    selection: dict[str, Any]
    include_replayed: bool
    plan: Plan
    progress: Progress
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None = Field(description="When the last of it was handed over, or when it was cancelled.")
