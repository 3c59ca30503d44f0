# SPDX-License-Identifier: Apache-2.0
"""Errors of totals over sites: two collectors' noise against adding up what each site tells.

::

    python test/benchmarks/across_accuracy.py [--draws 60]

Each site has 45 cells; epsilon 1, three votes a visit. *Told* are a site's own noisy counts;
*shown* only those that reach k + margin, as a site's reports do. Shares are left
out: they add up exactly.
"""

import argparse
import math

import numpy as np

from privcv_across.totals.collector_noise import CollectorNoise
from privcv_privacy.settings import PrivacySettings

CELLS, VOTES, EPSILON = 45, 3, 1.0
SMALL = 4.0
"""Mean of a small cell, people a window."""


def main() -> None:
    """Print a row for each number of sites."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=60)
    draws = parser.parse_args().draws
    noise, rng = CollectorNoise(EPSILON, VOTES), np.random.default_rng(1)
    settings = PrivacySettings()
    least = settings.k + settings.margin
    print(f"{CELLS} cells, epsilon {EPSILON:g}, {VOTES} votes, {draws} draws and more; RMSE")
    for sites in (10, 100, 1000):
        told, ours, shown = [], [], []
        for _ in range(draws * max(1, 200 // sites)):
            counts = rng.poisson(SMALL, (sites, CELLS))
            true = counts.sum(axis=0)
            own = counts + vector(noise, sites * CELLS).reshape(sites, CELLS)
            told.append(own.sum(axis=0) - true)
            shown.append(np.where(own >= least, own, 0).sum(axis=0) - true)
            ours.append(vector(noise, CELLS) + vector(noise, CELLS))
        gain = rms(told) / rms(ours)
        wanted = math.sqrt(sites / 2)
        whole = SMALL * sites
        print(
            f"{sites} sites: told {rms(told):.1f}, ours {rms(ours):.1f}, gain {gain:.2f} "
            f"({gain / wanted:.2f} of root N/2); bias of small cells: ours "
            f"{np.mean(ours) / whole:+.2%}, shown {np.mean(shown) / whole:+.1%}"
        )


def vector(noise: CollectorNoise, length: int) -> np.ndarray:
    """Fresh noise, at most 4,500 numbers a call of the sampler."""
    parts = [noise.draw(min(4500, length - at)) for at in range(0, length, 4500)]
    return np.array([number for part in parts for number in part])


def rms(errors: list[np.ndarray]) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(errors))))


if __name__ == "__main__":
    main()
