"""Which deliveries are meant: the filter of the explorer as conditions on rows."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from sqlalchemy import ColumnElement

from connectors.records.delivery import OutcomeClass
from control_plane.database.models import KeptDelivery
from control_plane.following.filters import ExactText, IdFilter, Since, Until
from control_plane.following.moments import ATTEMPT, look_up_hash, moment_floor


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """What is asked for; `None` asks for nothing. As a dependency, its fields are query parameters."""

    connector_id: IdFilter = None
    action_id: IdFilter = None
    delivery_id: IdFilter = None
    event_id: ExactText = None
    profile_id: ExactText = None
    outcome: OutcomeClass | None = None
    status_class: Annotated[int | None, Query(ge=1, le=5, description="The first digit of the HTTP status.")] = None
    waiting: Annotated[bool | None, Query(description="Another attempt will follow.")] = None
    since: Since = None
    until: Until = None

    def conditions(self, workspace: str) -> list[ColumnElement[bool]]:
        """What a row of the workspace must fulfil."""
        row = KeptDelivery
        found = [row.workspace == workspace]
        for column, value in (
            (row.connector_id, self.connector_id),
            (row.action_id, self.action_id),
            (row.delivery_id, self.delivery_id),
            (row.event_hash, self.event_id and look_up_hash(self.event_id)),
            (row.profile_hash, self.profile_id and look_up_hash(self.profile_id)),
            (row.outcome, self.outcome and self.outcome.value),
        ):
            if value is not None:
                found.append(column == value)
        return [*found, *self._of_last_attempt()]

    def _of_last_attempt(self) -> list[ColumnElement[bool]]:
        row = KeptDelivery
        found: list[ColumnElement[bool]] = []
        if self.status_class is not None:
            found.append(row.http_status.between(self.status_class * 100, self.status_class * 100 + 99))
        if self.waiting is not None:
            found.append(row.final.is_(not self.waiting))
        if self.since is not None:
            found.append(row.last_id >= moment_floor(ATTEMPT, self.since))
        if self.until is not None:
            found.append(row.last_id < moment_floor(ATTEMPT, self.until))
        return found
