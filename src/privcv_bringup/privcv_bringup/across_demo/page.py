# SPDX-License-Identifier: Apache-2.0
"""The report page of the demonstration: truth, totals with their interval, and what sites told."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.dates as dates
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from privcv_bringup.across_demo.run import EPSILON, SITES, Seen
from privcv_bringup.across_demo.scene import WINDOW_S, ZONES
from privcv_bringup.report.charts import INK, RELEASED, TRUTH
from privcv_bringup.report.page import Picture, Table, write_page

TOLD = "#8a8d2b"


def write_across_page(path: Path, seen: Seen) -> None:
    """Write the page to ``path``."""
    error = {name: rms(values - seen.truth) for name, values in both(seen)}
    within = int((np.abs(seen.totals - seen.truth) <= seen.half_width).sum())
    leader, helper = seen.task.task.leader.operator.name, seen.task.task.helper.operator.name
    facts = {
        "sites, each with a device of its own": str(SITES),
        "windows of five minutes": str(len(seen.truth)),
        f"interval of a total, {seen.confidence:.0%}": f"± {seen.half_width}",
        "totals whose interval holds the truth": f"{within} of {seen.truth.size}",
        "root mean square error of totals": f"{error['total']:.1f}",
        "the same of added-up reports of sites": f"{error['told']:.1f}",
        "reports of which their device verified, by the log, that they were counted": (
            f"{seen.proved} of {seen.reports}"
        ),
        "from keys to this page": f"{seen.took_s:.0f} s",
    }
    write_page(
        path,
        "Five sites, two collectors, one total",
        f"Devices split their counts into two shares. {leader} and {helper} each add up one half "
        "of each site's, and neither can look into a site. Each adds its whole noise, once; what a "
        f"visit pays for all totals together is epsilon {EPSILON:g}.",
        facts,
        [Picture("Totals over sites", _WORDS, _figure(seen))],
        None,
        _table(seen),
    )


_WORDS = (
    "Orange: how many visitors there were at all five sites. Blue: the total that both collectors "
    "made, with its interval. Olive: the reports that sites publish themselves, added up: each has "
    "noise of its own, none is below 0, and where few are there a site tells nothing, so that "
    "sums of them are further off, and small zones come out wrong."
)


def both(seen: Seen) -> list[tuple[str, np.ndarray]]:
    """The two ways to a number for all sites."""
    return [("total", seen.totals), ("told", seen.told)]


def rms(errors: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(errors))))


def _times(seen: Seen) -> list[datetime]:
    first = datetime.fromtimestamp(seen.begin_s, timezone.utc)
    return [first + timedelta(seconds=WINDOW_S * at) for at in range(len(seen.truth))]


def _figure(seen: Seen) -> Figure:
    axes: list[Axes]
    figure: Figure
    figure, axes = plt.subplots(len(ZONES), 1, figsize=(9.2, 7.2), sharex=True)
    times = dates.date2num(_times(seen))
    for at, (axis, zone) in enumerate(zip(axes, ZONES, strict=True)):
        axis.plot(times, seen.told[:, at], "s", color=TOLD, ms=5, label="reports of sites, added")
        axis.errorbar(
            times, seen.totals[:, at], yerr=seen.half_width, fmt="o", color=RELEASED, capsize=3,
            label="total over sites, with its interval",
        )  # fmt: skip
        axis.step(times, seen.truth[:, at], where="mid", color=TRUTH, lw=2, label="truth")
        axis.axhline(0, color=INK, lw=0.6)
        axis.set_ylabel(f"{zone}\nvisitors")
        axis.spines[["top", "right"]].set_visible(False)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncol=3, frameon=False, fontsize=9)
    axes[-1].xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=timezone.utc))
    axes[-1].set_xlabel("start of the window, UTC")
    figure.tight_layout(rect=(0, 0, 1, 0.96))
    return figure


def _table(seen: Seen) -> Table:
    rows = [
        (
            f"{time:%H:%M}", zone, str(seen.truth[window, at]),
            f"{seen.totals[window, at]} ± {seen.half_width}", str(seen.told[window, at]),
        )
        for window, time in enumerate(_times(seen))
        for at, zone in enumerate(ZONES)
    ]  # fmt: skip
    return Table(
        "Side by side",
        f"A total can be below 0: that is noise, and told as it is. {seen.suppressed} reports of "
        "sites were not published, since few were there, and are not in their sum.",
        ("window", "zone", "truth", "total over sites", "reports of sites, added"),
        rows,
    )
