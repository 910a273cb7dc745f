"""An owned partition: what is taken and finished, what the next transaction writes, and the loop that commits it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from connectors.records.codec import SCHEMA_VERSION, encode
from connectors.records.delivery import Outcome, PendingRow, Position, RowState
from stream_workers.core.horizon import Horizon
from stream_workers.core.position import FinishedOffsets
from stream_workers.engine.delivery import Delivery, Taken
from stream_workers.engine.scratch import MOVES, Scratch
from stream_workers.shell.partition_log import PartitionLog, Unit
from stream_workers.shell.partition_reader import ReadFailed, RowRecord, Take
from stream_workers.shell.partition_transaction import CommitAborted, CommitUnknown, Fenced

if TYPE_CHECKING:
    from stream_workers.shell.telemetry import Telemetry

_ABORTED_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Kept:
    """What a worker remembers of a partition that was taken from it, in case nobody else has it meanwhile."""

    position: Position
    horizon: Horizon
    rows: dict[bytes, Delivery]
    parked: dict[bytes, Delivery]
    scratch: Scratch


class OwnedPartition:
    """Everything the worker holds of one partition of `profile-events` while it owns it."""

    def __init__(
        self,
        number: int,
        log: PartitionLog,
        telemetry: Telemetry,
        commit_interval: float,
        holds: Callable[[], bool],
        scratch: Scratch,
    ) -> None:
        self.number = number
        self.alive = True
        """Attempts may start for it."""
        self.closed = False
        """Nothing may be written for it any more."""
        self.position = FinishedOffsets()
        self.horizon = Horizon()
        self.config_position = -1
        self.open: dict[int, list[Delivery]] = {}
        """The deliveries that hold the position back, by source offset."""
        self.rows: dict[bytes, Delivery] = {}
        """Which delivery owns the row of a key on the `pending` topic."""
        self.parked: dict[bytes, Delivery] = {}
        self.scratch = scratch
        self.committed = 0
        self.commands_next = 0
        self._log = log
        self._telemetry = telemetry
        self._interval = commit_interval
        self._holds = holds
        self._recorded: Position | None = None
        """The position that was committed last."""
        self._stopping = False
        self._unit = Unit()
        self._sequence = 0
        self._dirty = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # --- what happens to records and deliveries (event loop, never awaits) ---

    def take(self, taken: Taken, deliveries: list[Delivery]) -> None:
        """A record has led to these deliveries; it is finished when each has ended or is durably pending."""
        if deliveries:
            taken.open = len(deliveries)
            self.open[taken.offset] = deliveries
        else:
            self.finish(taken.offset)

    def finish(self, offset: int) -> None:
        """Nothing of the record is open any more."""
        self.position.finish(offset)
        self._dirty.set()

    def release(self, delivery: Delivery) -> None:
        """The position no longer waits for this delivery."""
        if delivery.durable:
            return
        delivery.durable = True
        delivery.connector.volatile -= 1
        taken = delivery.taken
        taken.open -= 1
        if taken.open == 0:
            self.open.pop(taken.offset, None)
            self.finish(taken.offset)
        else:
            self.position.end(taken.offset, delivery.action_id)

    def put_row(self, delivery: Delivery, state: RowState = RowState.WAITING, reason: str | None = None) -> None:
        """Write, or write again, the delivery's pending row."""
        key = delivery.key_on_topic()
        taken = delivery.taken
        row = PendingRow(
            v=SCHEMA_VERSION,
            delivery_id=delivery.delivery_id,
            connector_id=delivery.connector.id,
            action_id=delivery.action_id,
            version=taken.version,
            appended_at=taken.appended_at,
            offset=taken.offset,
            event=msgspec.Raw(taken.value),
            activation=delivery.activation,
            config_position=self.config_position,
            state=state,
            first_at=delivery.first_at,
            due_at=delivery.due_at,
            attempts=delivery.attempts,
            run=delivery.run,
            ticket=delivery.ticket,
            batch=delivery.batch,
            reason=reason,
        )
        self._unit.rows[key] = encode(row)
        if state is RowState.WAITING:
            delivery.has_row = True
            self.rows[key] = delivery
        self.release(delivery)
        self._dirty.set()

    def drop_row(self, delivery: Delivery) -> None:
        """Delete the delivery's row, unless a newer delivery's row stands under its key by now."""
        if not delivery.has_row:
            return
        key = delivery.key_on_topic()
        if self.rows.get(key) is delivery:
            del self.rows[key]
            self._unit.rows[key] = None
            self._dirty.set()
        delivery.has_row = False

    def leave_job(self, delivery: Delivery) -> None:
        """The delivery begins anew: its row stands again under its own key, unless that of a newer change does."""
        if delivery.ticket is not None:
            self.drop_row(delivery)
            delivery.ticket = None
            if not delivery.outdated:
                self.put_row(delivery)
        delivery.batch = None

    def park(self, delivery: Delivery, reason: str | None) -> None:
        """The delivery ended in error; its row stays, so that it can be replayed until something newer clears it."""
        self.drop_row(delivery)
        delivery.ticket = None
        self.put_row(delivery, RowState.PARKED, reason)
        self.parked[delivery.key()] = delivery

    def unpark(self, key: bytes) -> Delivery | None:
        """Something newer, or a replay, takes the place of a parked delivery."""
        delivery = self.parked.pop(key, None)
        if delivery is not None:
            self._unit.rows[key] = None
            self._dirty.set()
        return delivery

    def rest(self, taken: Taken) -> None:
        """The record of a row will not be looked at for a while."""
        self.scratch.rest(taken, len(self.rows) + len(self.parked))
        self.tidy(MOVES)

    def tidy(self, moves: int) -> None:
        """Give back the scratch space of rows that are no more."""
        self.scratch.tidy(len(self.rows) + len(self.parked), self._living, moves)

    def _living(self) -> Iterator[Taken]:
        for delivery in chain(self.rows.values(), self.parked.values()):
            yield delivery.taken

    def write_outcome(self, key: bytes, outcome: Outcome) -> None:
        """One terminal end; it is committed together with the position."""
        self._unit.outcomes.append((key, encode(outcome)))
        self._dirty.set()

    def write_attempt(self, key: bytes, value: bytes) -> None:
        """A sample for the explorer."""
        self._unit.attempts.append((key, value))
        self._dirty.set()

    def write_dead_letter(self, key: bytes | None, value: bytes) -> None:
        """A record or a delivery that could not be handled."""
        self._unit.dead_letters.append((key, value))
        self._dirty.set()

    def noted_command(self, offset: int) -> None:
        """A command is carried out in the transaction that follows."""
        self.commands_next = offset + 1
        self._dirty.set()

    # --- takeover, commits, release ---

    async def take_over(self, take: Take[RowRecord]) -> None:
        """Fence the previous owner, restore the position, and read the pending rows. Raises what the log raises."""
        position = await self._log.take_over(take)
        if position is not None:
            self._restore(position)
            self._recorded = position

    async def resume(self, kept: Kept) -> bool:
        """Fence everybody else and go on as if the partition had never been away; false when somebody has written."""
        newest = await self._log.newest_position()
        if newest is None or newest.sequence != kept.position.sequence:
            return False
        self._recorded, self.horizon, self.scratch = kept.position, kept.horizon, kept.scratch
        self._restore(kept.position)
        return True

    def keep(self) -> Kept | None:
        """What to remember when the partition was given up with everything committed; call it after `stop`."""
        ended = self._task is not None and self._task.done() and not self._task.cancelled()
        if not ended or self._recorded is None or self._recorded.sequence != self._sequence or not self._unit.is_empty:
            return None
        return Kept(self._recorded, self.horizon, self.rows, self.parked, self.scratch)

    def let_go(self) -> None:
        """It is ours no more, and what is worth keeping is kept: deliveries may refer to it, but it not to them.

        Otherwise only Python's collector of cycles would find it, which comes by very seldom.
        """
        self.rows, self.parked, self.open = {}, {}, {}

    def _restore(self, position: Position) -> None:
        self.position = FinishedOffsets.restore(position)
        self._sequence = position.sequence
        self.commands_next = position.commands_next

    @property
    def is_ours(self) -> bool:
        """True when it has been taken over, and its position is known."""
        return self._task is not None

    @property
    def log(self) -> PartitionLog:
        """The durable side."""
        return self._log

    def start_commits(self, lost: Callable[[OwnedPartition], Awaitable[None]]) -> None:
        """Begin to commit; `lost` is called when the partition turns out to be another worker's."""
        self._task = asyncio.get_running_loop().create_task(self._commit_until_lost(lost))

    async def stop(self, seconds: float) -> None:
        """Commit what has happened, within this time, and end. Nothing may be written afterwards."""
        self.alive = False
        self._stopping = True
        self._dirty.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)
            self._task.cancel()
        self.closed = True
        await self._log.close()

    async def _commit_until_lost(self, lost: Callable[[OwnedPartition], Awaitable[None]]) -> None:
        try:
            while not self._stopping or self._dirty.is_set():
                await self._dirty.wait()
                if not self._stopping:
                    await asyncio.sleep(self._interval)
                self._dirty.clear()
                if not await self._commit():
                    return
        except Fenced as error:
            self.alive = False
            self._telemetry.partition_lost(self.number, str(error))
            await lost(self)
        except Exception as error:  # noqa: BLE001  # the edge: deliveries would go on, and none be recorded any more
            self.alive = False
            self._telemetry.internal_error("commit", error)
            await lost(self)

    async def _commit(self) -> bool:
        """False when it will never be known here whether it was committed: the next owner sees it."""
        unit, self._unit = self._unit, Unit()
        self._sequence += 1
        position = self.position.record(self.config_position, self._sequence, self.commands_next)
        try:
            await self._log.commit(unit, position)
        except CommitAborted as error:
            self._again(unit)
            self._telemetry.commit_failed(self.number, str(error))
            await asyncio.sleep(_ABORTED_PAUSE_SECONDS)
            return True
        except CommitUnknown as error:
            self._telemetry.commit_failed(self.number, str(error))
        else:
            self._has_committed(unit, position)
            return True
        return await self._find_out(unit, position)  # not above: the error holds the connections that this replaces

    def _has_committed(self, unit: Unit, position: Position) -> None:
        self.committed, self._recorded = position.next, position
        self._telemetry.committed(self.number, len(unit.outcomes), position.next)

    async def _find_out(self, unit: Unit, position: Position) -> bool:
        """A commit whose end is unknown: the position on the topic tells whether it was committed."""
        while self.alive:
            if not self._holds():
                await asyncio.sleep(_ABORTED_PAUSE_SECONDS)
                continue
            try:
                newest = await self._log.newest_position()
            except (CommitAborted, ReadFailed) as error:
                self._telemetry.commit_failed(self.number, str(error))
                await asyncio.sleep(_ABORTED_PAUSE_SECONDS)
                continue
            committed = newest.sequence if newest is not None else 0
            if committed > position.sequence:
                raise Fenced("another worker has committed to the partition")
            if committed < position.sequence:
                self._again(unit)
            else:
                self._has_committed(unit, position)
            return True
        return False

    def _again(self, unit: Unit) -> None:
        self._unit = unit.before(self._unit)
        self._dirty.set()
