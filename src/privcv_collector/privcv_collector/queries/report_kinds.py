# SPDX-License-Identifier: Apache-2.0
"""The kinds of report, zone, dwell and statistic: their tables, which columns hold which value."""

from dataclasses import dataclass

from sqlalchemy import Table

from privcv_collector.storage.tables import (
    FLOW,
    OCCUPANCY,
    VISITS,
    VISITS_HIGH,
    VISITS_LOW,
    dwell_reports,
    statistic_reports,
    zone_reports,
)


@dataclass(frozen=True)
class ReportKind:
    """How one kind of report lies in the database."""

    table: Table
    start: str
    length: str
    single: tuple[str, ...]
    lists: dict[str, tuple[str, ...]]
    key: tuple[str, ...] = ("series_pk", "release")
    """Columns of the primary key after site and time; all are numbers."""
    place: str = "zone"
    """What the report calls its zone or line."""
    front: tuple[str, ...] = ()
    """Columns that say what it is about, besides camera and place."""

    @property
    def values(self) -> tuple[str, ...]:
        """Columns that hold the values, in order."""
        return self.single + tuple(name for names in self.lists.values() for name in names)


ZONE = ReportKind(
    zone_reports,
    "window_start",
    "window_s",
    OCCUPANCY,
    {"flow": FLOW},
)
DWELL = ReportKind(
    dwell_reports,
    "period_start",
    "period_s",
    (),
    {"visits": VISITS, "visits_low": VISITS_LOW, "visits_high": VISITS_HIGH},
)
STATISTIC = ReportKind(
    statistic_reports,
    "start",
    "length_s",
    ("value", "low", "high"),
    {},
    ("series_pk", "release", "item"),
    "place",
    ("statistic", "period", "area_m2"),
)
COMMON = ("confidence", "coverage", "epsilon", "delta", "unit", "mechanism")
"""Columns of all kinds, after their values."""
