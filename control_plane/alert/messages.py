"""The background task that tells people: each message until it is taken, under the same id, for a day at most."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import or_, select, update

from control_plane.background import in_background
from control_plane.database.engine import Database, DatabaseUnavailable
from control_plane.database.models import Alert, AlertMessage

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
GIVEN_UP_AFTER = timedelta(hours=24)
_LONGEST_PAUSE_SECONDS = 900
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with what is needed to send it."""

    id: str
    alert_id: str
    channel: dict[str, Any]
    secret: str | None
    body: dict[str, Any]
    created_at: datetime
    tries: int


class Post(Protocol):
    """What carries messages."""

    async def send(self, letter: Letter, now: datetime) -> str | None:
        """`None` when it was taken; otherwise a sentence that says why not. Raises nothing for what a network does."""


class AlertMessenger:
    """One process sends a message at a time; one that dies while it sends is followed by another, with the same id."""

    def __init__(
        self,
        database: Database,
        post: Post,
        look_seconds: float = 1.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._post = post
        self._look_seconds = look_seconds
        self._now = now

    def running(self) -> AbstractAsyncContextManager[None]:
        """Send in the background while the block runs."""
        return in_background(self._run, "alert messenger")

    async def _run(self) -> None:
        while True:
            try:
                await self.send_due()
            except DatabaseUnavailable as trouble:
                log.warning("alerts_not_sent", detail=str(trouble))
            await asyncio.sleep(self._look_seconds)

    async def send_due(self) -> None:
        """Try every message that is due, side by side; raises `DatabaseUnavailable`."""
        letters = await self._lease()
        if not letters:
            return
        told = await asyncio.gather(*(self._post.send(letter, self._now()) for letter in letters))
        async with self._database.transaction(write=True) as session:
            for letter, trouble in zip(letters, told, strict=True):
                values = self._after(letter, trouble)
                await session.execute(update(AlertMessage).where(AlertMessage.id == letter.id).values(**values))

    async def _lease(self) -> list[Letter]:
        now = self._now()
        free = or_(AlertMessage.leased_until.is_(None), AlertMessage.leased_until < now)
        due = (
            select(AlertMessage, Alert)
            .join(Alert, Alert.id == AlertMessage.alert_id)
            .where(AlertMessage.due_at <= now, free)
            .order_by(AlertMessage.id)
            .limit(_AT_ONCE)
            .with_for_update(of=AlertMessage)
        )
        async with self._database.transaction(write=False) as session:
            if await session.scalar(select(AlertMessage.id).where(AlertMessage.due_at <= now).limit(1)) is None:
                return []
        async with self._database.transaction(write=True) as session:
            letters = [_letter(message, alert) for message, alert in await session.execute(due)]
            leased = update(AlertMessage).where(AlertMessage.id.in_([letter.id for letter in letters]))
            await session.execute(leased.values(leased_until=now + LEASE))
        return letters

    def _after(self, letter: Letter, trouble: str | None) -> dict[str, Any]:
        now = self._now()
        tried = {"tries": letter.tries + 1, "leased_until": None, "trouble": trouble}
        if trouble is None:
            return {**tried, "sent_at": now, "due_at": None}
        log.warning("alert_not_taken", alert_id=letter.alert_id, message_id=letter.id, detail=trouble)
        pause = timedelta(seconds=min(5 * 2 ** min(letter.tries, 20), _LONGEST_PAUSE_SECONDS))
        given_up = now + pause > letter.created_at + GIVEN_UP_AFTER
        return {**tried, "due_at": None if given_up else now + pause}


def _letter(message: AlertMessage, alert: Alert) -> Letter:
    return Letter(message.id, alert.id, alert.channel, alert.secret, message.body, message.created_at, message.tries)
