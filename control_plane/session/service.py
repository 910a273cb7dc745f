"""The rules of signing in: by key, seldom wrong, for some hours, and never longer than the key is valid."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from control_plane.access.audit import record_change
from control_plane.access.caller import authenticate
from control_plane.access.sessions import digest_of, make_token
from control_plane.access.work import Work
from control_plane.database.models import Session
from control_plane.errors import Unauthorized
from control_plane.parts import Parts
from control_plane.session import repository
from control_plane.session.schemas import SessionRead


@dataclass(frozen=True, slots=True)
class Begun:
    """A new session, with the token that goes into the cookie and nowhere else."""

    shown: SessionRead
    token: str = field(repr=False)


async def begin(parts: Parts, api_key: str, address: str) -> Begun:
    """Sign in; raises `Unauthorized`, and `TooManyAttempts` for an address that was wrong too often."""
    parts.sign_ins.demand_calm(address)
    async with parts.database.transaction(write=True) as session:
        try:
            caller = await authenticate(session, api_key)
        except Unauthorized:
            parts.sign_ins.failed(address)
            raise
        work, token = Work(caller, session, parts), make_token()
        expires_at = _expiry(work, caller.expires_at)
        row = Session(id=digest_of(token), key_id=caller.key_id, created_at=work.now, expires_at=expires_at)
        await repository.add(session, row)
        record_change(work, "signed_in", "api_key", caller.key_id)
        shown = SessionRead(
            user_id=caller.user_id,
            workspace=caller.workspace,
            role=caller.role,
            scopes=None if caller.scopes is None else sorted(caller.scopes),
            expires_at=expires_at,
        )
    parts.sign_ins.succeeded(address)
    return Begun(shown, token)


async def end(work: Work, token: str | None) -> None:
    """Sign out; the token is worth nothing any more."""
    if token is not None:
        await repository.remove(work.session, digest_of(token))
        record_change(work, "signed_out", "api_key", work.caller.key_id)


def _expiry(work: Work, key_expires_at: datetime | None) -> datetime:
    latest = work.now + timedelta(hours=work.parts.settings.access.session_hours)
    return latest if key_expires_at is None else min(latest, key_expires_at)
