"""Finding connectors and actions of the caller's workspace; what is not there, or another's, is `NotFound`."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from connectors.kit.declaration import ActionType, ConnectorType
from control_plane.access.work import Work
from control_plane.database.locking import locked
from control_plane.database.models import Action, Connector
from control_plane.errors import Conflict, NotFound


async def find_connector(work: Work, connector_id: str, *, lock: bool = False) -> Connector:
    """The connector; with `lock`, nobody else changes it before this transaction ends."""
    statement = select(Connector).where(Connector.id == connector_id, Connector.workspace == work.workspace)
    row = await work.session.scalar(locked(statement) if lock else statement)
    if row is None:
        raise NotFound(f"There is no connector {connector_id}.")
    return row


async def find_action(work: Work, action_id: str, *, lock: bool = False) -> Action:
    """The action, unless it has been removed."""
    statement = select(Action).where(
        Action.id == action_id, Action.workspace == work.workspace, Action.removed.is_(False)
    )
    row = await work.session.scalar(locked(statement) if lock else statement)
    if row is None:
        raise NotFound(f"There is no action {action_id}.")
    return row


async def actions_of(work: Work, connector_ids: Iterable[str], *, lock: bool = False) -> Sequence[Action]:
    """Every action of these connectors, the removed ones too, oldest first.

    With `lock`, nobody changes them or attaches one before this transaction ends.
    """
    statement = select(Action).where(Action.connector_id.in_(list(connector_ids))).order_by(Action.id)
    return (await work.session.scalars(locked(statement) if lock else statement)).all()


async def actions_by_id(work: Work, action_ids: Iterable[str], *, lock: bool = False) -> dict[str, Action]:
    """The actions that exist among these; with `lock`, none of them is removed before this transaction ends."""
    statement = select(Action).where(
        Action.id.in_(sorted(set(action_ids))), Action.workspace == work.workspace, Action.removed.is_(False)
    )
    statement = statement.order_by(Action.id)
    rows = await work.session.scalars(locked(statement, read=True) if lock else statement)
    return {row.id: row for row in rows}


def type_of(work: Work, key: str) -> ConnectorType:
    """The connector type of a stored connector; raises `Conflict` when this installation no longer has it."""
    type_ = work.types.get(key)
    if type_ is None:
        raise Conflict(f"This installation does not know the connector type {key}.", code="unknown_connector_type")
    return type_


def action_type_of(work: Work, connector_type: str, key: str) -> ActionType:
    """The action type of a stored action; raises `Conflict` when its connector type no longer has it."""
    action_type = type_of(work, connector_type).action(key)
    if action_type is None:
        raise Conflict(f"The connector type {connector_type} has no action type {key}.", code="unknown_action_type")
    return action_type
