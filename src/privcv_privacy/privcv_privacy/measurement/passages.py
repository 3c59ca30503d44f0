# SPDX-License-Identifier: Apache-2.0
"""Entries, exits and presence of the real chain, without noise and bound, against the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from privcv_core.event_time.calendar import ALWAYS_UTC
from privcv_core.protocol.timestamps import s_from_ns, to_ns
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.line_settings import LineSettings
from privcv_privacy.measurement.no_noise import NoNoise
from privcv_privacy.measurement.totals import (
    CAMERA,
    Unbroken,
    Windows,
    aligned_origin_s,
)
from privcv_privacy.measurement.tracked_frames import LONGEST_STEP_S, TrackedFrame, anonymous_ticks
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.measurement.zone_layouts import ZoneLayout
from privcv_privacy.settings import PrivacySettings, shares_of

CLEAR_M = 0.25
"""Whoever is this far beyond a line, m, has crossed it, and not only stood on it."""

LONGEST_STAY_S, MOST_CROSSINGS = 86_400, 64
"""As good as no bound: nobody is lost to it."""


@dataclass(frozen=True)
class Passed:
    """Of one place over all whole windows: what is true, and what is counted."""

    statistic: str  # entries, exits or presence
    place: str  # the line's or zone's name
    true: float  # crossings; of presence, people on average
    counted: float


def evaluate_passages(
    frames: Sequence[TrackedFrame],
    truth: Trajectories,
    layout: ZoneLayout,
    windows: Windows,
    privacy: PrivacySettings,
    anonymization: AnonymizationSettings,
) -> list[Passed]:
    """Crossings of each line of ``layout``, both ways, and people in each zone on average.

    Times of both count from the first frame, s. ``privacy``: unit and windows.
    """
    release = ["presence", "entries"] if layout.lines else ["presence"]
    settings = privacy.model_copy(
        update={
            "release": release,
            "shares": shares_of(release),
            "presence_cap_s": LONGEST_STAY_S,
            "max_crossings": MOST_CROSSINGS,
        }
    )
    counted = _counted(frames, layout, windows, settings, anonymization)
    ends_s = windows.count * windows.length_s
    true = person_seconds(truth, layout, ends_s) / ends_s
    rows = [
        Passed("presence", name, float(people), counted.get(("presence", name), 0) / windows.count)
        for name, people in zip(layout.zones, true, strict=True)
    ]
    for name, line in layout.lines.items():
        for way, number in zip(("entries", "exits"), crossings(truth, line, ends_s), strict=True):
            rows.append(Passed(way, name, number, counted.get((way, name), 0)))
    return rows


def crossings(truth: Trajectories, line: LineSettings, until_s: float) -> tuple[int, int]:
    """How often people went over ``line`` to its left and to its right, before ``until_s``.

    Somebody crosses whose way leads through the line, from ``CLEAR_M`` and more on one side to as
    much on the other; a way may begin nearer.
    """
    first, last = np.reshape(line.ends_m, (2, 2)).astype(float)
    along = (last - first) / np.hypot(*(last - first))
    segment = shapely.LineString([first, last])
    left = right = 0
    for rows in _of_each_person(truth):
        rows = rows[truth.t_s[rows] < until_s]
        places = np.column_stack([truth.x_m[rows], truth.y_m[rows]])
        beside = along[0] * (places[:, 1] - first[1]) - along[1] * (places[:, 0] - first[0])
        clear = np.flatnonzero((np.abs(beside) >= CLEAR_M) | (np.arange(len(rows)) == 0))
        for begin, end in pairwise(clear.tolist()):
            if (beside[begin] > 0) == (beside[end] > 0):
                continue
            if shapely.LineString(places[begin : end + 1]).intersects(segment):
                left += bool(beside[end] > 0)
                right += bool(beside[end] <= 0)
    return left, right


def person_seconds(
    truth: Trajectories, layout: ZoneLayout, until_s: float
) -> npt.NDArray[np.float64]:
    """Time (zones,) that people were in each zone, s: each sample lasts until the next of its id,
    if that comes within ``LONGEST_STEP_S``."""
    zone = layout.zone_of(truth.x_m, truth.y_m)
    total = np.zeros(len(layout.zones))
    for rows in _of_each_person(truth):
        times = np.minimum(truth.t_s[rows], until_s)
        lasts = np.diff(times)
        counts = (zone[rows[:-1]] >= 0) & (lasts <= LONGEST_STEP_S + 1e-9)
        np.add.at(total, zone[rows[:-1]][counts], lasts[counts])
    return total


def _of_each_person(truth: Trajectories) -> list[npt.NDArray[np.intp]]:
    order = np.lexsort((truth.t_s, truth.id))
    return np.split(order, np.flatnonzero(np.diff(truth.id[order])) + 1)


def _counted(
    frames: Sequence[TrackedFrame],
    layout: ZoneLayout,
    windows: Windows,
    settings: PrivacySettings,
    anonymization: AnonymizationSettings,
) -> Mapping[tuple[str, str], float]:
    """By statistic and place, of whole windows: crossings; of presence, the sum of windows."""
    origin_s = aligned_origin_s(max(windows.length_s, TICK_S))
    ticks = anonymous_ticks(frames, anonymization, settings, CAMERA, origin_s, layout.lines)
    zones = zone_map(CAMERA, layout.zones, lines=layout.lines)
    device = Aggregator(
        settings, {CAMERA: zones}, MemoryLedger(), noise=NoNoise, calendar=Unbroken(ALWAYS_UTC.zone)
    )
    releases = [release for tick in ticks for release in device.on_tick(tick)]
    found: dict[tuple[str, str], float] = {}
    for release in [*releases, *device.finish(CAMERA)]:
        for one in release.read().statistics:
            start_s = s_from_ns(to_ns(one.start)) - origin_s
            if round(start_s / windows.length_s) < windows.count and one.period == "window":
                value = one.value / 1000 if one.statistic == "presence" else one.value
                key = (one.statistic, one.place)
                found[key] = found.get(key, 0) + value
    return found
