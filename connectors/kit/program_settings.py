"""The settings that every program shares, read from `PATCHBAY_…` and one file; all errors are reported together."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from connectors.kit.errors import InvalidSettings


class KafkaSettings(BaseModel):
    """Where Kafka is, and how to sign in."""

    bootstrap_servers: str = Field(default="127.0.0.1:9092", description="Comma-separated host:port of the brokers.")
    topic_prefix: str = Field(default="", description="Put before every topic, group and transactional id.")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_ca_file: Path | None = Field(default=None, description="Certificates that brokers are checked against.")

    def librdkafka(self) -> dict[str, Any]:
        """The same in the words of librdkafka (confluent-kafka)."""
        options: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security_protocol,
            "sasl.mechanism": self.sasl_mechanism,
            "sasl.username": self.sasl_username,
            "sasl.password": self.sasl_password and self.sasl_password.get_secret_value(),
            "ssl.ca.location": self.ssl_ca_file and str(self.ssl_ca_file),
        }
        return {name: value for name, value in options.items() if value is not None}


class SecretsSettings(BaseModel):
    """The key ring that secrets are sealed with."""

    keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="Fernet keys, newest first, comma-separated. Make one with `patchbay secrets new-key`."
    )

    @field_validator("keys", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        """A comma-separated text is a list."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    def plain(self) -> list[str]:
        """The keys in clear, for the sealer only."""
        return [key.get_secret_value() for key in self.keys]


class EgressSettings(BaseModel):
    """Which addresses that are not public partners may be called nevertheless."""

    allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Networks in CIDR form, comma-separated, such as 10.1.0.0/16 or 127.0.0.1/32."
    )
    ca_file: Path | None = Field(
        default=None, description="Certificate authorities that partners are checked against beside the system's."
    )

    @field_validator("allow", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        """A comma-separated text is a list."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allow")
    @classmethod
    def are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Each must be a network in CIDR form."""
        for network in value:
            ip_network(network)
        return value

    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The allowed networks."""
        return tuple(ip_network(network) for network in self.allow)


class ProgramSettings(BaseSettings):
    """What every program needs; each program adds its own sections.

    Sources, first wins: arguments, the environment (`PATCHBAY_SECTION__KEY`), the YAML file that
    `PATCHBAY_SETTINGS_FILE` names, a directory of secret files (`PATCHBAY_SECRETS_DIR`), the defaults.
    """

    model_config = SettingsConfigDict(
        env_prefix="PATCHBAY_",
        env_nested_delimiter="__",
        extra="ignore",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    kafka: KafkaSettings = KafkaSettings()
    secrets: SecretsSettings = SecretsSettings()
    egress: EgressSettings = EgressSettings()
    settings_file: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of the sources, with the YAML file between environment and secret files."""
        return init_settings, env_settings, _SettingsFile(settings_cls, env_settings), file_secret_settings


class _SettingsFile(PydanticBaseSettingsSource):
    def __init__(self, settings_cls: type[BaseSettings], environment: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._environment = environment

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # pydantic asks for it
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        path = self._environment().get("settings_file")
        if not path:
            return {}
        try:
            content = yaml.safe_load(Path(path).read_text()) or {}
        except (OSError, yaml.YAMLError) as error:
            raise InvalidSettings(f"PATCHBAY_SETTINGS_FILE: cannot read {path}: {error}") from error
        if not isinstance(content, dict):
            raise InvalidSettings(f"PATCHBAY_SETTINGS_FILE: {path} must hold sections, such as `kafka:`.")
        return content


_PASSWORD_IN_URL = re.compile(r"(://[^:/@\s]+:)[^@/\s]+@")
Settings = TypeVar("Settings", bound=ProgramSettings)


def load_settings(type_: type[Settings], **overrides: Any) -> Settings:
    """The settings of a program; raises one `InvalidSettings` that lists every error with the variable to change."""
    try:
        return type_(**overrides)
    except ValidationError as error:
        lines = (
            f"  PATCHBAY_{'__'.join(str(part).upper() for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise InvalidSettings("These settings do not hold:\n" + "\n".join(lines)) from None


def masked(settings: ProgramSettings) -> str:
    """The settings as YAML, with every secret masked, for `--print-config`."""
    shown = yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False)
    return _PASSWORD_IN_URL.sub(r"\1**********@", shown)
