# SPDX-License-Identifier: Apache-2.0
"""Hours, days, weeks and footfall are true: intervals that hold, and no bias, for three shapes of
traffic, with windows that are hidden and others that were not observed.

What is true of a period is what was there in the windows that were observed and paid for. Noise is
drawn from the product's distribution with a seed: whether these tests pass is no matter of chance.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import timezone
from functools import partial
from itertools import product
from unittest.mock import patch

import numpy as np
import pytest
from tick_sequences import row_of_zones
from worlds import unfiltered

from privcv_core.event_time.calendar import ALWAYS_UTC
from privcv_privacy.aggregation import publisher
from privcv_privacy.aggregation.footfall import LEAF_S, FootfallPublisher
from privcv_privacy.aggregation.payments import Lived
from privcv_privacy.aggregation.period_reports import PeriodReports
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.release_queue import Closed, ReleaseQueue
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.measurement.seeded_noise import SeededNoise
from privcv_privacy.settings import PrivacySettings

START_S = 1_780_272_000  # a Monday
WINDOW_S = 900
DAYS = 14
SEEN = 0.5  # least coverage of a window
KINDS = {"zones": "people_windows", "entries": "entries"}

HARDLY_HIDDEN = 2.5
"""Standard deviations of noise from which k hides too few to matter. Below it those that are shown
are those that noise lifted, whatever is told of the rest: their mean is too high by sd phi(t / sd)
/ Phi(t / sd), which is 2 % of t at 2.1."""


def flat(rng, windows):
    return rng.poisson(400, (windows, 2))


def rush(rng, windows):
    """A crowd at noon and few at night."""
    at = np.arange(windows) / 4 % 24
    return rng.poisson(40 + 1500 * np.exp(-(((at - 12) / 1.5) ** 2))[:, None] * [1, 0.6])


def trains(rng, windows):
    """Now and then very many at once."""
    return rng.poisson(100, (windows, 2)) + 2000 * (rng.random((windows, 2)) < 0.15)


SHAPES = [flat, rush, trains]


def played(settings, rng, people, crossings, seen):
    """All reports of periods of a camera with two zones and a line, and the sums they are of."""
    zones = replace(row_of_zones("lobby", 2), lines=("door",))
    sums, told = [], []
    of = PeriodReports.of

    def noted(self, period, *more, **named):
        sums.append(period)
        return of(self, period, *more, **named)

    with (
        patch.object(publisher, "filter_window", unfiltered),
        patch.object(PeriodReports, "of", noted),
    ):
        noise = partial(SeededNoise, rng)
        queue = ReleaseQueue(settings, zones, MemoryLedger(), noise, "run", ALWAYS_UTC)
        for index, at_s in enumerate(range(START_S, START_S + DAYS * 86400, WINDOW_S)):
            counts = np.zeros((2, 5), dtype=np.int64)
            counts[:, 1] = people[index]
            span = Span("lobby", at_s, WINDOW_S, seen[index])
            lived = Lived(at_s * 10**9, (at_s + WINDOW_S) * 10**9)
            queue.put(Closed(span, counts, lived, 0))
            queue.put(Closed(span, crossings[index], lived, 0, "entries"))
            told += [one for release in queue.deliver() for one in release.read().statistics]
    return [one for one in told if one.period != "window"], sums


def worlds(epsilon, shape, seeds):
    """Truth of any time, reports and raw sums of fourteen days, again and again."""
    settings = PrivacySettings(
        window_s=WINDOW_S, release=["visitors", "entries"], epsilon=epsilon, min_coverage=SEEN
    )
    for seed in range(seeds):
        rng = np.random.default_rng((seed, int(10 * epsilon), SHAPES.index(shape)))
        windows = DAYS * 86400 // WINDOW_S
        people = shape(rng, windows)
        crossings = rng.poisson(people / 2)
        seen = np.where(rng.random(windows) < 0.1, 0.3, 1.0)
        observed = (seen >= SEEN)[:, None]
        true = {"people_windows": people * observed, "entries": crossings * observed}

        def truth(statistic, start_s, length_s, true=true):
            first = (start_s - START_S) // WINDOW_S
            return true[statistic][first : first + length_s // WINDOW_S].sum(axis=0)

        yield truth, *played(settings, rng, people, crossings, seen)


def check(epsilon, shape, seeds):
    held, off, truths = [], defaultdict(float), defaultdict(float)
    raw, variance = defaultdict(float), defaultdict(float)
    for truth, told, sums in worlds(epsilon, shape, seeds):
        for report in told:
            if report.place == "floor" or not report.published or report.statistic == "exits":
                continue
            start_s = int(report.start.replace(tzinfo=timezone.utc).timestamp())
            true = truth(report.statistic, start_s, report.length_s)[int(report.place == "z1")]
            held.append(report.low <= true <= report.high)
            sd = (report.high - report.low) / 2 / 1.645
            if true >= HARDLY_HIDDEN * sd:
                key = (report.statistic, report.period)
                off[key] += report.value - true
                truths[key] += true
        for one in sums:
            statistic, length_s = KINDS[one.kind], one.end_s - one.start_s
            true = truth(statistic, one.start_s, length_s)
            for value, each in zip(one.values[: len(true)], true, strict=False):
                raw[statistic, one.unit] += value - each
                variance[statistic, one.unit] += one.variance
    assert len(held) > 900 * seeds
    assert np.mean(held) == pytest.approx(0.9, abs=0.03)
    assert len(truths) == 2 * len(SHAPES)  # hours, days and weeks of both
    for key, total in truths.items():
        assert abs(off[key]) <= 0.02 * total, key
    # Before k and the cut at 0 nothing is biased, however few there are.
    for key, total in raw.items():
        assert abs(total) <= 3.3 * np.sqrt(variance[key]), key


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("epsilon", [0.5, 1.0, 2.0])
def test_intervals_hold_and_sums_are_not_biased(shape, epsilon):
    check(epsilon, shape, 1)


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("epsilon", [0.5, 1.0, 2.0])
def test_so_it_is_over_half_a_year(shape, epsilon):
    check(epsilon, shape, 12)


@pytest.mark.parametrize(("shape", "epsilon"), product(SHAPES, [0.5, 1.0, 2.0]))
def test_footfall_over_a_week_is_true_at_the_end_of_each_day(shape, epsilon):
    """A tenth of its leaves is not paid for: what began in these is missing, and not true of it."""
    rng = np.random.default_rng((7, int(10 * epsilon), SHAPES.index(shape)))
    settings = PrivacySettings(release=["footfall"], epsilon=epsilon)
    leaves = 86400 // LEAF_S
    held, off, truths = [], 0.0, 0.0
    for _ in range(120):
        told = FootfallPublisher(settings, partial(SeededNoise, rng))
        begun = shape(rng, 7 * leaves)[:, 0]
        today = None
        for index, number in enumerate(begun.tolist()):
            day_s = START_S + index // leaves * 86400
            if index % leaves == 0:
                true = 0
            leaf = Span("lobby", START_S + index * LEAF_S, LEAF_S, 1.0)
            if rng.random() < 0.1:
                assert not told.suppressed(leaf, day_s, today, "budget").published
                continue
            report, today = told.report(leaf, number, day_s, today)
            true += number
            if report.published and index % leaves == leaves - 1:
                held.append(report.low <= true <= report.high)
                off, truths = off + report.value - true, truths + true
    assert len(held) > 700
    assert np.mean(held) == pytest.approx(0.9, abs=0.03)
    assert abs(off) <= 0.02 * truths
