"""The tables, by what they are for; importing this package knows them all."""

from control_plane.database.columns import Base
from control_plane.database.models.access import ApiKey, AuditEntry, IdempotencyKey, User, Workspace
from control_plane.database.models.configuration import Action, Audience, Connector, EventFeed, Journey
from control_plane.database.models.publication import ConfigKey, OutboxRow, Use, Version

__all__ = [
    "Action",
    "ApiKey",
    "Audience",
    "AuditEntry",
    "Base",
    "ConfigKey",
    "Connector",
    "EventFeed",
    "IdempotencyKey",
    "Journey",
    "OutboxRow",
    "Use",
    "User",
    "Version",
    "Workspace",
]
