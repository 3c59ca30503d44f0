# SPDX-License-Identifier: Apache-2.0
"""The table of who read what: a row for each hour, reader, path and site, with how often."""

from sqlalchemy import JSON, Column, Integer, String, Table, UniqueConstraint

from privcv_collector.storage.metadata import BigKey, metadata
from privcv_collector.storage.utc_time import UtcTime

reads = Table(
    "reads",
    metadata,
    Column("pk", BigKey, primary_key=True),
    Column("hour", UtcTime, nullable=False),
    Column("actor_id", String(16), nullable=False),  # id of an access token, never the token
    Column("actor", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("what", String(64), nullable=False),  # the path, without what was asked for
    Column("site", String(64), nullable=False),  # '' where all of the reader's were asked for
    Column("sites", JSON, nullable=False),  # of the reader; an empty list is every site
    Column("times", Integer, nullable=False),
    UniqueConstraint("hour", "actor_id", "role", "what", "site"),
)
