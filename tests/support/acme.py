"""A connector type for tests of the engine: one action per row and one for batches, answers by status."""

from datetime import datetime
from typing import Any

import msgspec

from connectors.kit.classification import ACCEPTED, Classification, Verdict, classify_by_status
from connectors.kit.declaration import (
    JOINED,
    LEFT,
    MEMBERSHIP_CHANGES,
    OCCURRED,
    ActionFields,
    ActionType,
    Batch,
    BatchRule,
    ConnectorType,
    PartnerType,
    SettingsModel,
    Summary,
    mapped,
    setting,
)
from connectors.kit.exchange import PartnerRequest, PartnerResponse


class AcmeSettings(SettingsModel):
    """Where the pretended partner is."""

    url: str = setting("URL", "Where Acme answers.", default="http://acme.example")


class ListFields(ActionFields):
    """Which list, and what is said of each profile."""

    list_id: str = setting("List", "The list.", default="l_1")
    note: Any = mapped("Note", "A word with each profile.", mapping="hello")


def render(settings: AcmeSettings, fields: ListFields, batch: Batch) -> PartnerRequest:
    """One request for all rows: who, which change, and under which delivery id."""
    rows = [
        {"profile_id": row.profile_id, "change": row.change.value, "id": row.delivery_id, "note": row.mapped["note"]}
        for row in batch.rows
    ]
    body = {"list": fields.list_id, "rows": rows, "ticket": batch.ticket}
    return PartnerRequest("POST", settings.url, (("Content-Type", "application/json"),), msgspec.json.encode(body))


def classify(response: PartnerResponse, batch: Batch) -> tuple[Classification, ...]:
    """A 207 names a verdict per row; a 202 gives a ticket; a 206 takes some, and says so; the rest goes by status."""
    if response.status == 207:
        verdicts = msgspec.json.decode(response.body)
        return tuple(
            ACCEPTED if verdict == "accepted" else Classification(Verdict(verdict), partner_code=f"row_{verdict}")
            for verdict in verdicts
        )
    if response.status == 202:
        ticket = response.body.decode()
        return (Classification(Verdict.ACCEPTED_LATER, ticket=ticket, retry_after=5.0),) * len(batch.rows)
    if response.status == 206:
        return (Classification(Verdict.ACCEPTED, detail=response.body.decode()),) * len(batch.rows)
    if response.status == 413:
        return (Classification(Verdict.SPLIT, partner_code="413"),) * len(batch.rows)
    return (classify_by_status(response, batch.now),) * len(batch.rows)


def check(settings: AcmeSettings, now: datetime, access_token: str | None) -> PartnerRequest:
    """Nothing is checked."""
    return PartnerRequest("GET", settings.url)


def goes_on(ticket: str) -> bool:
    """A job named so must not be gone on with."""
    return not ticket.startswith("fragile")


def _action(key: str, batch: BatchRule | None, continue_: Any = None) -> ActionType:
    return ActionType(
        key=key,
        label=key,
        description="Keeps a list.",
        fields=ListFields,
        on=(*MEMBERSHIP_CHANGES, OCCURRED),
        render=render,
        batch=batch,
        continue_=continue_,
        goes_on=goes_on,
        classify=classify,
    )


ACME = ConnectorType(
    key="acme",
    label="Acme",
    api_version="1",
    summary=Summary("A pretended partner."),
    settings=AcmeSettings,
    actions=(
        _action("sync_list", None),
        _action("sync_batch", BatchRule(max_rows=3, max_age_seconds=60)),
        _action("sync_job", BatchRule(max_rows=3, max_age_seconds=60), continue_=render),
    ),
    partner_type=PartnerType(9_000, ("email",)),
    check=check,
)
__all__ = ["ACME", "JOINED", "LEFT"]
