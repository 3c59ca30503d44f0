# SPDX-License-Identifier: Apache-2.0
"""The schema of a release: exactly what ``privcv_msgs/ZoneReports`` states, and nothing else.

A release is ``{"sequence": n, "zones": [...], "dwell": [...], "statistics": [...]}``, where a list
of statistics that is empty is left out, as before there were any. Fields are those of the messages
by name, and each report names its camera; times are RFC 3339 in UTC; constants are lower-case
names. An unknown field, a value out of the bounds that the message states, or a value in a
suppressed report is refused.

Its bytes are its canonical JSON (``Release.canonical``): the ledger keeps them, the uplink sends
the same ones, and the collector checks their spelling and keeps their digest.
"""

from datetime import datetime, timezone
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.timestamps import parse_rfc3339, rfc3339
from privcv_core.settings.model import Name

INT32_MAX = 2**31 - 1
UINT32_MAX = 2**32 - 1
SEQUENCE_MAX = 2**53 - 1
"""Largest sequence: the largest integer that every JSON reader holds exactly."""

MAX_STATISTICS = 80
"""The most reports of statistics in one release; what exceeds is another one."""

FIRST_YEAR, LAST_YEAR = 1970, 9998
"""Of what is counted; before the first, a ROS stamp would be negative."""


def _utc(value: object) -> datetime:
    """A time in UTC from text or an aware datetime; pydantic turns the error into words."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("must have a time zone")
        return value.astimezone(timezone.utc)
    if not isinstance(value, str):
        raise ValueError("must be a time in UTC such as 2026-01-31T08:00:00Z")
    return parse_rfc3339(value)


def _within_calendar(time: datetime) -> datetime:
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise ValueError(f"must be of a year from {FIRST_YEAR} to {LAST_YEAR}")
    return time


ReportTime = Annotated[
    datetime,
    BeforeValidator(_utc),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T08:00:00Z"]}),
]
"""A time in UTC, written as RFC 3339 with a ``Z``."""

EventTime = Annotated[ReportTime, AfterValidator(_within_calendar)]
"""When something was counted: so far from the ends of the calendar that sums stay inside it."""

Count = Annotated[int, Field(ge=0, le=INT32_MAX)]
"""A number of people or visits, after noise and post-processing."""

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""A share of something, 0 to 1."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Report(_Strict):
    status: Literal["published", "suppressed"]
    reason: Literal["none", "below_k", "budget", "unobserved", "fault"] = Field(
        description="Why there is no value; 'none' where the report is published."
    )
    confidence: Share = Field(description="Of each interval, 0 to 1.")
    coverage: Share = Field(description="Share of the window that was observed, 0 to 1.")
    epsilon: float = Field(ge=0, allow_inf_nan=False, description="What this report spent.")
    delta: Share = Field(description="Likewise; 0 for Laplace noise.")
    unit: Literal["visit", "person_window", "event"] = Field(description="Whom epsilon protects.")
    mechanism: Literal["laplace", "gaussian"] = Field(description="The distribution of the noise.")

    @property
    def published(self) -> bool:
        """Whether its values are valid; otherwise ``reason`` says why there are none."""
        return self.status == "published"

    @model_validator(mode="after")
    def _status_agrees_with_reason(self) -> "_Report":
        if (self.status == "published") != (self.reason == "none"):
            raise ValueError("reason must be 'none' where status is 'published', and only there")
        return self


class _OfZone(_Report):
    camera: Name = Field(description="The camera's name in the site file.")
    zone: Name = Field(description="The zone's name; 'floor' is the parent of all zones.")


class ZoneReport(_OfZone):
    """What one zone releases for one window (``privcv_msgs/ZoneReport``)."""

    kind: Literal["zone"] = "zone"
    window_start: EventTime = Field(description="Event time at which the window began.")
    window_s: int = Field(ge=1, le=UINT32_MAX, description="Length of the window, s.")
    occupancy: Count = Field(description="People who were in the zone during the window.")
    occupancy_low: Count
    occupancy_high: Count
    flow: Annotated[list[Count], Field(min_length=5, max_length=5)] = Field(
        description="Of those people: standing, heading +x, +y, -x, -y; sums to occupancy, or is "
        "all 0 where the site does not release it."
    )

    @model_validator(mode="after")
    def _values_agree(self) -> "ZoneReport":
        if self.status == "suppressed" and any(
            (self.occupancy, self.occupancy_low, self.occupancy_high, *self.flow)
        ):
            raise ValueError("a suppressed report must not carry a value")
        if self.occupancy_low > self.occupancy_high:
            raise ValueError("occupancy_low must not exceed occupancy_high")
        if any(self.flow) and sum(self.flow) != self.occupancy:
            raise ValueError("flow must sum to occupancy")
        return self


class DwellReport(_OfZone):
    """How long people stayed in one zone during one period (``privcv_msgs/DwellReport``)."""

    kind: Literal["dwell"] = "dwell"
    period_start: EventTime = Field(description="Event time at which the period began.")
    period_s: int = Field(ge=1, le=UINT32_MAX, description="Length of the period, s.")
    visits: Annotated[list[Count], Field(min_length=3, max_length=3)] = Field(
        description="Visits that lasted < 30 s, 30 to 120 s, >= 120 s."
    )
    visits_low: Annotated[list[Count], Field(min_length=3, max_length=3)]
    visits_high: Annotated[list[Count], Field(min_length=3, max_length=3)]

    @model_validator(mode="after")
    def _values_agree(self) -> "DwellReport":
        if self.status == "suppressed" and any((*self.visits, *self.visits_low, *self.visits_high)):
            raise ValueError("a suppressed report must not carry a value")
        if any(low > high for low, high in zip(self.visits_low, self.visits_high, strict=True)):
            raise ValueError("visits_low must not exceed visits_high")
        return self


class StatisticReport(_Report):
    """One statistic of one place for one window or period (``privcv_msgs/StatisticReport``)."""

    kind: Literal["statistic"] = "statistic"
    statistic: Literal[
        "visitors", "people_windows", "presence", "queue", "entries", "exits", "footfall"
    ] = Field(description="What is counted; presence and queue in thousandths of a person.")
    camera: Name | Literal[""] = Field(
        description="The camera's name in the site file; empty: summed over several cameras."
    )
    place: Name = Field(description="The zone's or line's name; 'floor': all of the camera.")
    period: Literal["window", "hour", "day", "week"] = Field(
        description="A window, or a period of the site's calendar."
    )
    start: EventTime = Field(description="Event time at which it began.")
    length_s: int = Field(ge=1, le=UINT32_MAX, description="Its length, s.")
    value: Count = Field(description="In the unit of the statistic.")
    low: Count
    high: Count
    area_m2: float = Field(
        ge=0, allow_inf_nan=False, description="Of the place; 0: it has none, such as a line."
    )

    @property
    def density_per_m2(self) -> float | None:
        """People per m², of presence in a place that has an area."""
        if self.statistic not in ("presence", "queue") or not self.area_m2 or not self.published:
            return None
        return self.value / 1000 / self.area_m2

    @model_validator(mode="after")
    def _values_agree(self) -> "StatisticReport":
        if self.status == "suppressed" and any((self.value, self.low, self.high)):
            raise ValueError("a suppressed report must not carry a value")
        if self.low > self.high:
            raise ValueError("low must not exceed high")
        return self


class Release(_Strict):
    """What the ledger committed at once: of one camera, or of sums over several, for one time."""

    sequence: int = Field(
        ge=1, le=SEQUENCE_MAX, description="Number of the release in the device's ledger, from 1."
    )
    zones: Annotated[list[ZoneReport], Field(max_length=64)]
    dwell: Annotated[list[DwellReport], Field(max_length=64)]
    statistics: Annotated[list[StatisticReport], Field(max_length=MAX_STATISTICS)] = []

    @model_validator(mode="after")
    def _reports_are_distinct(self) -> "Release":
        zones = {(report.camera, report.zone, report.window_start) for report in self.zones}
        dwell = {(report.camera, report.zone, report.period_start) for report in self.dwell}
        others = {
            (one.statistic, one.camera, one.place, one.period, one.start, one.length_s)
            for one in self.statistics
        }
        if len(zones) < len(self.zones) or len(dwell) < len(self.dwell):
            raise ValueError("two reports are of the same zone and time")
        if len(others) < len(self.statistics):
            raise ValueError("two reports are of the same statistic, place and time")
        return self

    @property
    def reports(self) -> list[ZoneReport | DwellReport | StatisticReport]:
        """All reports, those of zones first."""
        return [*self.zones, *self.dwell, *self.statistics]

    def content(self) -> dict[str, Any]:
        """The release as plain JSON values; no ``statistics`` where there are none."""
        content = self.model_dump(mode="json")
        if not self.statistics:
            del content["statistics"]
        return content

    def canonical(self) -> bytes:
        """The bytes of the release (RFC 8785): what the ledger keeps and a batch is made of."""
        return canonical(self.content())


def read_release(payload: bytes) -> Release:
    """The release that ``payload`` spells, also in the spelling of ledgers of 0.1.0.

    Those left out ``kind`` and wrote numbers as Python does. Raises ``ReleaseError``.
    """
    try:
        return Release.model_validate_json(payload)
    except ValidationError as error:
        raise ReleaseError(f"release: {words_of(error)}") from error


def words_of(error: ValidationError) -> str:
    """The first problems of a validation, in words."""
    found = [
        f"{'.'.join(str(part) for part in detail['loc']) or 'body'}: {detail['msg']}"
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more
