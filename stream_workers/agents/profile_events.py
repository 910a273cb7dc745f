"""The delivery agent: hands chunks of `profile-events` to the engine, and partitions as the group gives and takes."""

from collections.abc import Set
from typing import Any

from stream_workers.engine.engine import DeliveryEngine


def register(app: Any, topic: str, engine: DeliveryEngine) -> None:
    """Declare the agent and follow the group's rebalances."""
    source = app.topic(topic, key_serializer="raw", value_serializer="raw", acks=False)

    async def take_chunks(stream: Any) -> None:
        async for event in stream.noack().events():
            engine.feed(event.message.partition, event.message.value)

    async def assigned(_app: Any, assigned: Set[Any], **_: Any) -> None:
        engine.own({tp.partition for tp in assigned if tp.topic == topic})

    async def revoked(_app: Any, revoked: Set[Any], **_: Any) -> None:
        await engine.release({tp.partition for tp in revoked if tp.topic == topic})

    app.agent(source, name="profile-events")(take_chunks)
    app.on_partitions_assigned.connect(assigned, weak=False)
    app.on_partitions_revoked.connect(revoked, weak=False)
