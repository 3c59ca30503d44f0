# SPDX-License-Identifier: Apache-2.0
"""The two kinds of report, zone and dwell: their tables, and which columns hold which value."""

from dataclasses import dataclass

from sqlalchemy import Table

from privcv_collector.storage.tables import (
    FLOW,
    OCCUPANCY,
    VISITS,
    VISITS_HIGH,
    VISITS_LOW,
    dwell_reports,
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
COMMON = ("confidence", "coverage", "epsilon", "delta", "unit", "mechanism")
"""Columns of both kinds, after their values."""
