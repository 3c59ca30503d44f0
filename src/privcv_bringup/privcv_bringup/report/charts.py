# SPDX-License-Identifier: Apache-2.0
"""The pictures of the report: figures of released values and, where it is known, of the truth."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.dates as dates
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from privcv_bringup.report.released import DIRECTIONS, DWELL_CLASSES, FLOOR, Released
from privcv_collector.queries.report_states import (
    COLOURS,
    MARKS,
    STATES,
    WORDS,
    Mark,
    State,
    words_of_state,
)
from privcv_core.protocol.release import DwellReport

INK = "#22313f"
RELEASED = COLOURS["value"]
TRUTH = "#d9822b"
QUIET = "#c9d1d8"
ZONE_COLOURS = (
    "#2f6f9f",
    "#5b9a5b",
    "#a05195",
    "#c0504d",
    "#8a8d2b",
    "#4b8f8c",
    "#7a6c5d",
    "#d9822b",
)
FLOW_COLOURS = ("#b8c4ce", "#2f6f9f", "#5b9a5b", "#c0504d", "#a05195")

TruthOf = Mapping[tuple[str, float], int]
"""True count by zone and window start, s since the epoch."""


def occupancy(released: Released, camera: str, truth: TruthOf, k: int) -> Figure:
    """One panel a zone: each window by its state, as the collector's pages draw it, and the truth.

    ``k``: fewest people that the site tells.
    """
    zones, seen = released.zones(camera), dict[State, None]()
    figure, axes = _panels(max(1, len(zones)), height=1.9)
    if not zones:
        axes[0].text(0.5, 0.5, "nothing was released", ha="center", va="center",
                     transform=axes[0].transAxes, color="#7b8794")  # fmt: skip
        return figure
    for axis, zone in zip(axes, zones, strict=True):
        windows = released.of(camera, zone)
        for window in windows:
            start, length = window.window_start, timedelta(seconds=window.window_s)
            span = [start, start + length]
            state = STATES[window.reason]
            ends = (window.occupancy_low, window.occupancy_high)
            _draw(axis, MARKS[state], span, ends if window.published else (0, max(k, 1)))
            seen[state] = None
            if window.published:
                axis.plot(span, [window.occupancy] * 2, color=RELEASED, lw=2.2)
            count = truth.get((zone, start.timestamp()))
            if count is not None:
                axis.plot([start + length / 2], [count], "o", color=TRUTH, ms=5, zorder=3)
        axis.set_title(_zone_title(zone), loc="left", fontsize=10, color=INK)
        axis.set_ylim(bottom=0)
        axis.yaxis.get_major_locator().set_params(integer=True)
        axis.set_ylabel("people")
        _time_axis(axis)
    keys: list[Any] = [
        Patch(**_style(mark), label=_name(state, k)) for state, mark in MARKS.items()
        if state in seen
    ]  # fmt: skip
    if truth:
        keys.append(plt.Line2D([], [], color=TRUTH, marker="o", lw=0, label="truth (never sent)"))
    figure.legend(handles=keys, loc="upper right", ncols=4, frameon=False, fontsize=9)
    return figure


def _draw(axis: Any, mark: Mark, span: list[Any], ends: tuple[float, float]) -> None:
    if mark.reach == "full":
        axis.axvspan(*span, **_style(mark))
    else:
        axis.fill_between(span, *ends, **_style(mark))


def _style(mark: Mark) -> dict[str, Any]:
    """A mark as matplotlib draws it: the same hatch and outline as on the pages."""
    if mark.reach == "interval":
        return {"facecolor": COLOURS["band"], "edgecolor": COLOURS["value"], "lw": 0.6}
    hatch = None if mark.hatch is None else {45: "///", 0: "|||"}[mark.hatch]
    style = {"facecolor": "none", "edgecolor": COLOURS["hatch"], "hatch": hatch}
    dotted = {"linestyle": ":", "lw": 1.6}
    return {**style, **(dotted if mark.is_dotted else {"linestyle": "-", "lw": 0.6})}


def _name(state: State, k: int) -> str:
    return WORDS["en"]["interval"] if state == "published" else words_of_state(state, k)


def flow(released: Released, camera: str) -> Figure:
    """Where people in each zone were heading, over all published windows."""
    zones = released.zones(camera)
    figure, (axis,) = _panels(1, height=0.6 + 0.45 * len(zones))
    for row, zone in enumerate(zones):
        total = np.sum([w.flow for w in released.of(camera, zone) if w.published], axis=0)
        if not np.any(total):
            axis.text(0.01, row, "nothing published", va="center", color="#7b8794", fontsize=9)
            continue
        shares = np.asarray(total) / np.sum(total)
        left = 0.0
        for share, name, colour in zip(shares, DIRECTIONS, FLOW_COLOURS, strict=True):
            axis.barh(row, share, left=left, color=colour, height=0.62, label=name)
            if share > 0.08:
                axis.text(left + share / 2, row, f"{share:.0%}", ha="center", va="center",
                          color=INK if name == "standing" else "white", fontsize=9)  # fmt: skip
            left += share
    axis.set_yticks(range(len(zones)), [_zone_title(zone) for zone in zones])
    axis.invert_yaxis()
    axis.set_xlim(0, 1)
    axis.xaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0))
    keys = [
        plt.Rectangle((0, 0), 1, 1, color=colour, label=name)
        for name, colour in zip(DIRECTIONS, FLOW_COLOURS, strict=True)
    ]
    figure.legend(handles=keys, loc="upper right", ncols=5, frameon=False, fontsize=9)
    return figure


def dwell(values: Sequence[DwellReport], truth: Mapping[str, tuple[int, ...]]) -> Figure:
    """How long people stayed, by zone; one group of bars a zone."""
    latest = {value.zone: value for value in values}
    zones = sorted(latest, key=lambda zone: (zone == FLOOR, zone))
    figure, axes = _panels(1, height=2.6, columns=max(1, len(zones)))
    for axis, zone in zip(axes, zones, strict=False):
        value = latest[zone]
        places = np.arange(len(DWELL_CLASSES))
        if value.published:
            tall = np.array(value.visits_high) - np.array(value.visits_low)
            axis.bar(places, tall, 0.6, value.visits_low, **_style(MARKS["published"]))
            axis.hlines(value.visits, places - 0.3, places + 0.3, color=RELEASED, lw=2.2)
        else:
            axis.text(0.5, 0.5, words_of_state(STATES[value.reason], 1), ha="center", va="center",
                      transform=axis.transAxes, color="#7b8794")  # fmt: skip
        if zone in truth:
            axis.plot(places, truth[zone], "o", color=TRUTH, ms=6)
        axis.set_xticks(places, DWELL_CLASSES)
        axis.set_ylim(bottom=0)
        axis.set_title(_zone_title(zone), loc="left", fontsize=10, color=INK)
    return figure


def zone_map(
    background: NDArray[np.uint8] | None,
    outlines_px: Mapping[str, NDArray[np.float64]],
    size_px: tuple[int, int],
) -> Figure:
    """The zones (n, 2) px over ``background`` (H, W, 3) BGR, which must hold no people."""
    width, height = size_px
    figure: Figure = plt.figure(figsize=(7.2, 7.2 * height / width), layout="constrained")
    axis = figure.add_subplot()
    if background is not None:
        axis.imshow(background[..., ::-1])
    else:
        axis.set_facecolor("#eef1f4")
    for index, (zone, outline) in enumerate(sorted(outlines_px.items())):
        colour = ZONE_COLOURS[index % len(ZONE_COLOURS)]
        inside = outline[np.isfinite(outline).all(axis=1)]
        if len(inside) < 3:
            continue
        axis.fill(*inside.T, facecolor=colour, alpha=0.28, edgecolor=colour, lw=2)
        middle = np.clip(inside, 0, [width, height]).mean(axis=0)
        axis.text(middle[0], middle[1], zone, ha="center", va="center", color="white", fontsize=11,
                  fontweight="bold", bbox={"facecolor": colour, "lw": 0})  # fmt: skip
    axis.set_xlim(0, width)
    axis.set_ylim(height, 0)
    axis.set_xticks([])
    axis.set_yticks([])
    return figure


def budget(spent: Mapping[str, float], total: float) -> Figure:
    """Epsilon spent by each camera's worst-off person, of the budget."""
    figure, (axis,) = _panels(1, height=0.5 + 0.4 * max(1, len(spent)))
    names = sorted(spent)
    axis.barh(range(len(names)), [total] * len(names), color="#e4e9ed", height=0.55)
    axis.barh(range(len(names)), [spent[n] for n in names], color=RELEASED, height=0.55)
    for row, name in enumerate(names):
        axis.text(total * 1.01, row, f"{spent[name]:.2f} of {total:g}", va="center", color=INK)
    axis.set_yticks(range(len(names)), names)
    axis.set_xlim(0, total * 1.18)
    axis.set_xlabel("privacy budget ε")
    axis.spines["bottom"].set_visible(False)
    return figure


@dataclass(frozen=True)
class Curve:
    """One line of a figure: its name and its points."""

    name: str
    x: Sequence[float]
    y: Sequence[float]  # shares of 1


def curves(
    lines: Sequence[Curve], x_name: str, target: float, *, mark: float, log: bool = False
) -> Figure:
    """Errors as shares of 1; ``target`` is drawn across, ``mark`` is where x is chosen."""
    figure, (axis,) = _panels(1, height=3.6)
    for line, colour in zip(lines, itertools.cycle(ZONE_COLOURS), strict=False):
        axis.plot(line.x, line.y, "o-", color=colour, lw=2, ms=4, label=line.name)
    axis.axhline(target, color=INK, lw=1, ls="--")
    axis.axvline(mark, color=QUIET, lw=6, alpha=0.5, zorder=0)
    if log:
        axis.set_xscale("log")
        axis.set_xticks(lines[0].x, [f"{value:g}" for value in lines[0].x])
        axis.minorticks_off()
    axis.set_ylim(0, min(1.5, max((max(line.y) for line in lines), default=1.0) * 1.05))
    axis.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1.0))
    axis.set_xlabel(x_name)
    axis.set_ylabel("error")
    figure.legend(loc="upper right", ncols=5, frameon=False, fontsize=9)
    return figure


def _panels(rows: int, height: float, columns: int = 1) -> tuple[Figure, list[Any]]:
    figure, axes = plt.subplots(
        rows, columns, figsize=(9.2, rows * height + 0.5), squeeze=False, layout="constrained"
    )
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.32 / figure.get_figheight()))
    flat = list(axes.ravel())
    for axis in flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=9, colors=INK)
    return figure, flat


def _time_axis(axis: Any) -> None:
    locator = dates.AutoDateLocator(tz=timezone.utc, maxticks=9)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S", tz=timezone.utc))


def _zone_title(zone: str) -> str:
    return "floor: all zones" if zone == FLOOR else zone
