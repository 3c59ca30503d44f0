# SPDX-License-Identifier: Apache-2.0
"""Audit of administrators: who issued a token, which device it is for, and what was done."""

import sqlalchemy as sa
from alembic import op

from privcv_collector.storage.utc_time import UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Name access tokens by their digest, so that two sites may give one name; nothing is lost."""
    op.create_table(
        "access_tokens_0002",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("issued_by", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    columns = "digest, name, role, sites, created_at, expires_at, revoked_at"
    op.execute(f"INSERT INTO access_tokens_0002 ({columns}) SELECT {columns} FROM access_tokens")
    op.drop_table("access_tokens")
    op.rename_table("access_tokens_0002", "access_tokens")
    op.add_column("enrolment_tokens", sa.Column("device", sa.String(length=32), nullable=True))
    op.add_column("enrolment_tokens", sa.Column("issued_by", sa.String(length=16), nullable=True))
    op.add_column("enrolment_tokens", sa.Column("revoked_at", UtcTime(), nullable=True))
    op.create_table(
        "admin_actions",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor_id", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("target", sa.String(length=96), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("pk"),
    )
