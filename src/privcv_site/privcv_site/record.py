# SPDX-License-Identifier: Apache-2.0
"""The record of a site: what its collector is told of zones, lines, hours and the promise."""

from collections.abc import Mapping

from pydantic import ValidationError

from privcv_core.protocol.errors import SiteRecordError
from privcv_core.protocol.release import words_of
from privcv_core.protocol.site_record import (
    RecordedCamera,
    RecordedLine,
    RecordedZone,
    SiteRecord,
)
from privcv_site.camera import SiteLine, SiteZone
from privcv_site.site import Site

_DIGITS = 2  # of an area, m2


def site_record(site: Site) -> SiteRecord:
    """The record of ``site``: of what its file says, and nothing that names a secret or a file.

    Raises ``SiteRecordError`` for a site with more than a record can hold.
    """
    try:
        return _record(site)
    except ValidationError as error:
        raise SiteRecordError(f"the site's record: {words_of(error)}") from error


def _record(site: Site) -> SiteRecord:
    privacy = site.privacy
    cameras = [
        _camera(name, camera.label, camera.zones, camera.lines)
        for name, camera in site.cameras.items()
        if camera.zones
    ]
    # What reports call a camera may be a floor of several: it has their lines.
    cameras += [
        _camera(
            name,
            floor.label,
            floor.zones,
            {line: one for c in floor.cameras for line, one in site.cameras[c].lines.items()},
        )
        for name, floor in site.floors.items()
    ]
    return SiteRecord(
        site=site.site,
        label=site.label,
        time_zone=site.time_zone,
        opening_hours=site.opening_hours,
        holidays=sorted(set(site.holidays)),
        unit=privacy.unit,
        epsilon=privacy.epsilon,
        delta=privacy.counts_delta,
        window_s=privacy.window_s,
        adaptive=privacy.adaptive,
        k=privacy.k,
        release=list(privacy.release),
        plan_m=site.plan_m or _box(cameras),
        cameras=cameras,
    )


def _camera(
    name: str, label: str, zones: Mapping[str, SiteZone], lines: Mapping[str, SiteLine]
) -> RecordedCamera:
    return RecordedCamera(
        name=name,
        label=label,
        zones=[
            RecordedZone(
                name=zone_name,
                label=zone.label,
                polygon_m=zone.polygon_m,
                area_m2=round(_area_m2(zone.polygon_m), _DIGITS),
                capacity=zone.capacity,
                queue=zone.queue,
            )
            for zone_name, zone in zones.items()
        ],
        lines=[
            RecordedLine(name=line_name, label=line.label, ends_m=line.ends_m)
            for line_name, line in lines.items()
        ],
    )


def _area_m2(polygon_m: list[float]) -> float:
    """Of a simple polygon, by the shoelace formula (Gauss's area formula)."""
    x, y = polygon_m[::2], polygon_m[1::2]
    following = zip(x[1:] + x[:1], y[1:] + y[:1], strict=True)
    return abs(sum(a * d - c * b for a, b, (c, d) in zip(x, y, following, strict=True))) / 2


def _box(cameras: list[RecordedCamera]) -> list[float]:
    """Left, bottom, right, top of all zones and lines, m."""
    places = [zone.polygon_m for camera in cameras for zone in camera.zones]
    places += [line.ends_m for camera in cameras for line in camera.lines]
    x = [value for place in places for value in place[::2]]
    y = [value for place in places for value in place[1::2]]
    return [min(x), min(y), max(x), max(y)]
