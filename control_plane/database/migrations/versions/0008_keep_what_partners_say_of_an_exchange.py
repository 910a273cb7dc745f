"""Keep what partners say of an exchange, such as how many rows of an accepted batch they did not take.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give attempts a detail."""
    op.add_column("attempts", sa.Column("detail", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("attempts", "detail")
