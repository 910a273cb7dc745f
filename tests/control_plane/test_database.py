"""How the control plane's database is opened."""

import pytest
from sqlalchemy import text

from control_plane.database.engine import open_database
from tests.support.databases import create_postgresql_database, patient


@pytest.mark.postgresql
async def test_postgresql_compiles_no_question_of_the_api(postgresql: str) -> None:
    """It would for every question about the counts of a year: 30 ms and more for an answer of a few rows."""
    database = open_database(patient(await create_postgresql_database(postgresql)))
    async with database.transaction(write=False) as session:
        assert await session.scalar(text("SHOW jit")) == "off"
    await database.close()
