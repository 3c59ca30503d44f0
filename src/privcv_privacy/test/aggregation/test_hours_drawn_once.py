# SPDX-License-Identifier: Apache-2.0
"""Hours of presence and entries for which a number is drawn once, from a part of the budget."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from noise_doubles import NoNoise, Recorder
from tick_sequences import START, TICK_S, aggregator, content, play, row_of_zones, tick

from privcv_core.event_time.calendar import ALWAYS_UTC
from privcv_privacy.aggregation.payments import Lived
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.release_queue import Closed, ReleaseQueue
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.settings import PrivacySettings

HOUR_S = 3600
TICKS = HOUR_S // TICK_S
MINUTE = 60 // TICK_S
IN = 1
AWAY = 1000
"""What each draw for an hour is off by here: a value says where it comes from."""


def settings(share: float, **more: Any) -> PrivacySettings:
    return PrivacySettings.model_validate(
        {
            "window_s": 300, "k": 1, "release": ["presence", "entries"], "presence_cap_s": 60,
            "max_crossings": 1, "hour_share": share, **more,
        }
    )  # fmt: skip


class Marked(Recorder):
    """No noise on what windows tell, and too much by ``AWAY`` of what is drawn for an hour."""

    def __call__(self, epsilon, delta, votes):
        made = super().__call__(epsilon, delta, votes)
        return Off(epsilon, delta, votes) if len(self.made) > 2 else made


class Off(NoNoise):
    def release(self, counts):
        return super().release(counts) + AWAY


def minute_by_minute(first: int, last: int):
    """Somebody else each minute, who comes in by the door and is in zone 0 for the minute."""
    for number in range(first, last):
        who = 1000 + number // MINUTE
        yield tick(number, [(who, 0, 1)], crossed={who: IN if number % MINUTE == 0 else 0})


def hours(releases):
    said = [one for release in releases for one in content(release).get("statistics", [])]
    return {
        (one["statistic"], one["place"]): one
        for one in said
        if one["period"] == "hour" and one["place"] in ("door", "z0")
    }


def device(options, noise, ledger=None):
    return aggregator(
        options, lines=["door"], noise=noise, ledger=ledger or MemoryLedger(), calendar=ALWAYS_UTC
    )


def test_an_hour_is_what_was_there_and_says_what_was_paid_for_it():
    options = settings(0.5)
    releases = play(device(options, Recorder()), minute_by_minute(0, TICKS + 1))
    told = hours(releases)
    assert told["entries", "door"]["value"] == 60
    # A minute has eleven moments, of which there are 59 in five: nobody is there over their ends.
    assert told["presence", "z0"]["value"] == round(1000 * 55 / 59)
    assert told["entries", "door"]["epsilon"] == pytest.approx(options.entries_epsilon / 2)
    windows = [
        one["epsilon"]
        for release in releases
        for one in content(release)["statistics"]
        if one["period"] == "window" and one["place"] == "door"
    ]
    assert windows == pytest.approx([options.entries_epsilon / 2] * 24)  # both ways


@pytest.mark.parametrize(
    ("share", "windows", "drawn"),
    [
        # In scales of a number that has the whole: sqrt(12) / (1 - f) of windows, 1 / f of its own.
        (0.5, 300, True),
        (0.2, 300, False),
        (0.25, 300, True),
        (0.5, 1800, True),
        (0.4, 1800, False),
        (1.0, 300, True),
    ],
)
def test_the_better_of_both_is_told(share, windows, drawn):
    noise = Marked() if share < 1 else lambda *of: Off(*of)
    releases = play(
        device(settings(share, window_s=windows), noise), minute_by_minute(0, TICKS + 1)
    )
    assert hours(releases)["entries", "door"]["value"] == 60 + AWAY * drawn


def test_nothing_is_told_of_windows_where_hours_have_all():
    releases = play(device(settings(1.0), Recorder()), minute_by_minute(0, TICKS + 1))
    said = [one for release in releases for one in content(release)["statistics"]]
    assert {one["period"] for one in said} == {"hour"}
    assert hours(releases)["entries", "door"]["value"] == 60


def test_an_hour_over_a_restart_is_the_sum_of_its_windows():
    """A restart forgets what was true of it; what windows told is kept in the ledger."""
    ledger, options = MemoryLedger(), settings(0.5)
    play(device(options, Marked(), ledger), minute_by_minute(0, TICKS // 2 + 1))
    again = device(options, Marked(), ledger)
    again.identities_renewed("lobby", START + TICKS // 2)
    told = hours(play(again, minute_by_minute(TICKS // 2, TICKS + 1)))
    assert told["entries", "door"]["value"] == 60
    assert told["entries", "door"]["coverage"] == 1.0


def test_who_was_there_before_identities_were_renewed_is_not_drawn_for_again():
    options = settings(1.0, min_coverage=0.1)
    one = device(options, Recorder())
    play(one, minute_by_minute(0, TICKS // 2))
    one.identities_renewed("lobby", START + TICKS // 2)
    told = hours(play(one, minute_by_minute(TICKS // 2, TICKS + 1)))
    assert told["entries", "door"]["value"] == 30
    assert told["entries", "door"]["coverage"] == 0.5


@pytest.mark.parametrize(("share", "drawn"), [(0.5, True), (0.2, False)])
def test_a_day_is_the_sum_of_what_is_better(share, drawn):
    zones = replace(row_of_zones("lobby", 1), lines=("door",))
    queue = ReleaseQueue(settings(share), zones, MemoryLedger(), Marked(), "run", ALWAYS_UTC)
    day_s = 1_769_904_000
    assert day_s % 86400 == 0
    releases = []
    for at_s in range(day_s, day_s + 86400, 300):
        lived = Lived(at_s * 10**9, (at_s + 300) * 10**9)
        span, nobody = Span("lobby", at_s, 300, 1.0), np.zeros(1, dtype=np.int64)
        queue.put(Closed(span, nobody, lived, 0, "presence", None, 59))
        queue.put(Closed(span, np.array([2, 1]), lived, 0, "entries"))
        if (at_s + 300) % HOUR_S == 0:
            hour = Span("lobby", at_s + 300 - HOUR_S, HOUR_S, 1.0)
            queue.put(Closed(hour, nobody, lived, 0, "presence_hour", None, 708))
            queue.put(Closed(hour, np.array([24, 12]), lived, 0, "entries_hour"))
        releases += queue.deliver()
    days = [
        one
        for release in releases
        for one in content(release)["statistics"]
        if one["period"] == "day" and one["place"] == "door"
    ]
    each = 24 * AWAY * drawn
    assert [(one["statistic"], one["value"]) for one in days] == [
        ("entries", 576 + each), ("exits", 288 + each),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"unit": "person_window"}, "hour_share needs unit: visit"),
        ({"periods": ["day"]}, "list hour in periods"),
        ({"window_s": 7200}, "windows of 3600 s at most"),
        ({"release": ["visitors"]}, "neither presence nor entries"),
    ],
)
def test_settings_that_tell_no_hours_are_refused(more, says):
    with pytest.raises(ValueError, match=says):
        settings(0.5, **more)
