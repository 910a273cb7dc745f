"""Commands that replay dead letters, as the control plane writes them."""

import msgspec

from connectors.records.codec import SCHEMA_VERSION
from connectors.records.delivery import Command, CommandKind, DeadLetter, ReplayItem
from tests.support.builders import NOON, NOON_MS


def replay(*letters: DeadLetter, run: int = 1, kind: CommandKind = CommandKind.REPLAY) -> Command:
    """One command for these letters."""
    items = tuple(
        ReplayItem(
            delivery_id=letter.delivery_id,
            connector_id=letter.connector_id,
            action_id=letter.action_id,
            offset=letter.offset,
            appended_at=letter.appended_at or NOON_MS,
            event=msgspec.Raw(letter.record),
        )
        for letter in letters
    )
    return Command(v=SCHEMA_VERSION, workspace="default", job_id="job_1", kind=kind, run=run, at=NOON, items=items)
