# SPDX-License-Identifier: Apache-2.0
"""Hours, days and weeks are sums of what windows drew: true within their intervals, and free.

The oracle adds up true counts by the clock on the wall.
"""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from unittest.mock import patch
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from noise_doubles import Recorder
from tick_sequences import row_of_zones
from worlds import unfiltered

from privcv_core.event_time.calendar import ALWAYS_UTC, Calendar
from privcv_core.settings.hours import Hours
from privcv_privacy.aggregation import publisher, release_queue
from privcv_privacy.aggregation.payments import Lived
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.release_queue import Closed, ReleaseQueue
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.errors import LedgerError
from privcv_privacy.noise.intervals import sum_reach, variance_reach
from privcv_privacy.settings import PrivacySettings

HOUR_S = 3600
BINS = 5
# Every window is paid for: the unit of a window pays in no other.
SETTINGS = PrivacySettings(
    unit="event", window_s=900, k=1, release=["visitors", "presence", "entries"],
    min_coverage=0.5, dwell_period_s=86400,
)  # fmt: skip


class Place:
    """The release queue of one camera with two zones and a line, fed with true counts."""

    def __init__(self, settings=SETTINGS, calendar=ALWAYS_UTC, ledger=None, noise=None):
        self.settings, self.calendar = settings, calendar
        self.zones = replace(row_of_zones("lobby", 2), lines=("door",), queues=(False, True))
        self.ledger = ledger or MemoryLedger()
        self.noise = noise or Recorder()
        self.restart()

    def restart(self):
        self.queue = ReleaseQueue(
            self.settings, self.zones, self.ledger, self.noise, "run", self.calendar
        )

    def window(self, start_s, length_s, people=(0, 0), moments=(0, 0), crossings=(0, 0), seen=1.0):
        """One window: what is released with it. ``people`` of each zone all head east."""
        counts = np.zeros((2, BINS), dtype=np.int64)
        counts[:, 1] = people
        span = Span("lobby", start_s, length_s, seen)
        lived = Lived(start_s * 10**9, (start_s + length_s) * 10**9)
        self.queue.put(Closed(span, counts, lived, 0))
        times = length_s // 5 - 1
        presence = np.array(moments, dtype=np.int64)
        if self.settings.presence_epsilon:
            self.queue.put(Closed(span, presence, lived, 0, "presence", None, times))
        self.queue.put(Closed(span, np.array(crossings, dtype=np.int64), lived, 0, "entries"))
        return reports(self.queue.deliver())


def reports(releases):
    return [
        report
        for release in releases
        for report in release.read().statistics
        if report.period != "window"
    ]


def instant(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def played(place, start_s, end_s, of_window):
    """All windows from ``start_s`` to ``end_s``: reports of periods."""
    said, now_s = [], start_s
    while now_s < end_s:
        length_s = place.calendar.window_end_s(now_s, place.settings.window_s) - now_s
        said += place.window(now_s, length_s, **of_window(now_s))
        now_s += length_s
    return said


def by_wall(zone, start_s, end_s, step_s, unit):
    """Steps by what the clock shows: date and hour (with its offset), or date."""
    shown = Counter()
    for at_s in range(start_s, end_s, step_s):
        clock = datetime.fromtimestamp(at_s, ZoneInfo(zone))
        hour = (clock.date(), clock.hour, clock.utcoffset())
        shown[{"hour": hour, "day": clock.date(), "week": clock.isocalendar()[:2]}[unit]] += 1
    return shown


@pytest.mark.parametrize(
    ("zone", "first", "days"),
    [
        ("UTC", "2026-06-01", 8),
        ("Europe/Berlin", "2026-03-28", 3),  # a day of 23 h
        ("Europe/Berlin", "2026-10-24", 3),  # of 25 h
        ("Asia/Kathmandu", "2026-06-01", 2),
    ],
)
def test_periods_are_what_the_clock_on_the_wall_shows(zone, first, days):
    """One person in each window: the value is how many windows the clock shows."""
    place = Place(calendar=Calendar(zone))
    start_s = instant(first, zone)
    end_s = start_s + days * 86400
    said = played(place, start_s, end_s, lambda _: {"people": (1, 2), "crossings": (3, 0)})
    hours = [r for r in said if r.period == "hour" and r.statistic == "people_windows"]
    expected = by_wall(zone, start_s, end_s, 900, "hour")
    firsts = [r.value for r in hours if r.place == "z0"]
    assert firsts == list(expected.values())[: len(firsts)]
    assert len(firsts) >= len(expected) - 1
    assert {(r.place, r.value / 4) for r in hours} == {("floor", 3), ("z0", 1), ("z1", 2)}
    for unit in ("day", "week"):
        expected = by_wall(zone, start_s, end_s, 900, unit)
        found = [r for r in said if r.period == unit and r.statistic == "entries"]
        whole = [3 * n for key, n in expected.items()][: len(found)]
        seen = [r.value for r in found if r.published]
        # Of a week of which two days were seen nothing is told.
        assert seen == (whole if unit == "day" or days > 7 else [])
        for report in found:
            clock = report.start.astimezone(ZoneInfo(zone))
            assert (clock.hour, clock.minute) == (0, 0)
    assert all(r.epsilon == 0 for r in said)


def test_presence_of_an_hour_is_the_mean_over_the_time_that_was_looked_at():
    place = Place()
    start_s = instant("2026-06-01")
    windows = iter([((179, 0), 1.0), ((358, 0), 1.0), ((0, 0), 0.2), ((0, 179), 1.0)])
    said = played(
        place, start_s, start_s + HOUR_S,
        lambda _: dict(zip(("moments", "seen"), next(windows), strict=True)),
    )  # fmt: skip
    found = {(r.statistic, r.place): r.value for r in said if r.period == "hour"}
    # 1, 2 and 0 people in the three windows that were observed, and none, none and one.
    assert found["presence", "z0"] == 1000
    assert found["queue", "z1"] == round(1000 / 3)
    assert found["presence", "floor"] == round(4000 / 3)


def test_windows_that_were_hidden_count_and_those_that_were_not_observed_do_not():
    settings = SETTINGS.model_copy(update={"k": 6, "margin": 0.0})
    place = Place(settings)
    start_s = instant("2026-06-01")
    windows = iter([(4, 1.0), (4, 1.0), (100, 0.4), (4, 0.8)])

    def of_window(_):
        people, seen = next(windows)
        return {"people": (people, 0), "seen": seen}

    with patch.object(publisher, "filter_window", unfiltered):
        said = played(place, start_s, start_s + HOUR_S, of_window)
    z0, z1 = (
        next(r for r in said if (r.statistic, r.place) == ("people_windows", name))
        for name in ("z0", "z1")
    )
    assert (z0.value, z0.coverage) == (12, 0.7)
    assert (z1.status, z1.reason) == ("suppressed", "below_k")


def test_an_hour_that_was_hardly_observed_has_no_value():
    place = Place()
    start_s = instant("2026-06-01")
    windows = iter([1.0, 0.0, 0.3, 0.0])
    said = played(place, start_s, start_s + HOUR_S, lambda _: {"seen": next(windows)})
    assert {(r.reason, r.coverage, r.value) for r in said} == {("unobserved", 0.25, 0)}


def test_a_day_is_of_the_time_that_the_place_is_open():
    berlin = Calendar("Europe/Berlin", [Hours(start="09:30", end="12:00")], {date(2026, 6, 2)})
    place = Place(calendar=berlin)
    start_s = instant("2026-06-01", "Europe/Berlin")
    said = played(place, start_s, start_s + 3 * 86400 + 900, lambda _: {"people": (1, 0)})
    found = [r for r in said if r.place == "z0" and r.statistic == "people_windows"]
    days = [r for r in found if r.period == "day"]
    assert [(r.value, r.coverage, r.start.day) for r in days] == [(10, 1.0, 31), (10, 1.0, 2)]
    hours = [r for r in found if r.period == "hour"]
    assert [(r.value, r.coverage) for r in hours] == [(2, 1.0), (4, 1.0), (4, 1.0)] * 2


def test_a_period_goes_on_over_a_restart_and_holds_each_window_once(tmp_path):
    """Also where the release of the period fails first."""
    ledger = Ledger(tmp_path / "ledger.db")
    place = Place(ledger=ledger)
    start_s = instant("2026-06-01")
    assert place.window(start_s, 900, people=(5, 0)) == []
    assert place.window(start_s + 900, 900, people=(7, 0)) == []
    ledger.close()
    place.ledger = ledger = Ledger(tmp_path / "ledger.db")
    place.restart()
    place.window(start_s + 900, 900, people=(7, 0))  # again: the stored bytes, and no more
    place.window(start_s + 1800, 900, people=(1, 0))
    real = ledger.release

    def failing(key, charges, render, costs=None):
        if "hour" in key:
            raise LedgerError("the disk is full", lasting=False)
        return real(key, charges, render, costs or {})

    with patch.object(ledger, "release", failing), pytest.raises(LedgerError):
        place.window(start_s + 2700, 900, people=(2, 0))
    said = reports(place.queue.deliver())
    value = {r.place: r.value for r in said if r.statistic == "people_windows"}
    assert value == {"floor": 15, "z0": 15, "z1": 0}
    assert reports(place.queue.deliver()) == []


def test_a_release_that_could_not_be_made_leaves_no_trace_in_a_sum(tmp_path):
    ledger = Ledger(tmp_path / "ledger.db")
    place = Place(ledger=ledger)
    start_s = instant("2026-06-01")
    full = patch("privcv_core.protocol.release.Release.canonical", side_effect=OSError(28, "full"))
    with full, pytest.raises(LedgerError):
        place.window(start_s, 900, people=(5, 0))
    assert ledger.kept("periods|lobby") is None
    # The window that waited is committed first, and is in the sum once.
    said = played(place, start_s + 900, start_s + HOUR_S, lambda _: {"people": (1, 0)})
    assert [r.value for r in said if r.statistic == "people_windows"] == [8, 8, 0]


class Told:
    """Noise that tells what it was told to, whatever is true."""

    name = "laplace"
    scale = 3.0

    def __init__(self, random):
        self.random = random

    def release(self, counts):
        return self.random.integers(0, 40, counts.shape)


def told_in_a_world_of(crowd):
    random, start_s = np.random.default_rng(3), instant("2026-06-01")
    place = Place(noise=lambda *_: Told(random))
    window = {"people": (crowd, 3), "moments": (crowd, 1), "crossings": (crowd, 0)}
    with patch.object(publisher, "filter_window", unfiltered):
        said = played(place, start_s, start_s + 2 * HOUR_S + 900, lambda _: window)
    return said, place.ledger.kept("periods|lobby")


def test_periods_are_made_of_what_was_told_and_of_nothing_else():
    """So they cost nothing: in two worlds that tell the same, they are the same, byte for byte, and
    so is what the ledger keeps of an hour that is not over."""
    nobody, crowd = told_in_a_world_of(0), told_in_a_world_of(500)
    assert nobody == crowd
    assert any(report.value > 0 for report in crowd[0])


def test_a_sum_of_what_is_true_would_be_found():
    """Planted: what windows draw is kept as it is true."""
    true = release_queue._drawn

    def planted(noisy, noise, moments=0):
        drawn = true(noisy, noise, moments)
        return replace(drawn, values=drawn.values + int(np.max(planted.counts)))

    planted.counts = [0]
    with patch.object(release_queue, "_drawn", planted):
        nobody = told_in_a_world_of(0)
        planted.counts = [500]
        assert told_in_a_world_of(500) != nobody


def test_the_reach_of_a_sum_of_different_draws_is_that_of_equal_ones_where_they_are_equal():
    for scale in (1.0, 5.0, 40.0):
        variance = 2 * scale**2 - 1 / 6
        assert variance_reach(1, variance, 0.9) == pytest.approx(sum_reach(1, scale, 0.9), abs=1)
        assert variance_reach(9, 9 * variance, 0.9) == pytest.approx(
            sum_reach(9, scale, 0.9), rel=0.03
        )
