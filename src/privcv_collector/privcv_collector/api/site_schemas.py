# SPDX-License-Identifier: Apache-2.0
"""The bodies that readers of sites get: site records, how it is there now, and periods."""

from typing import Literal

from pydantic import BaseModel, Field

from privcv_collector.queries.report_states import Room, State
from privcv_core.protocol.release import StatisticReport
from privcv_core.protocol.site_record import SiteRecord
from privcv_core.settings.hours import Day

Statistic = Literal[
    "visitors", "people_windows", "presence", "queue", "entries", "exits", "footfall"
]
"""What is counted, see ``StatisticReport``."""


class KeptSiteRecord(BaseModel):
    """What one device says of its site."""

    site: str = Field(description="Where the device is enrolled.")
    device: str
    version: int = Field(description="Counted up by the device whenever its record changes.")
    digest: str = Field(description="SHA-256 of the record's canonical JSON, hexadecimal.")
    sent_at: str
    received_at: str
    record: SiteRecord


class SiteRecordsAnswer(BaseModel):
    """The newest record of each device."""

    records: list[KeptSiteRecord]


class StatisticNow(BaseModel):
    """The newest window of one statistic of one place."""

    statistic: Statistic
    state: State = Field(
        description="'few': fewer than the site shows. 'nothing_arrived': none came lately, "
        "whatever the one before said."
    )
    reason: str | None = Field(description="As the report says it; null where none came.")
    value: float | None = Field(description="People, crossings or visits; only where published.")
    low: float | None
    high: float | None
    confidence: float | None
    coverage: float | None
    start: str | None = Field(description="Of the newest window, or of the day that goes on.")
    length_s: int | None
    density_per_m2: float | None = Field(description="Of presence, where the area is known.")
    of_capacity: float | None = Field(description="Of presence, where the capacity is known.")
    flow: list[int] | None = Field(
        description="Of visitors of a window: standing, and to +x, +y, -x, -y of the floor."
    )
    room: Room | None = Field(
        description="Whether more people may come in: surely where the whole interval says so, "
        "possibly where the value does."
    )


class PlaceNow(BaseModel):
    """A zone, a line, or the floor of a camera."""

    device: str
    camera: str = Field(description="'' where it is summed over cameras.")
    place: str = Field(description="Its name.")
    label: str = Field(description="Free text: show it as text.")
    kind: Literal["zone", "line", "floor"]
    k: int = Field(description="Fewest people that are told there; 1: all.")
    area_m2: float | None
    capacity: int | None
    statistics: list[StatisticNow]


class SiteNow(BaseModel):
    """One site."""

    site: str
    label: str
    time_zone: str = Field(description="As its record says; UTC where it has none.")
    places: list[PlaceNow]


class NowAnswer(BaseModel):
    """Sites as they are now."""

    sites: list[SiteNow]


class PeriodReport(BaseModel):
    """One statistic of one place for one hour, day or week, as the device made it."""

    camera: str
    place: str
    label: str
    statistic: Statistic
    start: str
    start_local: str = Field(description="The same on the clock of the site.")
    weekday: Day
    length_s: int = Field(description="Shorter than the period where it goes on.")
    state: State
    status: str
    reason: str
    value: float | None
    low: float | None
    high: float | None
    confidence: float
    coverage: float
    density_per_m2: float | None
    epsilon: float
    unit: str
    mechanism: str


class PeriodsAnswer(BaseModel):
    """Periods of one site, by start."""

    site: str
    period: Literal["hour", "day", "week"]
    time_zone: str
    periods: list[PeriodReport]
    next: str | None = Field(description="Give this as 'since' to get what follows.")


class UsualHour(BaseModel):
    """What is usual for one statistic of one place in one hour."""

    camera: str
    place: str
    statistic: Statistic
    start: str
    state: State = Field(description="'few' where most of the hours are.")
    value: float | None = Field(description="The median: one of the values that were released.")
    lowest: float | None
    highest: float | None
    of: int = Field(description="Of how many hours, at least 3 and at most 8; not observed: none.")
    few: int = Field(description="Of these, how many were few.")


class UsualAnswer(BaseModel):
    """What is usual, by hour."""

    site: str
    weeks: int
    time_zone: str
    hours: list[UsualHour]


class StoredStatistic(StatisticReport):
    """A report of a statistic as the device signed it, with its site and its state."""

    site: str
    state: State


class StatisticsPage(BaseModel):
    """Some reports, and where to go on."""

    statistics: list[StoredStatistic]
    next: str | None = Field(description="Give this as 'after' to get what follows.")
