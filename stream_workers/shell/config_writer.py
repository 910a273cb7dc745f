"""The few records that workers themselves write to `connector-config`: credentials that partners have replaced."""

import asyncio
from typing import Any

from confluent_kafka import KafkaException, Producer

from connectors.records.codec import encode
from connectors.records.config import ConfigRecord

_WRITE_SECONDS = 5.0


class ConfigWriter:
    """Plain writes beside the relay's transactions: the keys are the workers' own, nobody else writes them."""

    def __init__(self, options: dict[str, Any], topic: str) -> None:
        self._topic = topic
        self._producer = Producer(
            {**options, "acks": "all", "linger.ms": 0, "message.timeout.ms": int(_WRITE_SECONDS * 1000), "log_level": 0}
        )

    async def write(self, key: bytes, record: ConfigRecord | None) -> bool:
        """True when Kafka has the record; `None` deletes the key."""
        return await asyncio.get_running_loop().run_in_executor(None, self._write, key, record)

    def post(self, key: bytes, record: ConfigRecord | None) -> None:
        """The same for what may be lost."""
        self._produce(key, record, [])

    def _write(self, key: bytes, record: ConfigRecord | None) -> bool:
        told: list[bool] = []
        self._produce(key, record, told)
        self._producer.flush(_WRITE_SECONDS)
        return told == [True]

    def _produce(self, key: bytes, record: ConfigRecord | None, told: list[bool]) -> None:
        def acknowledged(error: object, _message: object) -> None:
            told.append(error is None)

        try:
            value = None if record is None else encode(record)
            self._producer.produce(self._topic, value, key, partition=0, on_delivery=acknowledged)
            self._producer.poll(0)
        except (BufferError, KafkaException):
            told.append(False)
