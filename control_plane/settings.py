"""All settings of the control plane; nowhere else."""

from pathlib import Path

from pydantic import BaseModel, Field, SecretStr, field_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from connectors.kit.program_settings import ProgramSettings

DEFAULT_DATABASE = f"sqlite:///{Path('.patchbay/patchbay.sqlite')}"


class DatabaseSettings(BaseModel):
    """Where the configuration and the statistics are kept."""

    url: str = Field(
        default=DEFAULT_DATABASE,
        description="sqlite:///path/to/file or postgresql://user:password@host/name.",
        repr=False,
    )
    pool_size: int = Field(default=10, ge=1, le=200, description="Connections kept open to PostgreSQL.")
    connect_seconds: float = Field(default=1.5, gt=0, le=60, description="After this long the API answers 503.")
    statement_seconds: float = Field(default=20.0, gt=0, le=600, description="A statement that takes longer is ended.")

    @field_validator("url")
    @classmethod
    def is_known(cls, value: str) -> str:
        """SQLite and PostgreSQL are the two that are tested."""
        try:
            backend = make_url(value).get_backend_name()
        except ArgumentError as error:
            raise ValueError("is not a database URL, such as sqlite:///patchbay.sqlite") from error
        if backend not in ("sqlite", "postgresql"):
            raise ValueError("must begin with sqlite:// or postgresql://")
        return value


class HttpSettings(BaseModel):
    """Where the API listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class AccessSettings(BaseModel):
    """Who may come in first."""

    first_admin_key: SecretStr | None = Field(
        default=None, description="The first admin's API key, `pbk_…`; without it one is made and shown once."
    )
    trials_per_minute: int = Field(
        default=30, ge=1, le=10_000, description="Connection tests, test sends and test alerts that a user may start."
    )
    session_hours: int = Field(default=12, ge=1, le=720, description="After this long the console asks to sign in.")
    secure_cookies: bool = Field(
        default=False, description="Mark cookies Secure also for plain HTTP: for a proxy that does not say it is HTTPS."
    )


class RelaySettings(BaseModel):
    """How the outbox reaches Kafka."""

    poll_seconds: float = Field(default=1.0, gt=0, description="How often the outbox is looked at without a call.")
    standby_seconds: float = Field(
        default=5.0, gt=0, description="A relay that another one has replaced takes over when a row waits this long."
    )
    retry_seconds: float = Field(default=15.0, gt=0, description="The longest pause between two attempts on Kafka.")


class MailSettings(BaseModel):
    """The mail server that carries alerts; without a host there is none."""

    host: str = Field(default="", description="Without one, alerts go to webhooks only.")
    port: int = Field(default=587, ge=1, le=65535)
    starttls: bool = Field(default=True, description="Demand TLS before anything is said.")
    username: str | None = None
    password: SecretStr | None = None
    sender: str = Field(default="patchbay@localhost", description="The address that messages come from.")
    seconds: float = Field(default=10.0, gt=0, le=60, description="How long each step of the exchange may take.")


class DemoSettings(BaseModel):
    """What newcomers can try things with."""

    sink_url: str | None = Field(
        default=None, description="A partner that accepts everything; the console offers a demo connector to it."
    )


class ControlPlaneSettings(ProgramSettings):
    """What the control plane needs beside the settings that every program shares."""

    database: DatabaseSettings = DatabaseSettings()
    http: HttpSettings = HttpSettings()
    access: AccessSettings = AccessSettings()
    relay: RelaySettings = RelaySettings()
    mail: MailSettings = MailSettings()
    demo: DemoSettings = DemoSettings()
