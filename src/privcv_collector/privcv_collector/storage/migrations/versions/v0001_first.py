# SPDX-License-Identifier: Apache-2.0
"""The first schema."""

import sqlalchemy as sa
from alembic import op

from privcv_collector.storage.utc_time import UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table; on TimescaleDB the reports become hypertables."""
    op.create_table(
        "access_tokens",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "refusals",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("error", sa.String(length=32), nullable=False),
        sa.Column("message", sa.String(length=256), nullable=False),
        sa.Column("path", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=32), nullable=True),
        sa.Column("peer", sa.String(length=64), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pk"),
    )
    op.create_table(
        "sites",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "devices",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("site_pk", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("last_seen_at", UtcTime(), nullable=True),
        sa.Column("last_batch", sa.BigInteger(), nullable=False),
        sa.Column("last_release", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("dropped_unused", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_pk"],
            ["sites.pk"],
        ),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("device"),
    )
    op.create_table(
        "batches",
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_pk"],
            ["devices.pk"],
        ),
        sa.PrimaryKeyConstraint("device_pk", "batch"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoints",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_pk"],
            ["devices.pk"],
        ),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("device_pk", "sha256"),
    )
    op.create_table(
        "device_keys",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("alg", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_pk"],
            ["devices.pk"],
        ),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("device_pk", "key_id"),
    )
    op.create_table(
        "enrolment_tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("site_pk", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("device_pk", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_pk"],
            ["devices.pk"],
        ),
        sa.ForeignKeyConstraint(
            ["site_pk"],
            ["sites.pk"],
        ),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "gaps",
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("first_release", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_release", sa.BigInteger(), nullable=False),
        sa.Column("declared", sa.BigInteger(), nullable=False),
        sa.Column("found_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_pk"],
            ["devices.pk"],
        ),
        sa.PrimaryKeyConstraint("device_pk", "first_release"),
    )
    op.create_table(
        "releases",
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("release", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_pk"],
            ["devices.pk"],
        ),
        sa.PrimaryKeyConstraint("device_pk", "release"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "series",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("camera", sa.String(length=64), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_pk"],
            ["devices.pk"],
        ),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("device_pk", "camera", "zone"),
    )
    op.create_table(
        "checkpoint_heads",
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(length=256), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "checkpoint_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint_pk"],
            ["checkpoints.pk"],
        ),
        sa.ForeignKeyConstraint(
            ["device_pk"],
            ["devices.pk"],
        ),
        sa.PrimaryKeyConstraint("device_pk", "chain", "sequence", "checkpoint_pk"),
    )
    op.create_table(
        "dwell_reports",
        sa.Column("site_pk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period_start", UtcTime(), nullable=False),
        sa.Column("series_pk", sa.Integer(), nullable=False),
        sa.Column("release", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("period_s", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("visits_under_30s", sa.Integer(), nullable=False),
        sa.Column("visits_under_120s", sa.Integer(), nullable=False),
        sa.Column("visits_longer", sa.Integer(), nullable=False),
        sa.Column("visits_under_30s_low", sa.Integer(), nullable=False),
        sa.Column("visits_under_120s_low", sa.Integer(), nullable=False),
        sa.Column("visits_longer_low", sa.Integer(), nullable=False),
        sa.Column("visits_under_30s_high", sa.Integer(), nullable=False),
        sa.Column("visits_under_120s_high", sa.Integer(), nullable=False),
        sa.Column("visits_longer_high", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("epsilon", sa.Float(), nullable=False),
        sa.Column("delta", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("mechanism", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_pk"],
            ["series.pk"],
        ),
        sa.PrimaryKeyConstraint("site_pk", "period_start", "series_pk", "release"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "zone_reports",
        sa.Column("site_pk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("window_start", UtcTime(), nullable=False),
        sa.Column("series_pk", sa.Integer(), nullable=False),
        sa.Column("release", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("window_s", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("occupancy", sa.Integer(), nullable=False),
        sa.Column("occupancy_low", sa.Integer(), nullable=False),
        sa.Column("occupancy_high", sa.Integer(), nullable=False),
        sa.Column("flow_standing", sa.Integer(), nullable=False),
        sa.Column("flow_plus_x", sa.Integer(), nullable=False),
        sa.Column("flow_plus_y", sa.Integer(), nullable=False),
        sa.Column("flow_minus_x", sa.Integer(), nullable=False),
        sa.Column("flow_minus_y", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("epsilon", sa.Float(), nullable=False),
        sa.Column("delta", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("mechanism", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_pk"],
            ["series.pk"],
        ),
        sa.PrimaryKeyConstraint("site_pk", "window_start", "series_pk", "release"),
        sqlite_with_rowid=False,
    )
    _partition_by_time()


def _partition_by_time() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    extension = sa.text("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'")
    if connection.execute(extension).first() is None:
        return
    for table, time in (("zone_reports", "window_start"), ("dwell_reports", "period_start")):
        connection.execute(
            sa.text("SELECT create_hypertable(:table, :time, create_default_indexes => FALSE)"),
            {"table": table, "time": time},
        )
