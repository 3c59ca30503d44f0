# SPDX-License-Identifier: Apache-2.0
"""The attack on the promise: how much of epsilon somebody who knows everybody else can prove.

An attacker learns on a part of the runs which outputs speak for the unit (linear discriminant over
all released numbers) and is tested on the others. Whatever event it chooses,
P(event | unit) <= e^epsilon P(event | no unit) must hold, and the other way round. Clopper-Pearson
bounds at 99 % turn the counts of both worlds into an epsilon that the release exceeds for sure.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from noise_doubles import PooledNoise
from scipy.stats import beta
from tick_sequences import play, row_of_zones

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger, Release
from privcv_privacy.noise.mechanisms import NoiseMaker
from privcv_privacy.settings import PrivacySettings

World = Callable[[bool, str], Iterator[AnonymousTick]]
"""The ticks of a camera, with the unit or without it."""


def observe(
    present: bool,
    runs: int,
    ledger: Callable[[], MemoryLedger],
    noise: NoiseMaker,
    settings: PrivacySettings,
    ticks_of: World,
    view: Callable[[list[Release]], list[float]],
    device_of: Callable[..., Aggregator] = Aggregator,
    zones: int = 2,
) -> np.ndarray:
    """The attacker's view of ``runs`` independent runs (runs, numbers)."""
    row = row_of_zones("c", zones, ["door"])
    cameras = {f"c{i}": replace(row, camera=f"c{i}") for i in range(runs)}
    book = ledger()
    device = device_of(settings, cameras, book, noise=noise)
    views = []
    for camera in cameras:
        releases = play(device, ticks_of(present, camera))
        draws = [releases, *getattr(book, "redrawn", list)()]
        views.append(np.mean([view(draw) for draw in draws], axis=0))
    return np.array(views, dtype=float)


TRIES = 3


def certain_epsilon(*of: Any, enough: float = -math.inf, **more: Any) -> float:
    """The epsilon that the end-to-end release exceeds with 99 % confidence, by ``attack``.

    Noise is drawn anew, so that an attack has its unlucky days. One that finds less than ``enough``
    is tried again, on other draws: what should be found and is missed in one attack of twenty is
    then missed in one of 8,000. What may not be found is asked of every attack that was made.
    """
    found, tries = attack(*of, **more), 1
    while found <= enough and tries < TRIES:
        found, tries = max(found, attack(*of, **more)), tries + 1
    return found


def attack(
    runs: int,
    settings: PrivacySettings,
    ticks_of: World,
    view: Callable[[list[Release]], list[float]],
    ledger: Callable[[], MemoryLedger] = MemoryLedger,
    noise: NoiseMaker = PooledNoise,
    device_of: Callable[..., Aggregator] = Aggregator,
    zones: int = 2,
) -> float:
    """What one attack on ``runs`` runs of either world finds.

    ``device_of``: makes the aggregator of settings, the zone maps of cameras, and a ledger.
    """
    with_, without = (
        observe(p, runs, ledger, noise, settings, ticks_of, view, device_of, zones)
        for p in (True, False)
    )
    half = runs // 3  # learns
    direction = _discriminant(with_[:half], without[:half])
    bounds = []
    for sign in (1, -1):
        a, b = (sign * world[:half] @ direction for world in (with_, without))
        c, d = (sign * world[half:] @ direction for world in (with_, without))
        for one, other, test, against in ((a, b, c, d), (b, a, d, c)):
            level = _best_threshold(one, other)
            hits, misses = int((test >= level).sum()), int((against >= level).sum())
            # Four events are tried: each at a quarter of 1 %, split over its two bounds.
            bounds.append(_certain_ratio(hits, misses, len(test), 0.01 / 8))
    return max(bounds)


def _discriminant(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    within = np.cov(a.T) + np.cov(b.T)
    ridge = 1e-3 * np.trace(within) / len(within) * np.eye(len(within))
    return np.linalg.solve(within + ridge + 1e-9 * np.eye(len(within)), a.mean(0) - b.mean(0))


def _best_threshold(one: np.ndarray, other: np.ndarray) -> float:
    levels = np.quantile(np.concatenate([one, other]), np.linspace(0.02, 0.98, 49))
    scores = [
        _certain_ratio(int((one >= x).sum()), int((other >= x).sum()), len(one), 0.05)
        for x in levels
    ]
    return float(levels[int(np.argmax(scores))])


def _certain_ratio(hits: int, misses: int, runs: int, level: float) -> float:
    low = beta.ppf(level, hits, runs - hits + 1) if hits else 0.0
    high = beta.ppf(1 - level, misses + 1, runs - misses) if misses < runs else 1.0
    return math.log(low / high) if low > 0 else -math.inf
