"""What a demo connector needs, as it goes out."""

from pydantic import BaseModel, Field


class DemoSinkRead(BaseModel):
    """A partner that accepts everything, for a first connector."""

    url: str | None = Field(description="Null where the operator has named none.")
