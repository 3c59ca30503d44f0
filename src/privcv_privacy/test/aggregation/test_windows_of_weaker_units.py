# SPDX-License-Identifier: Apache-2.0
"""Under the weaker units a window pays for what is in it: no identity and no way over a line leads
from one into the next, whatever clock is on the wall."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from privcv_core.event_time.calendar import Calendar
from privcv_core.settings.hours import Hours
from privcv_privacy.aggregation.windows import Rates, first_start_s, next_length_s
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.line_settings import LINE_STEP_S, LineSettings
from privcv_privacy.settings import PrivacySettings

DAY_S = 86400
ZONES = ["UTC", "Asia/Kathmandu", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"]
DATES = ["2026-03-28", "2026-04-04", "2026-06-01", "2026-10-03", "2026-10-24", "2026-10-31"]
DOOR = LineSettings(ends_m=[0, 0, 2, 0])


def edges(settings: PrivacySettings, calendar: Calendar, begin_s: int, busy: float) -> list[int]:
    """Where windows begin in the two days from ``begin_s`` on."""
    rates = Rates(np.array([busy]))
    found = [first_start_s(settings, begin_s, calendar)]
    while found[-1] < begin_s + 2 * DAY_S:
        found.append(found[-1] + next_length_s(settings, 3.0, found[-1], rates, calendar))
    return found


@given(
    st.sampled_from(ZONES),
    st.sampled_from(DATES),
    st.integers(0, DAY_S),
    st.sampled_from([60, 120, 300, 420, 2700, 3600, 5400, 7200, None]),
    st.sampled_from([0, 17, 42]),
    st.floats(0, 1),
)
@example("UTC", "2026-06-01", 0, 2700, 0, 0.0)  # windows of 45 min, which fill no hour
@example("Asia/Kathmandu", "2026-06-01", 0, 3600, 0, 0.0)  # hours begin at a quarter past of UTC
@budget(max_examples=50, deadline=None)
def test_windows_begin_where_ways_over_lines_do_and_are_of_one_epoch(
    zone, date, at_s, window_s, minute, busy
):
    lengths = {"window_s": window_s} if window_s else {}
    settings = PrivacySettings.model_validate(
        {"unit": "person_window", "release": ["visitors", "entries"], **lengths,
         "dwell_period_s": (window_s or 3600) * 24}
    )  # fmt: skip
    hours = [Hours(start=f"07:{minute:02}", end=f"19:{minute:02}")] if minute else []
    begin_s = int(datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(zone)).timestamp()) + at_s
    for start_s, end_s in pairwise(edges(settings, Calendar(zone, hours), begin_s, busy)):
        assert start_s % LINE_STEP_S == end_s % LINE_STEP_S == 0
        assert start_s // settings.epoch_s == (end_s - 1) // settings.epoch_s


@pytest.mark.parametrize("minute", [*range(58, 63), 105])
def test_no_way_over_a_line_leads_into_a_minute_or_an_epoch(minute):
    """A way is begun right before a full minute, and ended after it: over a window's edge."""
    anonymizer = Anonymizer(
        AnonymizationSettings(), "lobby", Secret("a"), epoch_s=3600, lines={"door": DOOR}
    )
    start_s = 1_769_904_000  # a full hour
    ticks = []
    for half in range(-20, 20):
        now_s = start_s + 60 * minute + half / 2
        y_m = min(max(half / 2, -3), 3)  # over the line at the minute
        ticks += anonymizer.update(round(now_s * 10**9), [1], [1.0], [y_m], [0.0], [0.5], [0.5])
    told = {tick.tick * TICK_S - start_s: tick.crossed.tolist() for tick in ticks}
    assert {bits for crossed in told.values() for bits in crossed} == {0}
    ids = [int(tick.ids[0]) for tick in ticks]
    assert len(set(ids)) == (2 if minute == 60 else 1)  # those of an hour


def test_windows_that_begin_within_a_minute_release_no_crossings_of_windows():
    with pytest.raises(ValueError, match="window_s must be a multiple of 60 where entries"):
        PrivacySettings(
            unit="person_window", window_s=90, dwell_period_s=180, release=["visitors", "entries"]
        )
