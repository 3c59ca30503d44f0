# SPDX-License-Identifier: Apache-2.0
"""The report's own words about how near to the truth it is."""

from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from privcv_bringup.report.comparison import compare
from privcv_bringup.report.page import Table, write_page
from privcv_bringup.report.released import Released
from privcv_core.protocol.release import ZoneReport

START = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)


def report(zone: str, value: tuple[int, int, int] | None, camera: str = "lobby") -> ZoneReport:
    """``value``: occupancy and its interval; None: suppressed."""
    occupancy, low, high = value or (0, 0, 0)
    status: Literal["published", "suppressed"] = "published" if value else "suppressed"
    return ZoneReport(
        camera=camera, zone=zone, status=status, reason="none" if value else "below_k",
        confidence=0.9, coverage=1.0, epsilon=1.0, delta=0.0, unit="visit", mechanism="laplace",
        window_start=START, window_s=300, occupancy=occupancy, occupancy_low=low,
        occupancy_high=high, flow=[occupancy, 0, 0, 0, 0],
    )  # fmt: skip


def test_it_says_on_which_side_values_lie_and_which_intervals_hold() -> None:
    released = Released(
        (
            report("a", (7, 5, 9)),  # of 8
            report("b", (8, 7, 9)),  # of 8
            report("c", (12, 10, 14)),  # of 8: outside
            report("d", None),
            report("a", (1, 0, 2), camera="other"),
            report("e", (3, 2, 4)),  # nobody knows
        ),
        (),
    )
    found = compare(released, "lobby", {(zone, START.timestamp()): 8 for zone in "abcd"})
    assert found is not None
    assert (found.below, found.equal, found.above, found.held) == (1, 1, 1, 2)
    assert found.rows[0] == ["08:00:00", "a", "7", "5 to 9", "8"]
    assert found.rows[3] == ["08:00:00", "d", "suppressed", "", "8"]
    assert found.facts()["intervals that hold the truth"] == "2 of 3"


def test_without_a_truth_it_says_nothing() -> None:
    assert compare(Released((report("a", (7, 5, 9)),), ()), "lobby", {}) is None


def test_the_page_holds_the_table_in_words(tmp_path: Path) -> None:
    table = Table("Released and true", "Both.", ("zone", "truth"), [("<a>", "8")])
    write_page(tmp_path / "report.html", "title", "lead", {}, [], None, table)
    page = (tmp_path / "report.html").read_text()
    assert "<th>zone</th><th>truth</th>" in page
    assert "<td>&lt;a&gt;</td><td>8</td>" in page
