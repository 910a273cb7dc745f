"""A connector type for tests of the control plane: it has a secret, a host, a target, a required field, and codes."""

from datetime import datetime
from typing import Any, ClassVar

from connectors.kit.declaration import (
    ENTERED,
    EXITED,
    JOINED,
    LEFT,
    OCCURRED,
    ActionFields,
    ActionType,
    Batch,
    ConnectorType,
    PartnerType,
    Secret,
    SettingsModel,
    Summary,
    mapped,
    setting,
)
from connectors.kit.exchange import PartnerRequest


class LedgerSettings(SettingsModel):
    """Where the ledger is, and how to get in."""

    host_fields: ClassVar[tuple[str, ...]] = ("url",)

    url: str = setting("URL", "Where the ledger answers.", pattern="^https://")
    region: str = setting("Region", "Where the account lives.", default="eu")
    api_key: Secret = setting("API key", "Ledger → Keys.", min_length=8)


class ListFields(ActionFields):
    """Which list, and who goes onto it."""

    target_field: ClassVar[str | None] = "list_id"

    list_id: str = setting("List", "The list that is kept in step.")
    email: Any = mapped("E-mail", "Who.", mapping="{{ profile.identifiers.email }}", required=True)
    note: Any = mapped("Note", "A word with each profile.", mapping="hello")


class EntryFields(ActionFields):
    """What is written for an event."""

    entry: Any = mapped("Entry", "What is written.", mapping={"who": "{{ profile.id }}"})


def render(settings: LedgerSettings, fields: ActionFields, batch: Batch) -> PartnerRequest:
    """The control plane renders nothing."""
    return PartnerRequest("POST", settings.url)


def check(settings: LedgerSettings, now: datetime, access_token: str | None) -> PartnerRequest:
    """What a connection test would send."""
    return PartnerRequest("GET", settings.url)


LEDGER = ConnectorType(
    key="ledger",
    label="Ledger",
    api_version="7",
    summary=Summary("A pretended partner with lists and entries.", requirements=("An account.",)),
    settings=LedgerSettings,
    actions=(
        ActionType(
            key="sync_list",
            label="Sync list",
            description="Keeps a list in step.",
            fields=ListFields,
            on=(JOINED, LEFT, ENTERED, EXITED),
            render=render,
        ),
        ActionType(
            key="write_entry",
            label="Write entry",
            description="Writes an entry for each event.",
            fields=EntryFields,
            on=(OCCURRED,),
            render=render,
        ),
    ),
    partner_type=PartnerType(9_001, ("email",)),
    check=check,
    error_documentation="https://ledger.example/errors#{code}",
    codes={"L-7": "The list is full."},
)

ONE_ONLY = ConnectorType(
    key="one_only",
    label="One only",
    api_version="1",
    summary=Summary("A pretended partner that allows one connector."),
    settings=LedgerSettings,
    actions=LEDGER.actions,
    partner_type=LEDGER.partner_type,
    check=check,
    several=False,
)
