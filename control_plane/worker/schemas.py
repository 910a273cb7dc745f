"""Workers as the API shows them."""

from datetime import datetime

from pydantic import BaseModel


class ConnectorHealthRead(BaseModel):
    """How a worker sees a connector."""

    breaker: str
    credentials_refused: bool
    in_flight: int
    pending: int
    reason: str | None


class WorkerRead(BaseModel):
    """What a live worker last said of itself."""

    worker_id: str
    at: datetime
    started_at: datetime
    partitions: list[int]
    config_position: int
    in_flight: int
    pending_rows: int
    metrics_url: str | None
    connectors: dict[str, ConnectorHealthRead]
