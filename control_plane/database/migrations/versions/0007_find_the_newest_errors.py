"""Find the newest errors of a workspace without sorting all of them.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the errors in the order in which they are listed and downloaded."""
    op.create_index("ix_outcome_errors_newest", "outcome_errors", ["workspace", "at", "partition", "offset"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_outcome_errors_newest", "outcome_errors")
