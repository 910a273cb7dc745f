"""Errors that are the same, as one: counted exactly, with moments, cause and advice."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.records.delivery import OutcomeClass, Reason
from connectors.records.metrics_table import outcome_counts, outcome_errors
from control_plane.error_group.advice import advice_for
from tests.support.plane import Plane

QUARTER = 900
NOW = int(datetime.now(UTC).timestamp()) - 5 * QUARTER
ERRORS = [outcome for outcome in OutcomeClass if outcome.is_error]


def counted(connector_id: str, quarters_ago: int, count: int, **changes: Any) -> dict[str, Any]:
    bucket = (NOW // QUARTER - quarters_ago) * QUARTER
    row = {"workspace": "default", "connector_id": connector_id, "bucket_at": bucket, "action_id": "act_1"}
    row |= {"class": "partner_error", "reason": "rejected", "partner_code": "190", "count": count}
    return row | changes


async def store(plane: Plane, table: Any, *rows: dict[str, Any]) -> None:
    async with plane.parts.database.transaction(write=True) as session:
        await session.execute(table.insert(), list(rows))


async def groups(plane: Plane, **query: Any) -> list[Any]:
    return list((await plane.call("GET", "/v1/error-groups", 200, params=query))["items"])


async def test_the_same_error_is_one_group_over_quarter_hours_and_actions(plane: Plane) -> None:
    connector_id = await plane.connector()
    await store(
        plane,
        outcome_counts,
        counted(connector_id, 8, 3),
        counted(connector_id, 0, 2, action_id="act_2"),
        counted(connector_id, 1, 40, **{"class": "attempt:partner_error"}),
        counted(connector_id, 2, 1, partner_code="200"),
        counted(connector_id, 0, 9, **{"class": "sent", "reason": "", "partner_code": ""}),
        counted(connector_id, 0, 7, workspace="other"),
        counted(connector_id, 4 * 24 * 40, 5),
    )
    first, second = await groups(plane)
    assert (first["count"], first["failed_attempts"], first["action_ids"]) == (5, 40, ["act_1", "act_2"])
    assert (first["partner_code"], second["partner_code"], second["count"]) == ("190", "200", 1)
    assert first["link"] == "https://ledger.example/errors#190"
    assert first["connector_name"] == "Ledger EU"
    assert "refused" in first["likely_cause"]
    assert await groups(plane, connector_id="con_other") == []
    assert (await groups(plane, days=60))[0]["count"] == 10


async def test_kept_errors_make_first_and_last_seen_exact(plane: Plane) -> None:
    await store(plane, outcome_counts, counted("con_1", 8, 3), counted("con_1", 0, 2))
    early, late = (NOW // QUARTER - 8) * QUARTER + 77, NOW // QUARTER * QUARTER + 33
    row = {"partition": 0, "workspace": "default", "connector_id": "con_1", "action_id": "act_1", "delivery_id": "d"}
    row |= {"profile_id": "ada", "class": "partner_error", "reason": "rejected", "partner_code": "190", "attempts": 1}
    await store(plane, outcome_errors, *(row | {"offset": at, "at": at, "run": 0} for at in (early, late)))
    (group,) = await groups(plane)
    moments = [datetime.fromisoformat(group[name]).timestamp() for name in ("first_seen_at", "last_seen_at")]
    assert moments == [early, late]


@pytest.mark.parametrize("outcome", ERRORS)
@pytest.mark.parametrize("reason", ["", "something_new", *Reason])
def test_every_error_has_advice(outcome: OutcomeClass, reason: str) -> None:
    advice = advice_for(outcome, reason)
    assert advice.likely_cause.endswith(".")
    assert advice.what_to_do.endswith(".")
