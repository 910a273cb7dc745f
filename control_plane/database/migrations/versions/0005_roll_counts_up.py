"""Roll the counts up: by connector, and of a whole workspace."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BY_CONNECTOR = """
INSERT INTO {target} (workspace, bucket_at, connector_id, class, reason, count)
SELECT workspace, bucket_at, connector_id, class,
    CASE WHEN class = 'skipped' THEN reason ELSE '' END AS told, sum(count)
FROM {source} GROUP BY workspace, bucket_at, connector_id, class, told
"""
_BY_WORKSPACE = """
INSERT INTO workspace_counts (workspace, bucket_at, class, count)
SELECT workspace, bucket_at, class, sum(count) FROM connector_counts GROUP BY workspace, bucket_at, class
"""


def upgrade() -> None:
    """Create the tables, and fill them from what is counted already; the metrics agent must not run meanwhile."""
    for name in ("connector_counts", "connector_counts_daily"):
        op.create_table(
            name,
            sa.Column("workspace", sa.String(length=64), nullable=False),
            sa.Column("bucket_at", sa.BigInteger(), nullable=False),
            sa.Column("connector_id", sa.String(length=64), nullable=False),
            sa.Column("class", sa.String(length=32), nullable=False),
            sa.Column("reason", sa.String(length=64), nullable=False),
            sa.Column("count", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("workspace", "bucket_at", "connector_id", "class", "reason"),
        )
    op.create_table(
        "workspace_counts",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("bucket_at", sa.BigInteger(), nullable=False),
        sa.Column("class", sa.String(length=32), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "bucket_at", "class"),
    )
    op.execute(_BY_CONNECTOR.format(target="connector_counts", source="outcome_counts"))
    op.execute(_BY_CONNECTOR.format(target="connector_counts_daily", source="outcome_counts_daily"))
    op.execute(_BY_WORKSPACE)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("workspace_counts")
    op.drop_table("connector_counts_daily")
    op.drop_table("connector_counts")
