"""What others would write: the same rendering and one outcome record per event, without order, safe commits or fences.

`python -m tests.bench.baselines plain|faust`; KAFKA, PREFIX, GROUP and PORT say where. The outcome goes through
librdkafka's idempotent producer, the quickest there is for Python, and both run on uvloop: strong baselines.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from typing import Any

import aiohttp
import faust
import uvloop
from aiokafka import AIOKafkaConsumer
from confluent_kafka import Producer

from connectors.catalog import load_catalog
from connectors.kit.declaration import Batch, Row
from connectors.records.codec import SCHEMA_VERSION, decode_event, encode
from connectors.records.delivery import Outcome, OutcomeClass, SourcePosition
from stream_workers.core.identity import delivery_id
from stream_workers.core.live_config import make_live
from tests.bench.workload import WebhookConfig

IN_FLIGHT = 256
POLLED_EVERY = 64


class Delivery:
    """Event in, request out, outcome down: what every contestant must do."""

    def __init__(self) -> None:
        self._connector = make_live(
            WebhookConfig().record(int(os.environ["PORT"])),
            load_catalog().get("webhook"),
            lambda _connector, _field, sealed: sealed,
        )
        self._action = self._connector.actions["act_1"]
        self._producer = Producer(
            {
                "bootstrap.servers": os.environ["KAFKA"],
                "enable.idempotence": True,
                "linger.ms": 20,
                "compression.type": "lz4",
            }
        )
        self._topic = os.environ["PREFIX"] + "outcomes"
        self._done = 0
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=3)
        )

    async def begin(self, record: Any) -> None:
        """Deliver in a task of its own, as soon as one of the slots is free."""
        await self._slots.acquire()
        task = asyncio.create_task(self._deliver(record))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, record: Any) -> None:
        try:
            event, now = decode_event(record.value), datetime.now(UTC)
            identity = delivery_id(event, "act_1", record.partition, record.offset)
            mapped = self._action.mapping.render(event, self._connector.plain_settings)
            row = Row(identity, event.profile_id, event.change, event.occurred_at, event.identifiers, mapped)
            batch = Batch((row,), event.change, now, identity)
            request = self._action.type.render(self._connector.settings, self._action.fields, batch)
            async with self._session.request(
                request.method, request.url, data=request.body, headers=request.headers, allow_redirects=False
            ) as answer:
                await answer.read()
                status = answer.status
            self._write(record, event, identity, status)
        finally:
            self._slots.release()

    def _write(self, record: Any, event: Any, identity: str, status: int) -> None:
        outcome = Outcome(
            v=SCHEMA_VERSION,
            workspace=event.workspace,
            delivery_id=identity,
            profile_id=event.profile_id,
            connector_id="con_1",
            action_id="act_1",
            config_version=1,
            outcome=OutcomeClass.REMOVED if event.change.removes else OutcomeClass.SENT,
            source=SourcePosition(record.partition, record.offset),
            at=datetime.now(UTC),
            event_id=event.event_id,
            change=event.change,
            http_status=status,
            attempts=1,
        )
        self._producer.produce(self._topic, key=record.key, value=encode(outcome), partition=record.partition)
        self._done += 1
        if self._done % POLLED_EVERY == 0:
            self._producer.poll(0)

    async def keep_polling(self) -> None:
        """Delivery reports are taken also when nothing new comes."""
        while True:
            await asyncio.sleep(0.1)
            self._producer.poll(0)


async def plain() -> None:
    """A loop over aiokafka."""
    consumer = AIOKafkaConsumer(
        os.environ["PREFIX"] + "profile-events",
        bootstrap_servers=os.environ["KAFKA"],
        group_id=os.environ["GROUP"],
        auto_offset_reset="earliest",
        max_poll_records=500,
    )
    delivery = Delivery()
    polling = asyncio.create_task(delivery.keep_polling())
    await consumer.start()
    while not polling.done():
        for records in (await consumer.getmany(timeout_ms=500)).values():
            for record in records:
                await delivery.begin(record)


async def faust_agent() -> None:
    """A stock agent: the message of each event has the record's fields."""
    app = faust.App(
        os.environ["GROUP"],
        broker=f"kafka://{os.environ['KAFKA']}",
        store="memory://",
        datadir=os.environ["FOLDER"],
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        broker_max_poll_records=500,
        consumer_auto_offset_reset="earliest",
        autodiscover=False,
    )
    source = app.topic(os.environ["PREFIX"] + "profile-events", key_serializer="raw", value_serializer="raw")
    delivery = Delivery()
    polling = asyncio.create_task(delivery.keep_polling())

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            await delivery.begin(event.message)

    app.agent(source, name="bench")(agent)
    await app.start()
    await polling


if __name__ == "__main__":
    uvloop.run({"plain": plain, "faust": faust_agent}[sys.argv[1]]())
