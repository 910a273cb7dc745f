"""Shows deliveries with their attempts."""

from collections.abc import Sequence

from control_plane.access.work import Work
from control_plane.database.models import KeptAttempt, KeptDelivery
from control_plane.dead_letter import service as dead_letters
from control_plane.delivery import repository
from control_plane.delivery.schemas import AttemptRead, DeliveryDetail, DeliveryRead, Trigger
from control_plane.delivery.selection import DeliveryFilter
from control_plane.errors import NotFound
from control_plane.pagination import Page, Paging

MOST_ATTEMPTS = 500
_DERIVED = ("at", "link", "trigger")


async def list_deliveries(work: Work, wanted: DeliveryFilter, paging: Paging) -> Page[DeliveryRead]:
    """A page, by latest attempt, newest first."""
    rows, cursor = await repository.page(work, wanted, paging)
    return paging.page(await show_all(work, rows), cursor)


async def show_delivery(work: Work, delivery_id: str) -> DeliveryDetail:
    """One, with its attempts, of which viewers see no request and no response; raises `NotFound`."""
    row = await repository.get(work, delivery_id)
    if row is None:
        raise NotFound(
            f"No attempt of the delivery {delivery_id} is kept: failed ones are kept for seven days, accepted ones as "
            "samples."
        )
    (shown,) = await show_all(work, [row])
    redacted = not work.caller.sees_profiles
    attempts = await repository.attempts_of(work, [delivery_id], MOST_ATTEMPTS)
    return DeliveryDetail(
        **shown.model_dump(),
        timeline=[_attempt(each, redacted) for each in attempts],
        dead_letters=await dead_letters.letters_of(work, [delivery_id]),
        redacted=redacted,
    )


async def show_all(work: Work, rows: Sequence[KeptDelivery]) -> list[DeliveryRead]:
    """As they go out."""
    types = await repository.connector_types(work, (row.connector_id for row in rows))
    return [_show(work, row, types.get(row.connector_id, "")) for row in rows]


def _show(work: Work, row: KeptDelivery, type_key: str) -> DeliveryRead:
    type_ = work.types.get(type_key)
    told = {name: getattr(row, name) for name in DeliveryRead.model_fields if name not in _DERIVED}
    link = type_.code_link(row.partner_code) if type_ is not None and row.partner_code else None
    return DeliveryRead(**told, at=row.last_at, link=link, trigger=_trigger(row.run))


def _attempt(row: KeptAttempt, redacted: bool) -> AttemptRead:
    told = {name: getattr(row, name) for name in AttemptRead.model_fields if name != "trigger"}
    if redacted:
        told |= {"request": None, "response": None}
    return AttemptRead(**told, trigger=_trigger(row.run))


def _trigger(run: int) -> Trigger:
    return Trigger.REPLAY if run else Trigger.EVENT
