# SPDX-License-Identifier: Apache-2.0
"""Runs migrations on the connection that ``privcv_collector.storage.database`` opened."""

from alembic import context

from privcv_collector.storage.tables import sites

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=sites.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
