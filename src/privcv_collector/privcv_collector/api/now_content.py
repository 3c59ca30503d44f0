# SPDX-License-Identifier: Apache-2.0
"""How a site is now, as people read it: for one answer, and for all to whom it is pushed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from privcv_collector.api.people import THOUSANDTHS, in_people, of_capacity, per_m2
from privcv_collector.devices.access import Access
from privcv_collector.queries.now_queries import Newest, Place, newest_rows, places_now
from privcv_collector.queries.report_states import Room, State
from privcv_collector.queries.site_queries import KeptRecord, known_zone, newest_records
from privcv_collector.storage.tables import FLOW
from privcv_core.protocol.timestamps import rfc3339


def sites_now(connection: Connection, keys: dict[int, str], now: datetime) -> list[dict[str, Any]]:
    """A ``SiteNow`` of each site of ``keys``, as it is at ``now``."""
    records: dict[str, list[KeptRecord]] = {}
    for kept in newest_records(connection, keys):
        records.setdefault(kept.site, []).append(kept)
    rows, found = newest_rows(connection, keys, now), []
    for site_pk, name in keys.items():
        mine = records.get(name, [])
        first = mine[0].record if mine else None
        found.append(
            {
                "site": name,
                "label": first.label if first else "",
                "time_zone": known_zone(first) if first else "UTC",
                "places": [_place(place) for place in places_now(rows.get(site_pk, ()), mine, now)],
            }
        )
    return found


def display_of(site: dict[str, Any], access: Access) -> dict[str, Any]:
    """What a display may show of a ``SiteNow``: its places, all where its token names none."""
    shown = [
        {**place, "device": ""}
        for place in site["places"]
        if not access.places or f"{place['camera']}/{place['place']}" in access.places
    ]
    return {**site, "places": shown}


def _place(place: Place) -> dict[str, Any]:
    return {
        "device": place.device,
        "camera": place.camera,
        "place": place.name,
        "label": place.label,
        "kind": place.kind,
        "k": place.k,
        "area_m2": place.area_m2,
        "capacity": place.capacity,
        "statistics": [_statistic(place, newest) for newest in place.newest],
    }


def _statistic(place: Place, newest: Newest) -> dict[str, Any]:
    row = newest.row
    values: dict[str, float | None] = {"value": None, "low": None, "high": None}
    if row is not None and newest.state == "published":
        values = in_people(newest.statistic, row)
    return {
        "statistic": newest.statistic,
        "state": newest.state,
        "reason": None if row is None else row.reason,
        **values,
        "confidence": None if row is None else row.confidence,
        "coverage": None if row is None else row.coverage,
        "start": None if row is None else rfc3339(row.start),
        "length_s": None if row is None else row.length_s,
        "density_per_m2": per_m2(newest.statistic, values["value"], place.area_m2),
        "of_capacity": of_capacity(newest.statistic, values["value"], place.capacity),
        "flow": _flow(newest),
        "room": room_of(newest.statistic, newest.state, values, place),
    }


def _flow(newest: Newest) -> list[int] | None:
    """Where visitors of the window headed; ``None`` of what has no such thing."""
    if newest.statistic != "visitors" or newest.state != "published" or newest.row is None:
        return None
    return [getattr(newest.row, name) for name in FLOW]


def room_of(
    statistic: str, state: State, values: dict[str, float | None], place: Place
) -> Room | None:
    """Whether more people may come in, by the interval: surely only where all of it says so.

    ``None`` where nothing is known, or of what is no number of people that are there at once.
    """
    if place.capacity is None or statistic not in THOUSANDTHS:
        return None
    if state == "few":
        return "few" if place.k < place.capacity else None
    value, low, high = (values[name] for name in ("value", "low", "high"))
    if state != "published" or value is None or low is None or high is None:
        return None
    if low >= place.capacity:
        return "surely_full"
    if high < place.capacity:
        return "surely_room"
    return "possibly_full" if value >= place.capacity else "possibly_room"
