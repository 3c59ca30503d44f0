# SPDX-License-Identifier: Apache-2.0
"""The expected false alarms are those of rules that watch noise."""

import random
from datetime import datetime, timedelta, timezone
from statistics import NormalDist, fmean, stdev

import pytest

from privcv_collector.alerts.false_alarms import (
    WEEK_S,
    Noise,
    alarms_per_week,
    chance_beyond,
    noise_of,
)
from privcv_collector.alerts.rule import Rule, Status, Window, step

START = datetime(2026, 3, 1, tzinfo=timezone.utc)
LAPLACE = Noise(11.5, 0.9, "laplace")
GAUSSIAN = Noise(8.2, 0.9, "gaussian")


def draw(noise, drawn):
    if noise.mechanism == "gaussian":
        return drawn.gauss(0.0, 8.2 / 1.6448536269514722)
    magnitude = drawn.expovariate(2.302585092994046 / 11.5)  # ln 10 / half width
    return magnitude if drawn.random() < 0.5 else -magnitude


@pytest.mark.parametrize("noise", [LAPLACE, GAUSSIAN], ids=["laplace", "gaussian"])
@pytest.mark.parametrize(
    ("rule", "truth"),
    [
        (Rule("over", 0, 30.0, 30.0, "surely"), 30.0),
        (Rule("over", 0, 40.0, 40.0, "possibly"), 30.0),
        (Rule("over", 3600, 30.0, 30.0, "possibly"), 32.0),
        (Rule("under", 0, 30.0, 30.0, "surely"), 33.0),
        (Rule("under", 2700, 30.0, 30.0, "possibly"), 30.0),
    ],
    ids=str,
)
def test_it_is_what_rules_that_watch_noise_do(noise, rule, truth):
    """60 weeks of windows of 30 min each; the mean within 4.5 standard errors."""
    drawn, weeks = random.Random(7), []
    for _ in range(60):
        status, alarms = Status(), 0
        for number in range(int(WEEK_S // 1800)):
            value = truth + draw(noise, drawn)
            low, high = value - noise.half_width, value + noise.half_width
            start = START + timedelta(seconds=1800 * number)
            window = Window(start, 1800, "published", value, low, high)
            status, change = step(rule, status, window)
            alarms += change == "fired"
        weeks.append(alarms)
    expected = alarms_per_week(rule, noise, truth, 1800.0)
    assert abs(fmean(weeks) - expected) < 4.5 * max(stdev(weeks), 0.1) / 60**0.5 + 0.01


def test_at_the_threshold_surely_errs_in_half_of_what_the_interval_leaves():
    rule = Rule("over", 0, 30.0, 30.0, "surely")
    assert chance_beyond(rule, LAPLACE, 30.0) == pytest.approx(0.05)
    assert chance_beyond(rule, GAUSSIAN, 30.0) == pytest.approx(0.05)


def test_the_noise_is_that_of_the_intervals():
    assert GAUSSIAN.sd == pytest.approx(8.2 / NormalDist().inv_cdf(0.95))
    assert noise_of([(0.0, 9.0), (4.0, 14.0), (20.0, 31.0)], 0.9, "gaussian").half_width == 10.0
    assert Noise(0.0, 0.9, "laplace").exceeds(0.1) == 0.0


def test_a_wait_longer_than_a_week_never_ends():
    assert alarms_per_week(Rule("over", 700_000, 1.0, 1.0, "possibly"), LAPLACE, 30.0, 300.0) == 0
