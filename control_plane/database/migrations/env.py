"""Where alembic begins: it works on the connection, and in the transaction, that `migrations.upgrade` hands in."""

from alembic import context

from connectors.records import metrics_table
from control_plane.database.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[Base.metadata, metrics_table.metadata],
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
