# SPDX-License-Identifier: Apache-2.0
"""The newest window of each zone and line of a site, in one of five states.

A value that is no longer of now is never shown as one: where a window is overdue nothing has
arrived, whatever the one before said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal, select

from privcv_collector.queries.report_states import STATES, State
from privcv_collector.queries.site_queries import KeptRecord
from privcv_collector.storage.tables import FLOW, devices, series, statistic_reports, zone_reports
from privcv_core.protocol.site_record import SiteRecord

LOOK_BACK = timedelta(hours=26)
"""How far back the newest window of a place is looked for: a footfall of a day of 25 h is in it."""

LONGEST_ADAPTIVE_S = 3600
GRACE_S = 60
FLOOR = "floor"

PlaceKey = tuple[int, str, str]
"""Device, camera and name of a zone or line."""


@dataclass(frozen=True)
class Newest:
    """The newest report of one statistic of one place; ``row`` None where none came."""

    statistic: str
    state: State
    row: Row[Any] | None = None


@dataclass
class Place:
    """A zone, a line, or the floor of a camera; what the site record says of it."""

    device: str
    camera: str
    name: str
    kind: Literal["zone", "line", "floor"] = "zone"
    label: str = ""
    area_m2: float | None = None
    capacity: int | None = None
    k: int = 1  # fewest people that are told
    expected: tuple[str, ...] = ()
    newest: list[Newest] = field(default_factory=list)


def places_now(rows: Iterable[Row[Any]], records: list[KeptRecord], now: datetime) -> list[Place]:
    """The places of a site, those of site records first.

    ``rows``: of it, as ``newest_rows`` found; ``records``: the newest of its devices.
    """
    places: dict[PlaceKey, Place] = {}
    adaptive = {kept.device_pk: kept.record.adaptive for kept in records}
    for kept in records:
        for place in _recorded(kept.device, kept.record):
            places[kept.device_pk, place.camera, place.name] = place
    found: dict[PlaceKey, dict[str, Newest]] = {}
    for row in rows:
        statistic = row.statistic
        state = _state(row, adaptive.get(row.device_pk, False), now)
        key = (row.device_pk, row.camera, row.zone)
        if key not in places:
            if state == "nothing_arrived" and row.device_pk in adaptive:
                continue  # it is no longer in the site's record
            kind: Literal["zone", "line", "floor"] = "floor" if row.zone == FLOOR else "zone"
            if statistic in ("entries", "exits"):
                kind = "line"
            places[key] = Place(row.device, row.camera, row.zone, kind)
        found.setdefault(key, {})[statistic] = Newest(statistic, state, row)
    for key, place in places.items():
        seen = found.get(key, {})
        missing = [one for one in place.expected if one not in seen]
        place.newest = [*seen.values(), *(Newest(one, "nothing_arrived") for one in missing)]
    return list(places.values())


def _recorded(device: str, record: SiteRecord) -> Iterator[Place]:
    """Places of a record, and of which statistics a window is expected there."""
    release = set(record.release)
    of_zones = ("visitors",) if release & {"visitors", "flow"} else ()
    of_lines = ("entries", "exits") if "entries" in release else ()
    for camera in record.cameras:
        if "footfall" in release:
            yield Place(device, camera.name, FLOOR, "floor", expected=("footfall",))
        for zone in camera.zones:
            there = ("queue" if zone.queue else "presence",) if "presence" in release else ()
            yield Place(
                device, camera.name, zone.name, "zone", zone.label, zone.area_m2, zone.capacity,
                record.k, (*of_zones, *there),
            )  # fmt: skip
        for line in camera.lines:
            yield Place(device, camera.name, line.name, "line", line.label, expected=of_lines)


def _state(row: Row[Any], adaptive: bool, now: datetime) -> State:
    # The next window ends one length later; one more is left for what is on its way.
    length_s = max(row.length_s, LONGEST_ADAPTIVE_S if adaptive else 0)
    if row.period == "day":  # so far: told again with every window, and for a day at the most
        length_s = LONGEST_ADAPTIVE_S
    overdue = timedelta(seconds=row.length_s + 2 * length_s + GRACE_S)
    if now - row.start > overdue:
        return "nothing_arrived"
    return STATES[row.reason]


def newest_rows(
    connection: Connection, sites: Iterable[int], now: datetime
) -> dict[int, list[Row[Any]]]:
    """The newest report of each place and statistic of ``sites``, by site.

    Columns of all have the same names. Hundreds of sites are asked for at once: a query for each
    took two seconds of 500.
    """
    mine = list(sites)
    zones, others = zone_reports.c, statistic_reports.c
    visitors = _ranked(
        zones.series_pk, zones.site_pk, (zones.window_start, zones.window_s, zones.release),
        zones.window_start.label("start"), zones.window_s.label("length_s"),
        zones.occupancy.label("value"), zones.occupancy_low.label("low"),
        zones.occupancy_high.label("high"), zones.status, zones.reason, zones.confidence,
        zones.coverage, literal("visitors").label("statistic"), literal("window").label("period"),
        *(zones[name] for name in FLOW),
    ).where(zones.site_pk.in_(mine), zones.window_start >= now - LOOK_BACK)  # fmt: skip
    so_far = (others.statistic == "footfall") & (others.period == "day")
    rest = _ranked(
        others.series_pk, others.site_pk,
        (others.start, others.length_s, others.release, others.item),
        others.start, others.length_s, others.value, others.low, others.high, others.status,
        others.reason, others.confidence, others.coverage, others.statistic, others.period,
        apart=(others.statistic,),
    ).where(
        others.site_pk.in_(mine),
        others.start >= now - LOOK_BACK,
        (others.period == "window") | so_far,
    )  # fmt: skip
    found: dict[int, list[Row[Any]]] = {}
    for query in (visitors, rest):
        table = query.subquery()
        newest = select(table).where(table.c.rank == 1)
        for row in connection.execute(newest.order_by(table.c.series_pk)):
            found.setdefault(row.site_pk, []).append(row)
    return found


def _ranked(
    key: ColumnElement[int],
    site: ColumnElement[int],
    order: tuple[ColumnElement[Any], ...],
    *columns: ColumnElement[Any],
    apart: tuple[ColumnElement[Any], ...] = (),
) -> Select[Any]:
    """Rows of devices that are not revoked; ``rank`` 1 is the last by ``order`` of each series."""
    rank = func.row_number().over(
        partition_by=(key, *apart), order_by=[column.desc() for column in order]
    )
    return (
        select(
            key.label("series_pk"), site.label("site_pk"), series.c.device_pk, series.c.camera,
            series.c.zone, devices.c.device, *columns, rank.label("rank"),
        )
        .join(series, series.c.pk == key)
        .join(devices, devices.c.pk == series.c.device_pk)
        .where(devices.c.revoked_at.is_(None))
    )  # fmt: skip
