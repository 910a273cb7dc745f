"""Audit entries as the API shows them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class AuditRead(BaseModel):
    """Who changed what, and how; secrets are masked."""

    id: str
    at: datetime
    user_id: str
    key_id: str
    change: str
    kind: str
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
