"""The tables, by what they are for; importing this package knows them all."""

from control_plane.database.columns import Base
from control_plane.database.models.access import (
    ApiKey,
    AuditEntry,
    Favourite,
    IdempotencyKey,
    Session,
    User,
    Workspace,
)
from control_plane.database.models.alert import Alert, AlertMessage, AlertState
from control_plane.database.models.configuration import Action, Audience, Connector, EventFeed, Journey
from control_plane.database.models.custom_type import CustomType
from control_plane.database.models.following import FollowedPosition, KeptAttempt, KeptDeadLetter, KeptDelivery
from control_plane.database.models.job import Job, JobCommand
from control_plane.database.models.publication import ConfigKey, OutboxRow, Use, Version

__all__ = [
    "Action",
    "Alert",
    "AlertMessage",
    "AlertState",
    "ApiKey",
    "Audience",
    "AuditEntry",
    "Base",
    "ConfigKey",
    "Connector",
    "CustomType",
    "EventFeed",
    "Favourite",
    "FollowedPosition",
    "IdempotencyKey",
    "Job",
    "JobCommand",
    "Journey",
    "KeptAttempt",
    "KeptDeadLetter",
    "KeptDelivery",
    "OutboxRow",
    "Session",
    "Use",
    "User",
    "Version",
    "Workspace",
]
