"""Reading `connector-config`: bytes to config records, in order; what cannot be read changes nothing."""

from collections.abc import Callable

from confluent_kafka import Message

from connectors.records.codec import UndecodableRecord, decode_config
from connectors.records.config import ConfigRecord
from stream_workers.shell.telemetry import Telemetry

ConfigChange = tuple[int, bytes, ConfigRecord | None]
"""(offset, key, record or `None` for a tombstone)."""


class ConfigReader:
    """Decodes batches of the config topic and hands them on."""

    def __init__(self, apply: Callable[[list[ConfigChange]], None], telemetry: Telemetry) -> None:
        self._apply = apply
        self._telemetry = telemetry

    def take(self, messages: list[Message]) -> None:
        """A batch from the topic; an unreadable record leaves its key as it was."""
        changes: list[ConfigChange] = []
        for message in messages:
            try:
                key, value = message.key() or b"", message.value()
                changes.append((message.offset(), key, decode_config(key, value) if value else None))
            except UndecodableRecord as bad:
                self._telemetry.config_unreadable(message.offset(), bad.detail)
        if changes:
            self._apply(changes)
