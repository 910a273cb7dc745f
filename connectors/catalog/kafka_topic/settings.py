"""What a connector to a Kafka cluster asks for."""

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import field_validator, model_validator

from connectors.kit.declaration import ActionFields, Secret, SettingsModel, mapped, setting
from connectors.kit.errors import InvalidSettings
from connectors.kit.kafka_address import TOPIC, server_text, split_servers


class Mechanism(StrEnum):
    """How the cluster knows who writes."""

    NONE = "none"
    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


class KafkaTopicSettings(SettingsModel):
    """A Kafka cluster, and who writes to it."""

    host_fields: ClassVar[tuple[str, ...]] = ("bootstrap_servers",)

    bootstrap_servers: str = setting(
        "Brokers",
        "Two or three brokers as host:port, with commas between them; the others are found through these.",
        example="kafka-1.example.org:9092,kafka-2.example.org:9092",
    )
    tls: bool = setting("TLS", "Whether the brokers are spoken to encrypted.", default=True)
    mechanism: Mechanism = setting(
        "Authentication", "The SASL mechanism with which the user signs in.", default=Mechanism.NONE
    )
    username: str | None = setting(
        "User name", "Needed with a SASL mechanism; the user may write to the topics.", default=None
    )
    password: Secret | None = setting("Password", "Needed with a SASL mechanism.", default=None)

    @field_validator("bootstrap_servers")
    @classmethod
    def servers_are_addresses(cls, text: str) -> str:
        """Brokers that can be called, written in one way."""
        try:
            return ",".join(map(server_text, split_servers(text)))
        except InvalidSettings as error:
            raise ValueError(error.detail) from error

    @field_validator("username", "password")
    @classmethod
    def is_one_line(cls, value: Any) -> Any:
        """A user name or password is one line of text."""
        text = value.get_secret_value() if isinstance(value, Secret) else value
        if text is not None and not text.isprintable():
            raise ValueError("This holds a line break or a control character.")
        return value

    @model_validator(mode="after")
    def authentication_is_whole(self) -> "KafkaTopicSettings":
        """A mechanism has its user and password."""
        if self.mechanism is not Mechanism.NONE and not (self.username and self.password):
            raise ValueError("User name and password are needed for this authentication.")
        return self


class Removal(StrEnum):
    """What stands on the topic for a profile that left or exited."""

    MESSAGE = "message"
    TOMBSTONE = "tombstone"


DEFAULT_VALUE: dict[str, Any] = {
    "profile_id": "{{ profile.id }}",
    "change": "{{ event.change }}",
    "occurred_at": "{{ event.occurred_at }}",
    "source": "{{ source | default: nil }}",
    "name": "{{ event.name | default: nil }}",
    "identifiers": "{{ profile.identifiers }}",
    "attributes": "{{ profile.attributes }}",
    "properties": "{{ event.properties | default: nil }}",
}


class PublishEventFields(ActionFields):
    """The topic, and what stands on it."""

    target_field: ClassVar[str | None] = "topic"

    topic: str = setting(
        "Topic", "It exists already; Patchbay creates none.", example="crm.memberships", pattern=rf"^{TOPIC}$"
    )
    removal: Removal = setting(
        "Removals",
        "What is written when a profile leaves or exits: a message like any other, or a tombstone (no value), which"
        " takes the profile off a compacted topic.",
        default=Removal.MESSAGE,
    )
    value: Any = mapped("Value", "The message, as JSON.", mapping=DEFAULT_VALUE)
