# SPDX-License-Identifier: Apache-2.0
"""Declarative partitions: on PostgreSQL a table of reports is one table for each month of its time.

Months are those of UTC. What lies in no month that was made ahead, such as the report of a device
whose clock is years off, is kept in the default partition ``..._rest``, and moves when its month is
made: nothing is refused for its time. That a release is stored once never hangs on a partition: it
is the primary key of ``releases``, which has none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import Connection, text

from privcv_collector.errors import CollectorError
from privcv_core.protocol.timestamps import rfc3339_whole

MONTHS_AHEAD = 3


@dataclass(frozen=True)
class Partition:
    """One partition: what is in [``begin``, ``end``); ``None`` is without a bound."""

    name: str
    begin: datetime | None
    end: datetime | None

    def holds(self, month: datetime) -> bool:
        """Whether what begins at ``month`` has its place here, and not only by default."""
        return self.end is not None and (self.begin or month) <= month < self.end


def month_of(moment: datetime) -> datetime:
    """The begin of the month of ``moment``, UTC."""
    utc = moment.astimezone(timezone.utc)
    return datetime(utc.year, utc.month, 1, tzinfo=timezone.utc)


def next_month(month: datetime) -> datetime:
    """The begin of the month after that which begins at ``month``."""
    return month_of(month + timedelta(days=32))


def partitions(connection: Connection, table: str) -> list[Partition]:
    """The partitions of a table, oldest first, the default last; none where it has none."""
    bound = "CAST(substring(pg_get_expr(c.relpartbound, c.oid) FROM :{}) AS timestamptz)"
    found = connection.execute(
        text(
            f"SELECT CAST(CAST(c.oid AS regclass) AS text), {bound.format('begin')},"
            f" {bound.format('end')} FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid"
            " JOIN pg_partitioned_table AS p ON p.partrelid = i.inhparent"
            " WHERE i.inhparent = to_regclass(:table)"
        ),
        {"table": table, "begin": r"FROM \('([^']+)'\)", "end": r"TO \('([^']+)'\)"},
    )
    parts = [Partition(*row) for row in found]
    last = datetime.max.replace(tzinfo=timezone.utc)
    return sorted(parts, key=lambda part: part.end or last)


def partition_by_month(connection: Connection, table: str, column: str, now: datetime) -> None:
    """Give ``table`` partitions by its time ``column``; for migrations.

    What it holds becomes the first partition as it lies, without being copied. A hypertable of
    TimescaleDB stays what it is. Raises ``CollectorError`` where a view reads the table: it would
    go on to read what is now one partition.
    """
    if connection.dialect.name != "postgresql" or is_hypertable(connection, table):
        return
    if views := _views_of(connection, table):
        raise CollectorError(
            f"table {table}: becomes partitioned, and {', '.join(views)} would read its old part"
            " only: drop such views, start the collector, and create them again"
        )
    old, rest = f"{table}_before", f"{table}_rest"
    keys = _foreign_keys(connection, table)
    for statement in (
        f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
        f"ALTER TABLE {table} RENAME TO {old}",
        f"ALTER TABLE {old} RENAME CONSTRAINT {table}_pkey TO {old}_pkey",
        f"CREATE TABLE {table} (LIKE {old} INCLUDING ALL) PARTITION BY RANGE ({column})",
        *(f"ALTER TABLE {table} ADD {definition}" for definition in keys),
        f"CREATE TABLE {rest} PARTITION OF {table} DEFAULT",
        *_grants(connection, table, table),
    ):
        connection.execute(text(statement))
    _adopt(connection, table, column, now)
    add_months(connection, table, column, now)


def missing_months(connection: Connection, table: str, now: datetime) -> list[datetime]:
    """Begins of this month and the next few, as far as the partitioned ``table`` lacks them."""
    known = partitions(connection, table)
    months = [month_of(now)]
    while len(months) <= MONTHS_AHEAD:
        months.append(next_month(months[-1]))
    return [month for month in months if known and not any(part.holds(month) for part in known)]


def add_months(connection: Connection, table: str, column: str, now: datetime) -> None:
    """Make the partitions of these months."""
    for month in missing_months(connection, table, now):
        _add_month(connection, table, column, month)


def lock_against_stores(connection: Connection, wait: str = "2s") -> None:
    """Wait, at most so long, until no transaction stores, and let none begin until the commit.

    All that store lock rows of devices first. Without this they and a change of partitions would
    lock tables in different orders, and wait for each other.
    """
    connection.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": wait})
    connection.execute(text("LOCK TABLE devices IN EXCLUSIVE MODE"))


def is_hypertable(connection: Connection, table: str) -> bool:
    """Whether TimescaleDB keeps this table in chunks of its own."""
    view = "timescaledb_information.hypertables"
    if connection.execute(text("SELECT to_regclass(:view)"), {"view": view}).scalar() is None:
        return False
    found = connection.execute(
        text(
            f"SELECT 1 FROM {view} WHERE hypertable_name = :table"
            " AND hypertable_schema = current_schema()"
        ),
        {"table": table},
    )
    return found.first() is not None


def _adopt(connection: Connection, table: str, column: str, now: datetime) -> None:
    """Attach what the table held before, up to the end of the month of its last report."""
    old = f"{table}_before"
    sane = {"until": next_month(now)}
    last = connection.execute(
        text(f"SELECT max({column}) FROM {old} WHERE {column} < :until"), sane
    ).scalar()
    end = month_of(now) if last is None else next_month(month_of(last))
    connection.execute(text(_moving(old, table, f"{column} >= '{rfc3339_whole(end)}'")))
    if last is None:
        connection.execute(text(f"DROP TABLE {old}"))
        return
    connection.execute(
        text(
            f"ALTER TABLE {table} ATTACH PARTITION {old}"
            f" FOR VALUES FROM (MINVALUE) TO ('{rfc3339_whole(end)}')"
        )
    )


def _add_month(connection: Connection, table: str, column: str, month: datetime) -> None:
    name, rest = f"{table}_{month:%Y_%m}", f"{table}_rest"
    begin, end = rfc3339_whole(month), rfc3339_whole(next_month(month))
    within = f"{column} >= '{begin}' AND {column} < '{end}'"
    for statement in (
        f"LOCK TABLE {rest} IN ACCESS EXCLUSIVE MODE",
        f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)",
        *_grants(connection, table, name),
        _moving(rest, name, within),
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{begin}') TO ('{end}')",
    ):
        connection.execute(text(statement))


def _moving(source: str, target: str, condition: str) -> str:
    gone = f"WITH gone AS (DELETE FROM {source} WHERE {condition} RETURNING *)"
    return f"{gone} INSERT INTO {target} SELECT * FROM gone"


def _foreign_keys(connection: Connection, table: str) -> list[str]:
    found = connection.execute(
        text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid = to_regclass(:table)"
        ),
        {"table": table},
    )
    return list(found.scalars())


def _grants(connection: Connection, source: str, target: str) -> list[str]:
    """Statements that let others do with ``target`` what they may with ``source``."""
    found = connection.execute(
        text(
            "SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC'"
            " ELSE quote_ident(pg_get_userbyid(a.grantee)) END FROM pg_class AS c,"
            " aclexplode(c.relacl) AS a WHERE c.oid = to_regclass(:table)"
            " AND a.grantee <> c.relowner"
        ),
        {"table": source},
    )
    return [f"GRANT {privilege} ON {target} TO {grantee}" for privilege, grantee in found]


def _views_of(connection: Connection, table: str) -> list[str]:
    found = connection.execute(
        text(
            "SELECT DISTINCT CAST(CAST(r.ev_class AS regclass) AS text)"
            " FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid"
            " WHERE d.classid = to_regclass('pg_rewrite')"
            " AND d.refobjid = to_regclass(:table) ORDER BY 1"
        ),
        {"table": table},
    )
    return [f"the view {name}" for (name,) in found]
