# SPDX-License-Identifier: Apache-2.0
"""Sums over sites: tasks, sealed reports, closes and totals; what is to stand in the log."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from privcv_collector.storage.utc_time import UtcTime

revision = "0012"
down_revision = "0011"


def _of_task() -> sa.Column[int]:
    return sa.Column(
        "task_pk", sa.Integer(), sa.ForeignKey("sum_tasks.pk"), nullable=False, autoincrement=False
    )


def _window(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        _of_task(),
        sa.Column("time", sa.BigInteger(), nullable=False, autoincrement=False),
        *columns,
        sa.PrimaryKeyConstraint("task_pk", "time"),
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sum_tasks",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("task"),
    )
    op.create_table(
        "secure_reports",
        _of_task(),
        sa.Column("report_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("output_share", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("task_pk", "report_id"),
        sa.UniqueConstraint("task_pk", "time", "device"),
    )
    _window(
        "window_closes",
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed", sa.LargeBinary(length=32), nullable=False),
        sa.Column("report_ids", sa.LargeBinary(), nullable=False),
        sa.Column("noisy_share", sa.LargeBinary()),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
    )
    _window(
        "sum_totals",
        sa.Column("sites", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("half_width", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
    )
    op.create_table(
        "log_entries",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger()),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("log_entries_by_subject", "log_entries", ["subject", "kind"])
