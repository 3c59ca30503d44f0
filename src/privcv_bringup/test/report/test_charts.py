# SPDX-License-Identifier: Apache-2.0
"""The report draws each state with the mark and the words that the collector's pages have."""

import re
from datetime import datetime, timedelta, timezone

import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import Polygon, Rectangle
from releases import zone_report

from privcv_bringup.report.charts import dwell, occupancy
from privcv_bringup.report.released import read_reports
from privcv_collector.api.pages.dashboard import page_files
from privcv_collector.queries.report_states import COLOURS, MARKS, STATES

START = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)
K = 5
TOTALS = (
    "kind",
    "window_start",
    "window_s",
    "occupancy",
    "occupancy_low",
    "occupancy_high",
    "flow",
)
NONE = {"status": "suppressed", "occupancy": 0, "occupancy_low": 0, "occupancy_high": 0,
        "flow": [0] * 5}  # fmt: skip


@pytest.fixture
def figure():
    """A window of each reason a minute after another."""
    rows = [
        zone_report(number, reason=reason, **({} if reason == "none" else NONE))
        for number, reason in enumerate(STATES)
    ]
    made = occupancy(read_reports(rows, []), "lobby", {}, K)
    yield made
    plt.close(made)


def test_each_state_has_the_shape_and_height_that_pages_give_it(figure):
    (axis,) = figure.axes
    top = axis.get_ylim()[1]
    spans = {one.get_xy()[0]: one for one in axis.patches if isinstance(one, Rectangle)}
    shapes = sorted(
        [one.get_paths()[0].get_extents() for one in axis.collections], key=lambda box: box.x0
    )
    published, few = shapes
    assert (published.y0, published.y1) == (9, 12 + 3)
    assert (few.y0, few.y1) == (0, K)  # and no higher: it says few, not unknown
    assert axis.collections[1].get_hatch() == "///"
    full = [spans[at] for at in sorted(spans)]
    assert [one.get_hatch() for one in full] == ["|||", "|||", None]
    assert [one.get_linestyle() for one in full] == ["-", "-", ":"]
    assert all(one.get_extents().height > 0.9 * axis.get_window_extent().height for one in full)
    assert top >= K
    assert not [one for one in axis.patches if isinstance(one, Polygon) and one.get_fill()]


def test_stays_are_drawn_as_intervals_that_do_not_begin_at_zero():
    about = {"kind": "dwell", "period_start": "2026-01-31T08:00:00Z", "period_s": 3600}
    report = {name: value for name, value in zone_report(0).items() if name not in TOTALS}
    stays = {"visits": [11, 22, 33], "visits_low": [9, 18, 27], "visits_high": [13, 26, 39]}
    none = {name: [0, 0, 0] for name in stays}
    hidden = {"zone": "hall", "status": "suppressed", "reason": "budget"}
    rows = [{**report, **about, **stays}, {**report, **about, **none, **hidden}]
    made = dwell(read_reports([], rows).dwell, {})
    said, drawn = made.axes  # by name, the floor last
    assert [(bar.get_y(), bar.get_height()) for bar in drawn.patches] == [(9, 4), (18, 8), (27, 12)]
    assert [one.get_text() for one in said.texts] == ["hidden: the privacy budget is spent"]
    plt.close(made)


def test_the_legend_says_what_pages_say(figure):
    (legend,) = figure.legends
    assert [one.get_text() for one in legend.get_texts()] == [
        "value and its interval",
        "few (fewer than about 5)",
        "not observed",
        "hidden: the privacy budget is spent",
    ]
    script = page_files()["pages.js"].content.decode()
    assert "few (fewer than about {k})" in script


def test_a_mark_has_one_colour_on_pages_and_in_the_report():
    style = page_files()["style.css"].content.decode()
    light = style[: style.index("@media")]
    assert dict(re.findall(r"--(\w+):(#\w{6})", light)).items() >= COLOURS.items()


def test_every_reason_has_a_state_and_every_state_a_mark_of_its_own():
    assert {*STATES.values(), "nothing_arrived"} == set(MARKS)
    shapes = [(mark.reach, mark.hatch, mark.is_dotted) for mark in MARKS.values()]
    assert len(set(shapes)) == len(MARKS)


def test_windows_follow_each_other_by_time(figure):
    (axis,) = figure.axes
    first = min(box.get_paths()[0].get_extents().x0 for box in axis.collections)
    assert timedelta(days=first) == START - datetime(1970, 1, 1, tzinfo=timezone.utc)
