# SPDX-License-Identifier: Apache-2.0
"""The database: who may send, what arrived, what was refused.

A row of ``zone_reports`` or ``dwell_reports`` is one report. Their only index is the primary key,
which starts with site and time: new rows land at its end, so that a report costs the same in an
empty and in a full table, and a reader's range scan needs no other.

That a release is stored exactly once is the primary key of ``releases``.

Tables whose ``info`` names their ``time`` are kept in partitions by it on PostgreSQL, and what is
in them may end by age: ``timed_tables``.
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
    Text,
    UniqueConstraint,
    text,
)

from privcv_collector.storage import (  # noqa: F401  (tables of the same database)
    alert_tables,
    attestation_tables,
    health_tables,
    read_tables,
    sum_tables,
)
from privcv_collector.storage.metadata import BigKey, metadata
from privcv_collector.storage.utc_time import UtcTime

CONTRADICTED = text("verdict NOT IN ('ok', 'not_contradicted')")

sites = Table(
    "sites",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
)

devices = Table(
    "devices",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("device", String(32), nullable=False, unique=True),
    Column("site_pk", ForeignKey("sites.pk"), nullable=False),
    Column("enrolled_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("last_seen_at", UtcTime),
    Column("last_batch", BigInteger, nullable=False),
    Column("last_release", BigInteger, nullable=False),
    # Releases that the device says it gave up, and how many of those explain a gap already.
    Column("dropped", BigInteger, nullable=False),
    Column("dropped_unused", BigInteger, nullable=False),
)

# From which a batch of each came last: after a restart its bodies give way last, as before.
device_networks = Table(
    "device_networks",
    metadata,
    Column("device_pk", ForeignKey("devices.pk"), primary_key=True, autoincrement=False),
    Column("network", String(64), nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)

device_keys = Table(
    "device_keys",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("device_pk", ForeignKey("devices.pk"), nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("alg", String(16), nullable=False),
    Column("key", String(128), nullable=False),  # base64url; of HMAC this is the secret itself
    Column("added_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    UniqueConstraint("device_pk", "key_id"),
)

enrolment_tokens = Table(
    "enrolment_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256; the token itself is not kept
    Column("site_pk", ForeignKey("sites.pk"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
    Column("device_pk", ForeignKey("devices.pk")),
    Column("device", String(32)),  # the only one that may use it, where the issuer named one
    Column("issued_by", String(16)),  # id of an access token, see ``devices.actions``
    Column("revoked_at", UtcTime),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),  # its first 16 digits are the token's id
    Column("name", String(64), nullable=False),  # unique among those that its issuer may see
    Column("role", String(16), nullable=False),
    Column("sites", JSON, nullable=False),  # names; an empty list is every site
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("issued_by", String(16)),
    # "camera/place" of a display; an empty list is every place of its site
    Column("places", JSON, nullable=False, server_default="[]"),
)

# Who looks at pages: a browser holds the secret of which this is the digest.
page_sessions = Table(
    "page_sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("token_digest", String(64), nullable=False),  # of the access token, or of the file's
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

admin_actions = Table(
    "admin_actions",
    metadata,
    Column("pk", BigKey, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor_id", String(16), nullable=False),  # of an access token, "file", "command line"
    Column("actor", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("target", String(96), nullable=False),
    Column("sites", JSON, nullable=False),  # names; an empty list is every site
)

batches = Table(
    "batches",
    metadata,
    Column("device_pk", ForeignKey("devices.pk"), primary_key=True),
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    Column("body_sha256", LargeBinary(32), nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("sent_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", String(128), nullable=False),
    sqlite_with_rowid=False,
)

releases = Table(
    "releases",
    metadata,
    Column("device_pk", ForeignKey("devices.pk"), primary_key=True),
    Column("release", BigInteger, primary_key=True, autoincrement=False),
    Column("batch", BigInteger, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

gaps = Table(
    "gaps",
    metadata,
    Column("device_pk", ForeignKey("devices.pk"), primary_key=True),
    Column("first_release", BigInteger, primary_key=True, autoincrement=False),
    Column("last_release", BigInteger, nullable=False),
    Column("declared", BigInteger, nullable=False),  # of these, how many the device had given up
    Column("found_at", UtcTime, nullable=False),
)

series = Table(
    "series",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("device_pk", ForeignKey("devices.pk"), nullable=False),
    Column("camera", String(64), nullable=False),
    Column("zone", String(64), nullable=False),
    UniqueConstraint("device_pk", "camera", "zone"),
)


def _reports(name: str, time: str, length: str, *values: str) -> Table:
    return Table(
        name,
        metadata,
        Column("site_pk", Integer, primary_key=True, autoincrement=False),  # that of the series
        Column(time, UtcTime, primary_key=True),
        Column("series_pk", ForeignKey("series.pk"), primary_key=True),
        Column("release", BigInteger, primary_key=True, autoincrement=False),
        Column(length, BigInteger, nullable=False),
        Column("status", String(16), nullable=False),
        Column("reason", String(16), nullable=False),
        *(Column(value, Integer, nullable=False) for value in values),
        Column("confidence", Float, nullable=False),
        Column("coverage", Float, nullable=False),
        Column("epsilon", Float, nullable=False),
        Column("delta", Float, nullable=False),
        Column("unit", String(16), nullable=False),
        Column("mechanism", String(16), nullable=False),
        sqlite_with_rowid=False,
        info={"time": time},
    )


FLOW = ("flow_standing", "flow_plus_x", "flow_plus_y", "flow_minus_x", "flow_minus_y")
OCCUPANCY = ("occupancy", "occupancy_low", "occupancy_high")
VISITS = ("visits_under_30s", "visits_under_120s", "visits_longer")
VISITS_LOW = tuple(f"{name}_low" for name in VISITS)
VISITS_HIGH = tuple(f"{name}_high" for name in VISITS)

zone_reports = _reports("zone_reports", "window_start", "window_s", *OCCUPANCY, *FLOW)
dwell_reports = _reports(
    "dwell_reports", "period_start", "period_s", *VISITS, *VISITS_LOW, *VISITS_HIGH
)

STATISTIC_VALUES = ("value", "low", "high")

statistic_reports = Table(
    "statistic_reports",
    metadata,
    Column("site_pk", Integer, primary_key=True, autoincrement=False),  # that of the series
    Column("start", UtcTime, primary_key=True),
    Column("series_pk", ForeignKey("series.pk"), primary_key=True),
    Column("release", BigInteger, primary_key=True, autoincrement=False),
    Column("item", Integer, primary_key=True, autoincrement=False),  # its place in the release
    Column("statistic", String(16), nullable=False),
    Column("period", String(8), nullable=False),
    Column("length_s", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", String(16), nullable=False),
    *(Column(value, Integer, nullable=False) for value in STATISTIC_VALUES),
    Column("area_m2", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("coverage", Float, nullable=False),
    Column("epsilon", Float, nullable=False),
    Column("delta", Float, nullable=False),
    Column("unit", String(16), nullable=False),
    Column("mechanism", String(16), nullable=False),
    sqlite_with_rowid=False,
    info={"time": "start"},
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("pk", BigKey, primary_key=True),
    Column("device_pk", ForeignKey("devices.pk"), nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("verdict", String(16), nullable=False),  # see devices/checkpoints
    Column("sent_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("envelope", Text, nullable=False),  # as signed: evidence that stands by itself
    UniqueConstraint("device_pk", "sha256"),
)

checkpoint_heads = Table(
    "checkpoint_heads",
    metadata,
    Column("device_pk", ForeignKey("devices.pk"), primary_key=True),
    Column("chain", String(256), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("checkpoint_pk", ForeignKey("checkpoints.pk"), primary_key=True),
    Column("hash", String(64), nullable=False),
)

# What an auditor must see is found without reading the checkpoints of all years.
Index(
    "checkpoints_contradicted",
    checkpoints.c.device_pk,
    postgresql_where=CONTRADICTED,
    sqlite_where=CONTRADICTED,
)

site_records = Table(
    "site_records",
    metadata,
    Column("device_pk", ForeignKey("devices.pk"), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", LargeBinary(32), nullable=False),  # of its content
    Column("sent_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("envelope", Text, nullable=False),  # as signed
)

refusals = Table(
    "refusals",
    metadata,
    Column("pk", BigKey, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("error", String(32), nullable=False),
    Column("message", String(256), nullable=False),
    Column("path", String(64), nullable=False),
    Column("device", String(32)),  # as claimed; it is proven only where the signature was good
    Column("peer", String(64)),
    Column("times", Integer, nullable=False),
)


def timed_tables() -> list[tuple[Table, str]]:
    """The tables of reports, each with its column of time."""
    return [(table, table.info["time"]) for table in metadata.sorted_tables if "time" in table.info]
