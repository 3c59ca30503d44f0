# SPDX-License-Identifier: Apache-2.0
"""Who read what; and views for other programs, in which the five states are told apart."""

import sqlalchemy as sa
from alembic import op

from privcv_collector.storage.utc_time import UtcTime

revision = "0011"
down_revision = "0010"

_STATE = (
    "CASE {0}.reason WHEN 'none' THEN 'published' WHEN 'below_k' THEN 'few' "
    "WHEN 'budget' THEN 'budget_spent' ELSE 'not_observed' END AS state"
)
_OF = (
    "JOIN series ON series.pk = {0}.series_pk JOIN devices ON devices.pk = series.device_pk "
    "JOIN sites ON sites.pk = {0}.site_pk"
)
_WHERE_FROM = "sites.name AS site, devices.device AS device, series.camera AS camera"


def _value(table: str, column: str, name: str, scaled: bool) -> str:
    people = f"{table}.{column} * 1.0"
    if scaled:
        people = (
            f"{people} / CASE WHEN {table}.statistic IN ('presence', 'queue') THEN 1000 ELSE 1 END"
        )
    return f"CASE WHEN {table}.status = 'published' THEN {people} END AS {name}"


def _columns(table: str, values: tuple[str, str, str], scaled: bool) -> str:
    return ", ".join(
        [
            _STATE.format(table),
            *(
                _value(table, column, name, scaled)
                for column, name in zip(values, ("value", "low", "high"), strict=True)
            ),
            f"{table}.confidence AS confidence",
            f"{table}.coverage AS coverage",
            f"{table}.epsilon AS epsilon",
        ]
    )


_ZONES = (
    f"SELECT {_WHERE_FROM}, series.zone AS place, 'visitors' AS statistic, "
    "zone_reports.window_start AS start, zone_reports.window_s AS length_s, "
    + _columns("zone_reports", ("occupancy", "occupancy_low", "occupancy_high"), False)
    + " FROM zone_reports "
    + _OF.format("zone_reports")
)


def _statistics(period: str) -> str:
    return (
        f"SELECT {_WHERE_FROM}, series.zone AS place, statistic_reports.statistic AS statistic, "
        "statistic_reports.start AS start, statistic_reports.length_s AS length_s, "
        + _columns("statistic_reports", ("value", "low", "high"), True)
        + ", statistic_reports.period AS period FROM statistic_reports "
        + _OF.format("statistic_reports")
        + f" WHERE statistic_reports.period {period}"
    )


_WINDOW = "= 'window'"

VIEWS = {
    "shown_windows": (
        f"SELECT site, device, camera, place, statistic, start, length_s, state, value, low, high, "
        f"confidence, coverage, epsilon FROM ({_ZONES} UNION ALL SELECT site, device, camera, "
        "place, statistic, start, length_s, state, value, low, high, confidence, coverage, epsilon "
        f"FROM ({_statistics(_WINDOW)}) AS statistics) AS windows"
    ),
    "shown_periods": _statistics("<> 'window'"),
    "shown_alerts": (
        "SELECT sites.name AS site, alert_rules.camera AS camera, alert_rules.place AS place, "
        "alert_rules.title AS title, alert_rules.statistic AS statistic, alert_rules.kind AS kind, "
        "alert_rules.certainty AS certainty, alert_rules.threshold AS threshold, "
        "alert_rules.phase AS phase, alert_rules.since AS since FROM alert_rules "
        "JOIN sites ON sites.pk = alert_rules.site_pk WHERE alert_rules.disabled_at IS NULL"
    ),
}
"""Name -> query. No view adds or averages anything."""


def upgrade() -> None:
    """Make the table of reads and the views."""
    op.create_table(
        "reads",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hour", UtcTime(), nullable=False),
        sa.Column("actor_id", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("hour", "actor_id", "role", "what", "site"),
    )
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")
