"""Work that takes its time outside the database holds no transaction meanwhile."""

from control_plane.access.work import Work


async def let_go(work: Work) -> None:
    """Store what was done so far and give the connection back; the next statement begins a new transaction.

    Called before a partner or Kafka is asked: otherwise one slow partner would keep SQLite's only write lock, or a
    connection of the pool, for as long as it likes.
    """
    await work.session.commit()
