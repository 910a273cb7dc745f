"""Reading `connector-config`: bytes to config records, in order; what cannot be read changes nothing."""

from collections.abc import Callable

from aiokafka.structs import ConsumerRecord

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

    def take(self, records: list[ConsumerRecord]) -> None:
        """A batch from the topic; an unreadable record leaves its key as it was."""
        changes: list[ConfigChange] = []
        for record in records:
            try:
                key = record.key or b""
                changes.append((record.offset, key, decode_config(key, record.value) if record.value else None))
            except UndecodableRecord as bad:
                self._telemetry.config_unreadable(record.offset, bad.detail)
        if changes:
            self._apply(changes)
