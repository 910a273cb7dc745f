"""Create the metrics tables."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "error_horizons",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("complete_from", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "connector_id"),
    )
    op.create_table(
        "last_deliveries",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("action_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "connector_id", "action_id"),
    )
    op.create_table(
        "metrics_positions",
        sa.Column("topic", sa.String(length=249), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition"),
    )
    op.create_table(
        "outcome_codes",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), nullable=False),
        sa.Column("partner_code", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "connector_id", "hour_at", "partner_code"),
    )
    op.create_table(
        "outcome_counts",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("bucket_at", sa.BigInteger(), nullable=False),
        sa.Column("action_id", sa.String(length=64), nullable=False),
        sa.Column("class", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("partner_code", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace", "connector_id", "bucket_at", "action_id", "class", "reason", "partner_code"
        ),
    )
    op.create_table(
        "outcome_counts_daily",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("bucket_at", sa.BigInteger(), nullable=False),
        sa.Column("action_id", sa.String(length=64), nullable=False),
        sa.Column("class", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("partner_code", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace", "connector_id", "bucket_at", "action_id", "class", "reason", "partner_code"
        ),
    )
    op.create_table(
        "outcome_errors",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("action_id", sa.String(length=64), nullable=False),
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=True),
        sa.Column("class", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("partner_code", sa.String(length=64), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partition", "offset"),
    )
    with op.batch_alter_table("outcome_errors", schema=None) as batch_op:
        batch_op.create_index("ix_outcome_errors_connector", ["workspace", "connector_id", "at"], unique=False)

    op.create_table(
        "outcome_latency",
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("bucket_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("le_ms", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "connector_id", "bucket_at", "kind", "le_ms"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("outcome_latency")
    with op.batch_alter_table("outcome_errors", schema=None) as batch_op:
        batch_op.drop_index("ix_outcome_errors_connector")

    op.drop_table("outcome_errors")
    op.drop_table("outcome_counts_daily")
    op.drop_table("outcome_counts")
    op.drop_table("outcome_codes")
    op.drop_table("metrics_positions")
    op.drop_table("last_deliveries")
    op.drop_table("error_horizons")
