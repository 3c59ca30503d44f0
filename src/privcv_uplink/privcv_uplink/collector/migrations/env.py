# SPDX-License-Identifier: Apache-2.0
"""Runs migrations on the connection that ``privcv_uplink.collector.database`` opened."""

from alembic import context

from privcv_uplink.collector.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
