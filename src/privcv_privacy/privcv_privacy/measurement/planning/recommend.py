# SPDX-License-Identifier: Apache-2.0
"""Recommend: which window, bound M, cap, shares and zones give what is released least error.

Nothing here reads anything that is protected: it is done before a site runs, on numbers that
somebody assumes, or on a recording that may be looked at.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.measurement.planning import forecast
from privcv_privacy.measurement.planning.division import with_shares
from privcv_privacy.measurement.planning.forecast import Outlook
from privcv_privacy.measurement.planning.hours import with_hour_share, with_hours
from privcv_privacy.measurement.planning.traffic import Traffic, VisitShape, ZoneStay
from privcv_privacy.measurement.planning.windows import windows_in, with_window
from privcv_privacy.settings import PrivacySettings

WINDOWS_S = (60, 300, 900, 3600)
BOUNDS = (1, 2, 3, 4, 6, 8)
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Choice:
    """Visitors with windows and a bound of this kind."""

    window_s: int
    max_cells: int
    visitors: Outlook
    flow: float  # accuracy of the shares of headings


@dataclass(frozen=True)
class Recommendation:
    """What to set, what to expect of it, and why."""

    settings: PrivacySettings
    choices: tuple[Choice, ...]
    outlooks: tuple[Outlook, ...]
    reasons: tuple[str, ...]
    merged: Outlook | None = None  # visitors, if all zones were one

    def privacy(self) -> dict[str, object]:
        """The recommended part of a site file's ``privacy``."""
        settings = self.settings
        content: dict[str, object] = {
            "window_s": settings.window_s,
            "max_cells": settings.max_cells,
            "shares": settings.shares.model_dump(),
        }
        if "presence" in settings.release:
            content["presence_cap_s"] = settings.presence_cap_s
        if settings.hour_share:
            content["hour_share"] = settings.hour_share
        return content


def choices_of(
    traffic: Traffic,
    settings: PrivacySettings,
    hours: float,
    windows_s: Sequence[int] = WINDOWS_S,
    bounds: Sequence[int] = BOUNDS,
) -> list[Choice]:
    """Expected errors of visitors for every window and bound."""
    found = []
    for window_s in windows_s:
        windows = windows_in(traffic, hours, window_s)
        for bound in bounds if settings.unit != "event" else bounds[:1]:
            tried = with_window(settings, window_s, max_cells=bound)
            outlook, flow = forecast.visitors(traffic, tried, windows)
            found.append(Choice(window_s, bound, outlook, flow))
    return found


def recommend(
    traffic: Traffic, settings: PrivacySettings, hours: float, target: float, lines: int = 0
) -> Recommendation:
    """What to set for ``traffic`` under the promise of ``settings`` (unit, epsilon, k, release).

    ``hours``: for which the site is open in a day; ``target``: relative error that is good enough;
    ``lines``: of the camera.
    """
    settings = settings.model_copy(update={"hour_share": 0.0})  # chosen last
    reasons: list[str] = []
    merged = None
    if not {"visitors", "flow"} & set(settings.release):
        return _without_counts(traffic, settings, hours, target, lines)
    choices = choices_of(traffic, settings, hours)
    best = _best(choices, target, reasons)
    chosen = with_window(settings, best.window_s, max_cells=best.max_cells)
    if best.visitors.error > target and len(traffic.zones.names) > 1:
        windows = windows_in(traffic, hours, best.window_s)
        merged, _ = forecast.visitors(as_one_zone(traffic), chosen, windows)
        if merged.error < best.visitors.error / 2:
            reasons.append(
                f"zones: {len(traffic.zones.names)} zones share few visitors; one zone in their "
                f"place has an error of {merged.error:.0%} instead of {best.visitors.error:.0%}: "
                "merge those that nobody needs apart"
            )
    if "presence" in chosen.release:
        chosen = _with_cap(traffic, chosen, hours, reasons)
    before = outlooks_of(traffic, chosen, hours, lines, best)
    chosen = with_shares(traffic, chosen, hours, target, before, reasons)
    windows = windows_in(traffic, hours, chosen.window_s)
    after, flow = forecast.visitors(traffic, chosen, windows)
    best = Choice(chosen.window_s, chosen.max_cells, after, flow)
    outlooks = outlooks_of(traffic, chosen, hours, lines, best)
    chosen = with_hour_share(chosen, outlooks, reasons)
    outlooks = with_hours(chosen, outlooks)
    return Recommendation(chosen, tuple(choices), tuple(outlooks), tuple(reasons), merged)


def _without_counts(
    traffic: Traffic, settings: PrivacySettings, hours: float, target: float, lines: int
) -> Recommendation:
    """Where neither visitors nor flow are released: the window is that of presence or entries."""
    for window_s in WINDOWS_S:
        reasons: list[str] = []
        chosen = with_window(settings, window_s)
        if "presence" in chosen.release:
            chosen = _with_cap(traffic, chosen, hours, reasons)
        before = outlooks_of(traffic, chosen, hours, lines)
        chosen = with_shares(traffic, chosen, hours, target, before, reasons)
        outlooks = outlooks_of(traffic, chosen, hours, lines)
        errors = [one.error for one in outlooks if one.statistic in ("presence", "entries")]
        if max(errors, default=0.0) <= target:
            break
    worst = max(errors, default=math.nan)
    reasons.insert(
        0, f"window: with {window_s} s the worst of presence and entries has {worst:.0%}"
    )
    chosen = with_hour_share(chosen, outlooks, reasons)
    return Recommendation(chosen, (), tuple(with_hours(chosen, outlooks)), tuple(reasons))


def outlooks_of(
    traffic: Traffic,
    settings: PrivacySettings,
    hours: float,
    lines: int,
    visitors: Choice | None = None,
) -> list[Outlook]:
    """What to expect of everything that ``settings`` release, the windows of one zone or line."""
    zones, window_h = len(traffic.zones.names), settings.window_s / 3600
    release, found = set(settings.release), []
    if visitors is not None:
        found.append(visitors.visitors)
    if visitors is not None and "flow" in release:
        error = 1 - visitors.flow
        found.append(replace(visitors.visitors, statistic="flow", error=error, sd=math.nan))
    if "presence" in release and settings.presence_epsilon:
        windows = windows_in(traffic, hours, settings.window_s)
        found.append(forecast.presence(traffic, settings, windows))
    if "entries" in release and settings.entries_epsilon and lines:
        found.append(forecast.entries(settings, traffic.per_hour * window_h / lines))
    if "footfall" in release and settings.footfall_epsilon:
        found.append(forecast.footfall(settings, traffic.per_hour, hours))
    if "dwell" in release and settings.dwell_epsilon:
        per_period = traffic.per_hour * min(hours, settings.dwell_period_s / 3600)
        each = per_period * traffic.cells_at / zones / 3
        found.append(forecast.dwell(settings, each))
    return found


def as_one_zone(traffic: Traffic) -> Traffic:
    """The same visits where all zones are one."""
    boxes_m = traffic.zones.boxes_m
    box_m = np.array([[*boxes_m[:, :2].min(axis=0), *boxes_m[:, 2:].max(axis=0)]])
    zones = replace(traffic.zones, names=("all",), boxes_m=box_m)
    shapes = tuple(
        VisitShape(
            (ZoneStay(0, shape.stays[0].first, shape.ticks - 1, shape.stays[0].bin),)
            if shape.stays
            else (),
            tuple(min(zone, 0) for zone in shape.ended_in),
        )
        for shape in traffic.shapes
    )
    return replace(traffic, zones=zones, shapes=shapes)


def _best(choices: Sequence[Choice], target: float, reasons: list[str]) -> Choice:
    """The shortest window whose best bound reaches the target, else the one of least error."""
    least: dict[int, Choice] = {}
    for choice in choices:
        held = least.get(choice.window_s)
        if held is None or choice.visitors.error < held.visitors.error:
            least[choice.window_s] = choice
    enough = [one for _, one in sorted(least.items()) if one.visitors.error <= target]
    best = enough[0] if enough else min(least.values(), key=lambda one: one.visitors.error)
    if enough:
        reasons.append(
            f"window: {best.window_s} s is the shortest with an error of visitors of at most "
            f"{target:.0%} (expected {best.visitors.error:.0%})"
        )
    else:
        reasons.append(
            f"window: none reaches an error of {target:.0%}; {best.window_s} s comes nearest "
            f"({best.visitors.error:.0%}): so few people need longer windows, fewer zones, or a "
            "larger epsilon"
        )
    same = [one for one in choices if one.window_s == best.window_s]
    others = ", ".join(f"{one.max_cells}: {one.visitors.error:.0%}" for one in same)
    reasons.append(
        f"max_cells: {best.max_cells} leaves out {best.visitors.lost:.0%} of what visits do, and "
        f"noise grows with it; errors by bound are {others}"
    )
    return best


def _with_cap(
    traffic: Traffic, settings: PrivacySettings, hours: float, reasons: list[str]
) -> PrivacySettings:
    times_s = traffic.times_s[traffic.times_s > 0]
    caps = {
        int(max(TICK_S, math.ceil(np.quantile(times_s, one) / TICK_S) * TICK_S))
        for one in QUANTILES
    }
    windows = windows_in(traffic, hours, settings.window_s)
    tried = {
        cap: forecast.presence(
            traffic, settings.model_copy(update={"presence_cap_s": cap}), windows
        )
        for cap in sorted(caps)
    }
    cap = min(tried, key=lambda one: tried[one].error)
    shown = ", ".join(f"{one} s: {outlook.error:.0%}" for one, outlook in tried.items())
    reasons.append(
        f"presence_cap_s: {cap} leaves out {tried[cap].lost:.0%} of the time of long visits, and "
        f"noise grows with it; errors by cap are {shown}"
    )
    return settings.model_copy(update={"presence_cap_s": cap})
