# SPDX-License-Identifier: Apache-2.0
"""Reports in partitions by month on PostgreSQL; what is there becomes the first of them."""

from alembic import op

from privcv_collector.clock import now_utc
from privcv_collector.storage.partitions import partition_by_month

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Partition the tables of reports; SQLite's and hypertables stay as they are."""
    connection = op.get_bind()
    for table, time in (("zone_reports", "window_start"), ("dwell_reports", "period_start")):
        partition_by_month(connection, table, time, now_utc())
