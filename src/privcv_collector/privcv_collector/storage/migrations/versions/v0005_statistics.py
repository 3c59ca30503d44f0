# SPDX-License-Identifier: Apache-2.0
"""Reports of statistics: presence, entries, exits, footfall, and hours, days and weeks."""

import sqlalchemy as sa
from alembic import op

from privcv_collector.clock import now_utc
from privcv_collector.storage.partitions import partition_by_month
from privcv_collector.storage.utc_time import UtcTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of statistics, on PostgreSQL in partitions by month."""
    op.create_table(
        "statistic_reports",
        sa.Column("site_pk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", UtcTime(), nullable=False),
        sa.Column("series_pk", sa.Integer(), nullable=False),
        sa.Column("release", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("statistic", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("length_s", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("area_m2", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("epsilon", sa.Float(), nullable=False),
        sa.Column("delta", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("mechanism", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["series_pk"], ["series.pk"]),
        sa.PrimaryKeyConstraint("site_pk", "start", "series_pk", "release", "item"),
        sqlite_with_rowid=False,
    )
    partition_by_month(op.get_bind(), "statistic_reports", "start", now_utc())
