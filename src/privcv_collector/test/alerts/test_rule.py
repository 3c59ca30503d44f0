# SPDX-License-Identifier: Apache-2.0
"""Rules: surely and possibly, hysteresis, the wait, and that a gap is evidence of nothing."""

from datetime import datetime, timedelta, timezone

import pytest

from privcv_collector.alerts.rule import Rule, Status, Window, judge, step, step_silence

START = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)


def at(place, low=None, high=None, state="published", length_s=300):
    start = START + timedelta(seconds=300 * place)
    if low is None:
        return Window(start, length_s, state)
    return Window(start, length_s, "published", (low + high) / 2, low, high)


def run(rule, *windows, k=1):
    """(number of the window, change) of all that changed."""
    status, changes = Status(), []
    for number, window in enumerate(windows):
        status, change = step(rule, status, window, k)
        if change:
            changes.append((number, change))
    return changes


@pytest.mark.parametrize(
    ("kind", "certainty", "low", "high", "verdict"),
    [
        ("over", "surely", 30, 40, "between"),  # 30 is not over 30
        ("over", "surely", 31, 40, "beyond"),
        ("over", "surely", 20, 90, "back"),
        ("over", "possibly", 0, 31, "beyond"),
        ("over", "possibly", 0, 30, "between"),
        ("over", "possibly", 0, 20, "back"),
        ("under", "surely", 0, 29, "beyond"),
        ("under", "surely", 0, 30, "between"),
        ("under", "surely", 0, 40, "back"),
        ("under", "possibly", 29, 99, "beyond"),
        ("under", "possibly", 40, 99, "back"),
    ],
)
def test_surely_is_the_whole_interval_and_possibly_a_part_of_it(
    kind, certainty, low, high, verdict
):
    rule = Rule(kind, 0, 30.0, 20.0 if kind == "over" else 40.0, certainty)
    assert judge(rule, at(0, low, high)) == verdict


def test_an_alarm_ends_only_at_the_recovery_threshold():
    rule = Rule("over", 0, 30.0, 20.0)
    levels = [31, 35, 30, 21, 31, 20, 29, 31]
    changes = run(rule, *(at(number, low, low + 9) for number, low in enumerate(levels)))
    assert changes == [(0, "fired"), (5, "cleared"), (7, "fired")]


def test_the_wait_is_of_windows_without_a_gap():
    rule = Rule("over", 900, 30.0, 30.0)
    beyond = [at(number, 31, 40) for number in range(8)]
    assert run(rule, *beyond[:2]) == []
    assert run(rule, *beyond[:3]) == [(2, "fired")]
    assert run(rule, *beyond[:2], *beyond[3:5]) == []  # one never came
    assert run(rule, *beyond[:2], *beyond[3:6]) == [(4, "fired")]
    for state in ("not_observed", "budget_spent", "few"):
        assert run(rule, *beyond[:2], at(2, state=state), *beyond[3:5]) == []


@pytest.mark.parametrize("state", ["not_observed", "budget_spent", "nothing_arrived"])
def test_what_was_not_seen_neither_alarms_nor_ends_an_alarm(state):
    for kind in ("over", "under"):
        for certainty in ("surely", "possibly"):
            rule = Rule(kind, 0, 30.0, 30.0, certainty)
            assert judge(rule, at(0, state=state), k=5) == "unknown"
    rule = Rule("over", 0, 30.0, 20.0)
    assert run(rule, at(0, 31, 40), at(1, state=state)) == [(0, "fired")]


def test_few_are_not_many_and_possibly_under():
    few = at(0, state="few")
    assert judge(Rule("over", 0, 30.0, 20.0), few, k=5) == "back"
    assert judge(Rule("over", 0, 3.0, 2.0), few, k=5) == "unknown"
    assert judge(Rule("under", 0, 10.0, 12.0, "possibly"), few, k=5) == "beyond"
    assert judge(Rule("under", 0, 4.0, 5.0, "possibly"), few, k=5) == "unknown"
    assert judge(Rule("under", 0, 10.0, 12.0, "surely"), few, k=5) == "unknown"


def test_missing_data_alarm_by_the_clock_once():
    rule, status, changes = Rule("no_data", 1800), Status(), []
    newest = START
    for minutes in (10, 30, 31, 60, 61, 62):
        if minutes == 61:
            newest = START + timedelta(minutes=60)
        now = START + timedelta(minutes=minutes)
        status, change = step_silence(rule, status, newest, now)
        changes.append(change)
    assert changes == [None, None, "fired", None, "cleared", None]
