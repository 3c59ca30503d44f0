# SPDX-License-Identifier: Apache-2.0
"""Simulation: new visits drawn from a traffic, counted as the product counts them.

The bound and the publisher (noise's distribution, filter, correction, k) are those of the product.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privcv_privacy.aggregation.bounded_sums import moments_of
from privcv_privacy.aggregation.contribution import Beyond, Bound
from privcv_privacy.aggregation.publisher import EstimatorState, Publisher, dropped_in
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.zones import OUTSIDE
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.histogram import BINS
from privcv_privacy.measurement.accuracy import flow_accuracy
from privcv_privacy.measurement.planning.traffic import Traffic, VisitShape
from privcv_privacy.measurement.seeded_noise import SeededNoise
from privcv_privacy.noise.mechanisms import Noise
from privcv_privacy.noise.two_depths import far_cells
from privcv_privacy.settings import PrivacySettings

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """One run of windows: true histograms, those within the bound, and presence."""

    true: Counts  # (windows, zones, BINS)
    bounded: Counts  # (windows, zones, BINS)
    beyond: Counts  # (windows, 2) visits that first reached the bound, and that went far
    moments: Counts  # (windows, zones) moments at which somebody was there
    capped: Counts  # (windows, zones) likewise, of each visit up to the cap


def count_visits(
    traffic: Traffic, settings: PrivacySettings, windows: int, random: np.random.Generator
) -> Counted:
    """Draw the visits of ``windows`` windows and count them under ``settings``."""
    zones, step = len(traffic.zones.names), settings.window_s // TICK_S
    shape = (windows, zones, BINS)
    true, bounded = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    beyond = np.zeros((windows, len(Beyond._fields)), np.int64)
    far = far_cells(settings.max_cells)
    moments, capped = np.zeros(shape[:2], np.int64), np.zeros(shape[:2], np.int64)
    cap, bound = moments_of(settings), Bound(settings)
    for begin, visit in _visits(traffic, windows * step, random):
        in_life, in_window, refused = 0, dict[int, int](), Counter[int]()
        for window, zone, bin in cells_of(visit, begin, step, windows):
            true[window, zone, bin] += 1
            if bound.admits(in_life, in_window.get(window, 0)):
                bounded[window, zone, bin] += 1
                in_life, in_window[window] = in_life + 1, in_window.get(window, 0) + 1
            else:
                of = 0 if bound.of_visits else window
                beyond[window] += [refused[of] == 0, refused[of] == far]
                refused[of] += 1
        there = 0
        # A moment is between two ticks, in the zone in which the first ended, as in BoundedSums.
        for offset, zone in enumerate(visit.ended_in[:-1]):
            window = (begin + offset) // step
            if zone != OUTSIDE and window < windows:
                moments[window, zone] += 1
                capped[window, zone] += there < cap
                there += 1
    return Counted(true, bounded, beyond, moments, capped)


def cells_of(
    visit: VisitShape, begin: int, step: int, windows: int
) -> Iterator[tuple[int, int, int]]:
    """Window, zone and bin of each cell that a visit is in, in order of time, each once."""
    met: set[tuple[int, int]] = set()
    found: list[tuple[int, int, int, int]] = []
    for stay in visit.stays:
        for window in range((begin + stay.first) // step, (begin + stay.last) // step + 1):
            if window < windows and (window, stay.zone) not in met:
                met.add((window, stay.zone))
                found.append((max(begin + stay.first, window * step), window, stay.zone, stay.bin))
    for _, window, zone, bin in sorted(found, key=lambda cell: cell[0]):
        yield window, zone, bin


@dataclass(frozen=True)
class Published:
    """What leaves of one run: (windows, zones) each."""

    value: Counts  # 0 where suppressed
    shown: npt.NDArray[np.bool_]
    flow: float  # accuracy of the shares of headings, mean over cells in which somebody moved


def publish(
    traffic: Traffic, settings: PrivacySettings, counted: Counted, random: np.random.Generator
) -> Published:
    """What the product's publisher makes of ``counted``, with noise from ``random``."""

    def noise(epsilon: float, delta: float, votes: int) -> Noise:
        return SeededNoise(random, epsilon, delta, votes)

    names, windows = traffic.zones.names, len(counted.true)
    publisher = Publisher(settings, names, traffic.zones.boxes_m, noise)
    state = EstimatorState()
    values = np.zeros((windows, len(names)), np.int64)
    shown, flows = np.zeros(values.shape, np.bool_), []
    for window in range(windows):
        reports, state = publisher.zone_reports(
            Span("plan", window * settings.window_s, settings.window_s, 1.0),
            counted.bounded[window],
            dropped_in(settings, len(names), window, Beyond(*counted.beyond[window].tolist())),
            state,
        )
        for index, report in enumerate(reports[1:]):
            values[window, index], shown[window, index] = report.occupancy, report.published
            headed = counted.true[window, index]
            if headed[1:].sum() and report.published:
                flows.append(flow_accuracy(report.flow, headed))
    return Published(values, shown, float(np.mean(flows)) if flows else float("nan"))


def _visits(
    traffic: Traffic, ticks: int, random: np.random.Generator
) -> Iterator[tuple[int, VisitShape]]:
    """When each visit begins, in ticks, and what it does; it ends before the end where it can."""
    profile = np.array(traffic.profile) / sum(traffic.profile)
    expected = traffic.per_hour * ticks * TICK_S / 3600 * profile
    # What was recorded part by part fluctuates as it did; what is assumed does so by chance.
    numbers = (
        np.floor(expected + random.random(len(profile))).astype(np.int64)
        if len(profile) > 1
        else random.poisson(expected)
    )
    number = int(numbers.sum())
    parts = np.repeat(np.arange(len(profile)), numbers)
    places = (parts + random.random(number)) / len(profile)
    chosen = random.integers(0, len(traffic.shapes), number)
    for place, index in zip(places.tolist(), chosen.tolist(), strict=True):
        visit = traffic.shapes[index]
        yield int(place * max(ticks - visit.ticks, 0)), visit
