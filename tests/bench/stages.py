"""What one webhook delivery costs, stage by stage, in one process without Kafka and without a network.

`python -m tests.bench.stages [deliveries]`. Each figure is the best of some rounds: noise only ever adds. The engine
as a whole is fed by hand, its partner answers at once and its log forgets; what it costs beyond the listed stages is
the price of order, positions, slots and tasks. The sender is measured by `tests.bench.sender`.
"""

import asyncio
import gc
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import structlog
import uvloop
from prometheus_client import CollectorRegistry

from connectors.catalog import load_catalog
from connectors.kit.declaration import Batch, Row
from connectors.kit.exchange import PartnerRequest, PartnerResponse
from connectors.records.codec import SCHEMA_VERSION, decode_event, encode
from connectors.records.config import config_key
from connectors.records.delivery import Outcome, OutcomeClass, Position, SourcePosition
from stream_workers.core.config_view import fold
from stream_workers.core.delivering import RetryPolicy
from stream_workers.core.identity import delivery_id
from stream_workers.core.live_config import LiveConnector, make_live
from stream_workers.engine.attempts import Attempts
from stream_workers.engine.dispatcher import Dispatcher
from stream_workers.engine.endings import Endings
from stream_workers.engine.engine import DeliveryEngine, EnginePolicy, Hands
from stream_workers.engine.intake import Intake
from stream_workers.engine.slots import SlotPolicy
from stream_workers.engine.surroundings import Surroundings
from stream_workers.engine.tokens import Tokens
from stream_workers.http.request_bytes import RequestBytes
from stream_workers.shell.clock import SystemClock
from stream_workers.shell.partition_log import Unit
from stream_workers.shell.partition_reader import RowRecord, Take
from stream_workers.shell.telemetry import Telemetry
from tests.bench.workload import KINDS, TEXT_BODY, WebhookConfig, webhooks
from tests.support.refresh_tokens import RefreshTokensInMemory

ROUNDS = 5
PORT = 1
ANSWER = PartnerResponse(200, {"content-type": "application/json", "content-length": "2"}, b"{}", False, 1)
CHUNK = 500


def live(body: Any = None) -> LiveConnector:
    """The connector of scenario (a), or of (b) with a text body."""
    config = WebhookConfig() if body is None else WebhookConfig(body=body)
    return make_live(config.record(PORT), load_catalog().get("webhook"), lambda *given: given[2])


def best(function: Callable[[bytes], object], values: list[bytes]) -> float:
    """Microseconds per call."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for value in values:
            function(value)
        rounds.append(time.process_time() - began)
    return min(rounds) / len(values) * 1e6


def pieces(values: list[bytes]) -> dict[str, float]:
    """The pure stages, one by one."""
    connector, text, requests = live(), live(TEXT_BODY), RequestBytes()
    action = connector.actions["act_1"]
    event, now = decode_event(values[0]), datetime.now(UTC)
    mapped = action.mapping.render(event, connector.plain_settings)
    row = Row("dlv_0", event.profile_id, event.change, event.occurred_at, event.identifiers, mapped, event.event_id)
    batch = Batch((row,), event.change, now, "dlv_0")
    request = action.type.render(connector.settings, action.fields, batch)
    return {
        "decode the event": best(decode_event, values),
        "delivery id": best(lambda _: delivery_id(event, "act_1", 3, 17), values),
        "fill the mapping": best(lambda _: action.mapping.render(event, connector.plain_settings), values),
        "  (the text template instead)": best(
            lambda _: text.actions["act_1"].mapping.render(event, text.plain_settings),
            values,
        ),
        "make the request": best(
            lambda _: action.type.render(connector.settings, action.fields, batch),
            values,
        ),
        "its bytes": best(lambda _: requests.encode(request), values),
        "encode the outcome": best(lambda _: encode(outcome(event)), values),
    }


def outcome(event: Any) -> Outcome:
    """An outcome as it is written."""
    return Outcome(
        v=SCHEMA_VERSION,
        workspace=event.workspace,
        delivery_id="dlv_0123456789abcdef0123456789abcdef",
        profile_id=event.profile_id,
        connector_id="con_1",
        action_id="act_1",
        config_version=1,
        outcome=OutcomeClass.SENT,
        source=SourcePosition(3, 17),
        at=datetime.fromtimestamp(1_790_000_000, UTC),
        event_id=event.event_id,
        change=event.change,
        http_status=200,
        attempts=1,
        latency_ms=3,
        end_to_end_ms=17,
    )


class ForgetfulLog:
    """Takes everything, keeps nothing."""

    committed = 0

    async def take_over(self, take: Take[RowRecord]) -> None:
        take([])

    async def commit(self, unit: Unit, position: Position) -> None:
        await asyncio.sleep(0)
        del unit
        self.committed = position.next

    async def close(self) -> None: ...


class QuickPartner:
    """Answers in the next turn of the loop."""

    def begin(
        self, request: PartnerRequest, *, still_wanted: Callable[[], bool], tell: Callable[[Any], None], **_: Any
    ) -> Any:
        assert request.body
        assert still_wanted()
        return asyncio.get_running_loop().call_soon(tell, ANSWER)


def engine_alone() -> tuple[DeliveryEngine, ForgetfulLog]:
    """The engine as the worker builds it, with the real webhook and one connector."""
    clock, telemetry, log = SystemClock(), Telemetry(CollectorRegistry(), "bench"), ForgetfulLog()
    endings = Endings(clock, telemetry, "profile-events")
    dispatcher = Dispatcher(clock, endings, SlotPolicy(), lambda: True)
    surroundings = Surroundings(clock, telemetry, RetryPolicy(), lambda: 0.5, lambda: True)
    partner: Any = QuickPartner()
    tokens = Tokens(partner, clock, RefreshTokensInMemory())
    dispatcher.slots.attempt_with(Attempts(dispatcher, endings, partner, tokens, surroundings).begin)
    opened: Any = log

    async def stay(*_: Any) -> None: ...

    hands = Hands(clock, telemetry, lambda _: opened, lambda: True, stay, lambda *_: None, lambda *_: None)
    engine = DeliveryEngine(dispatcher, Intake(dispatcher, endings, clock, telemetry), hands, EnginePolicy())
    changes = [
        (offset, config_key(KINDS[type(record).__name__], record.id), record)
        for offset, record in enumerate(webhooks(PORT, WebhookConfig()).records)
    ]
    engine.apply(fold(engine.dispatcher.view, changes, lambda _: live()))
    return engine, log


async def whole(values: list[bytes]) -> float:
    """Microseconds per delivery of everything but Kafka and the sender."""
    engine, log = engine_alone()
    engine.start()
    engine.own({0})
    records: list[Any] = [
        SimpleNamespace(
            topic="profile-events",
            partition=0,
            offset=offset,
            timestamp=int(time.time() * 1000),
            key=decode_event(value).profile_id.encode(),
            value=value,
        )
        for offset, value in enumerate(values)
    ]
    gc.collect()
    began = time.process_time()
    for start in range(0, len(records), CHUNK):
        while not engine.has_room(0):
            await asyncio.sleep(0.001)
        engine.feed(0, records[start : start + CHUNK])
    while log.committed < len(records):
        await asyncio.sleep(0.001)
    took = time.process_time() - began
    await engine.stop()
    return took / len(values) * 1e6


def main(count: int) -> None:
    """Print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    values = [value for _, value in webhooks(PORT, WebhookConfig()).events(count)]
    for stage, microseconds in pieces(values).items():
        print(f"{stage:32} {microseconds:6.2f} µs")
    rounds = [uvloop.run(whole(values)) for _ in range(ROUNDS)]
    print(f"{'the engine as a whole':32} {min(rounds):6.2f} µs   (rounds: {' '.join(f'{one:.1f}' for one in rounds)})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
