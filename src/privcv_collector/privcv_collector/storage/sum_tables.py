# SPDX-License-Identifier: Apache-2.0
"""Tables of sums over sites: tasks, sealed reports until their window closes, closes and totals.

That a report is counted once is the primary key of ``secure_reports``, that a device has one of a
window is a key of it too, that a window is closed once
that of ``window_closes``, that noise is drawn once that of its share, which is in the same row.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from privcv_collector.storage.metadata import BigKey, metadata
from privcv_collector.storage.utc_time import UtcTime

sum_tasks = Table(
    "sum_tasks",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("task", String(64), nullable=False, unique=True),  # its id, hexadecimal
    Column("document", LargeBinary, nullable=False),  # canonical JSON, signed by both operators
    Column("added_at", UtcTime, nullable=False),
)

secure_reports = Table(
    "secure_reports",
    metadata,
    Column("task_pk", ForeignKey("sum_tasks.pk"), primary_key=True, autoincrement=False),
    Column("report_id", LargeBinary(16), primary_key=True),
    Column("time", BigInteger, nullable=False),  # the window, in lengths of it since 1970
    Column("device", LargeBinary(32), nullable=False),  # its public key
    Column("sha256", LargeBinary(32), nullable=False),  # of what came
    Column("state", String(16), nullable=False),  # waiting, counted, refused
    Column("reason", String(32), nullable=False),  # of a refusal, in DAP's words
    Column("received_at", UtcTime, nullable=False),
    Column("content", LargeBinary),  # at the leader, until it is verified: the report
    Column("answer", LargeBinary),  # at the helper: what it told the leader
    Column("output_share", LargeBinary),  # field elements, until the window closes
    UniqueConstraint("task_pk", "time", "device"),
)

window_closes = Table(
    "window_closes",
    metadata,
    Column("task_pk", ForeignKey("sum_tasks.pk"), primary_key=True, autoincrement=False),
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),  # proposed (the leader only), closed, too_few
    Column("proposed", LargeBinary(32), nullable=False),  # SHA-256 of the ids that were proposed
    Column("report_ids", LargeBinary, nullable=False),  # proposed ones, then those that both have
    Column("noisy_share", LargeBinary),
    Column("at", UtcTime, nullable=False),
    Column("late", Integer, nullable=False),  # reports that came after it
)

sum_totals = Table(
    "sum_totals",
    metadata,
    Column("task_pk", ForeignKey("sum_tasks.pk"), primary_key=True, autoincrement=False),
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("sites", Integer, nullable=False),
    Column("counts", JSON, nullable=False),  # of each cell; noise can make them negative
    Column("half_width", Integer, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("at", UtcTime, nullable=False),
)

log_entries = Table(
    "log_entries",
    metadata,
    Column("pk", BigKey, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("number", BigInteger, unique=True),  # in the log, once it is on its way there
)
Index("log_entries_by_subject", log_entries.c.subject, log_entries.c.kind)
