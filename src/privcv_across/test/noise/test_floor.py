# SPDX-License-Identifier: Apache-2.0
"""The floor hides a visit from whoever has both shares, bends no total, and widens the interval."""

import math

import numpy as np
import pytest
from scipy.stats import beta

from privcv_across.noise.floor import Floor, half_width
from privcv_across.totals.collector_noise import CollectorNoise

FLOOR = Floor(8.0, 3)
DRAWS = 200_000


def geometric(scale: float, reach: int) -> np.ndarray:
    """Probabilities of the noise from -reach to reach."""
    weights = np.exp(-np.abs(np.arange(-reach, reach + 1)) / scale)
    return weights / weights.sum()


@pytest.mark.parametrize(("epsilon", "votes"), [(8.0, 3), (1.0, 3), (8.0, 1), (16.0, 64)])
def test_a_cell_of_nobody_is_cut_off_at_most_twice_in_a_million(epsilon: float, votes: int) -> None:
    floor = Floor(epsilon, votes)
    reach = 60 + int(60 * floor.scale)
    below = geometric(floor.scale, reach)[: reach - floor.offset].sum()
    assert below <= 2e-6
    one_less = geometric(floor.scale, reach)[: reach - floor.offset + 1].sum()
    assert floor.offset == 0 or one_less > 2e-6


def test_the_offset_of_the_usual_floor_is_four() -> None:
    assert FLOOR.offset == 4


def test_what_is_shared_less_the_offset_is_the_counts_on_average() -> None:
    blurred = np.array(FLOOR.blur([0] * DRAWS)) - FLOOR.offset
    error = blurred.std() / math.sqrt(DRAWS)
    assert abs(blurred.mean()) < 5 * error  # once in a million
    variance = 2 * FLOOR.ratio / (1 - FLOOR.ratio) ** 2
    assert blurred.var() == pytest.approx(variance, rel=0.1)


@pytest.mark.parametrize("shared", [FLOOR.blur, None], ids=["with the floor", "without it"])
def test_both_collectors_together_learn_of_a_visit_what_the_floor_allows(shared) -> None:
    """An event of likelihood ratio e**8 is rare: three times a third of it is counted instead."""
    without, with_visit = [5] * DRAWS, [6] * DRAWS  # one of the three votes
    told = [np.array((shared or list)(counts)) for counts in (without, with_visit)]
    at = 5 + FLOOR.offset if shared else 5
    hits = [int((one <= at).sum()) for one in told]
    low = beta.ppf(1e-5, hits[0], DRAWS - hits[0] + 1)
    high = beta.ppf(1 - 1e-5, hits[1] + 1, DRAWS - hits[1])
    exceeded = math.log(low / high) > 8 / 3
    assert exceeded == (shared is None)


@pytest.mark.parametrize("sites", [5, 100])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_the_interval_has_the_noise_of_both_collectors_and_of_each_floor(
    sites: int, confidence: float
) -> None:
    """The oracle convolves the distributions."""
    noise, reach = CollectorNoise(0.85, 3), 200
    whole = np.array([1.0])
    for scale, times in ((noise.scale, 2), (FLOOR.scale, sites)):
        for _ in range(times):
            whole = np.convolve(whole, geometric(scale, reach))
            middle = len(whole) // 2
            whole = whole[max(middle - 400, 0) : middle + 401]
    middle = len(whole) // 2
    inside = [whole[middle - t : middle + t + 1].sum() for t in range(200)]
    expected = next(t for t, share in enumerate(inside) if share >= confidence)
    assert noise.half_width(confidence, FLOOR, sites) == expected


@pytest.mark.parametrize("confidence", [0.1, 0.5, 0.9, 0.999])
def test_without_floors_both_ways_of_adding_up_agree(confidence: float) -> None:
    for epsilon in (0.1, 0.85, 4.0):
        noise = CollectorNoise(epsilon, 3)
        assert half_width(confidence, (2, noise)) == noise.half_width(confidence)
