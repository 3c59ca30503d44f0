# SPDX-License-Identifier: Apache-2.0
"""How far may a short recording be from its forecast by chance? Prints quantiles.

    .venv/bin/python test/benchmarks/plan_scatter.py      (a quarter of a minute)

Traffic that is known exactly is drawn forty times, four windows of 30 s of one zone each, as of a
scene of two minutes. Each is measured as the scenes are, with 20 draws of noise.
"""

import numpy as np

from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.measurement.planning.simulation import count_visits, publish
from privcv_privacy.measurement.planning.traffic import assumed_traffic
from privcv_privacy.measurement.planning.windows import with_window
from privcv_privacy.measurement.zone_layouts import grid_zones
from privcv_privacy.settings import BudgetShares, PrivacySettings

RECORDINGS, WINDOWS, DRAWS = 40, 4, 20
WINDOW_S, VISITS_PER_HOUR, STAY_S = 30, 800, 15.0
FIFTH = 1.2


def main() -> None:
    zones = zone_map("hall", grid_zones(1, 1, np.array([0.0, 8.0]), np.array([0.0, 8.0])).zones)
    traffic = assumed_traffic(zones, VISITS_PER_HOUR, STAY_S, 1.0)
    settings = with_window(
        PrivacySettings(k=1, shares=BudgetShares(counts=0.95, bias=0.05, dwell=0)), WINDOW_S
    )
    errors, people = [], []
    for seed in range(RECORDINGS):
        counted = count_visits(traffic, settings, WINDOWS, np.random.default_rng((1, seed)))
        true = counted.true.sum(axis=2)
        told = [
            publish(traffic, settings, counted, np.random.default_rng((2, seed, draw))).value
            for draw in range(DRAWS)
        ]
        errors.append(np.abs(np.array(told) - true).sum() / (DRAWS * true.sum()))
        people.append(true.mean())
    forecast = float(np.mean(errors))
    off = forecast / np.array(errors)
    low, high = np.quantile(errors, [0.05, 0.95])
    within = np.mean((off < FIFTH) & (off > 1 / FIFTH))
    print(f"{np.mean(people):.1f} people in a window; mean error {forecast:.1%}; nine in ten of")
    print(f"{RECORDINGS} recordings from {low:.1%} to {high:.1%}; {within:.0%} within a fifth")


if __name__ == "__main__":
    main()
