"""Which dead letters are meant: the filter of the list and of a replay, as conditions on rows."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from sqlalchemy import ColumnElement, and_, exists
from sqlalchemy.orm import aliased

from control_plane.database.models import KeptDeadLetter
from control_plane.following.filters import CodeFilter, ExactText, IdFilter, Since, Until
from control_plane.following.moments import DEAD_LETTER, look_up_hash, moment_floor


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """What is asked for; `None` asks for nothing. As a dependency, its fields are query parameters."""

    reason: CodeFilter = None
    connector_id: IdFilter = None
    action_id: IdFilter = None
    delivery_id: IdFilter = None
    profile_id: ExactText = None
    since: Since = None
    until: Until = None
    waiting: Annotated[bool | None, Query(description="Can be replayed, and has not been yet.")] = None

    def conditions(self, workspace: str) -> list[ColumnElement[bool]]:
        """What a row of the workspace must fulfil."""
        letter = KeptDeadLetter
        found = [letter.workspace == workspace]
        for column, value in (
            (letter.reason, self.reason),
            (letter.connector_id, self.connector_id),
            (letter.action_id, self.action_id),
            (letter.delivery_id, self.delivery_id),
            (letter.profile_hash, self.profile_id and look_up_hash(self.profile_id)),
        ):
            if value is not None:
                found.append(column == value)
        if self.since is not None:
            found.append(letter.id >= moment_floor(DEAD_LETTER, self.since))
        if self.until is not None:
            found.append(letter.id < moment_floor(DEAD_LETTER, self.until))
        if self.waiting is not None:
            found.append(waits() if self.waiting else ~waits())
        return found


def waits() -> ColumnElement[bool]:
    """It can be replayed, and no job has sent it yet."""
    return and_(KeptDeadLetter.replayable, KeptDeadLetter.job_number.is_(None))


def is_newest_of_its_delivery() -> ColumnElement[bool]:
    """A replay that fails leaves another dead letter of the same delivery; only the last one is sent again."""
    newer = aliased(KeptDeadLetter)
    same = (newer.workspace == KeptDeadLetter.workspace, newer.delivery_id == KeptDeadLetter.delivery_id)
    return ~exists().where(*same, newer.id > KeptDeadLetter.id)
