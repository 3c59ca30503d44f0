# SPDX-License-Identifier: Apache-2.0
"""Constants of the estimator on scenes of all kinds, each left out of the choice in turn.

``python test/benchmarks/privacy_scenes.py``: for every constant the candidates, which of them is
best on all kinds of scenes but one, and how it does on the kind that was left out. What is shipped
is never chosen on a public recording.
"""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from privcv_core.settings.model import parse_settings
from privcv_privacy.measurement.accuracy import Accuracy, evaluate
from privcv_privacy.measurement.simulated_scenes import SCENES, simulated
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.noise import drop_ratio, intervals
from privcv_privacy.settings import PrivacySettings, shares_of

EPSILONS = (2.0, 1.0, 0.5)
CANDIDATES: Mapping[str, tuple[Any, str, tuple[Any, ...]]] = {
    "how much is dropped over windows: means and weights": (
        drop_ratio, "MIXTURE_OVER",
        (
            ((0.005, 0.6), (0.03, 0.25), (0.15, 0.12), (0.4, 0.03)),
            ((0.005, 0.5), (0.03, 0.25), (0.15, 0.2), (0.4, 0.05)),
            ((0.005, 0.4), (0.03, 0.2), (0.15, 0.3), (0.4, 0.1)),
            ((0.005, 0.4), (0.1, 0.6)),
            ((0.03, 1.0),),
            ((0.1, 1.0),),
        ),
    ),
    "likewise, for the intervals": (
        drop_ratio, "WIDE_OVER",
        (
            ((0.005, 0.5), (0.03, 0.25), (0.15, 0.2), (0.4, 0.05)),
            ((0.005, 0.4), (0.03, 0.2), (0.15, 0.3), (0.4, 0.1)),
            ((0.005, 0.2), (0.03, 0.2), (0.15, 0.35), (0.4, 0.25)),
        ),
    ),
    "how much is dropped within a window: means and weights": (
        drop_ratio, "MIXTURE_WITHIN",
        (((0.02, 0.7), (0.1, 0.3)), ((0.02, 1.0),), ((0.1, 1.0),), ((0.02, 0.4), (0.2, 0.6))),
    ),
    "visits that reach the bound, of cells beyond it": (drop_ratio, "STAYS", (1.0, 0.9, 0.8)),
    "memory, s": (drop_ratio, "MEMORY_S", (3600.0, 3 * 3600.0, 12 * 3600.0)),
    "spread of the ratio over zones and windows": (
        intervals, "ZONE_SPREAD", (0.1, 0.25, 0.35, 0.5),
    ),
}  # fmt: skip


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--only-scenes", action="store_true", help="with the constants as shipped")
    options = parser.parse_args()
    scenes = {name: simulated(name) for name in SCENES}
    print("\n".join(table({name: figures(scene, options.seeds) for name, scene in scenes.items()})))
    if not options.only_scenes:
        for title, (module, constant, candidates) in CANDIDATES.items():
            print("\n".join(choice(title, module, constant, candidates, scenes, options.seeds)))


def figures(scene: Trajectories, seeds: int, zones: tuple[int, int] = (2, 2)) -> list[Accuracy]:
    """Accuracy at each epsilon, of visitors and flow as shipped, in windows of 300 s."""
    shares = shares_of(("visitors", "flow"))
    content = {"k": 1, "shares": shares.model_dump()}
    each = [
        parse_settings(PrivacySettings, {**content, "epsilon": one}, where="scenes")
        for one in EPSILONS
    ]
    return [evaluate(scene, *zones, settings, seeds) for settings in each]


def table(results: Mapping[str, list[Accuracy]]) -> list[str]:
    """Rows of a scene each: occupancy, flow and coverage at each epsilon."""
    rows = [
        "| scene | occupancy | flow | 90 % intervals that hold |",
        "| --- | --- | --- | --- |",
    ]
    for name, each in results.items():
        columns = (
            [100 * one.occupancy_accuracy for one in each],
            [100 * one.flow_accuracy for one in each],
            [100 * one.coverage for one in each],
        )
        said = " | ".join(" / ".join(f"{value:.1f}" for value in column) for column in columns)
        rows.append(f"| {name} | {said} |")
    return [*rows, ""]


def choice(
    title: str,
    module: Any,
    constant: str,
    candidates: tuple[Any, ...],
    scenes: Mapping[str, Trajectories],
    seeds: int,
) -> list[str]:
    """The candidates' scores by scene, and what is chosen without each scene."""
    scores = np.array(
        [
            [np.mean([one.interval_score for one in _with(module, constant, value, scene, seeds)])
             for scene in scenes.values()]
            for value in candidates
        ]
    )  # fmt: skip
    shipped = candidates.index(getattr(module, constant))
    scaled = scores / scores.min(axis=0)
    rows = [
        f"### {title} ({constant})",
        "",
        *(f"{number}. {value}" for number, value in enumerate(candidates)),
        "",
        "Interval score, % of n, the lower the better; the best on all other kinds of scenes.",
        "",
        f"| left out | {' | '.join(map(str, range(len(candidates))))} | chosen | shipped |",
        f"| --- | {'--- | ' * len(candidates)}--- | --- |",
    ]
    for index, name in enumerate(scenes):
        best = int(np.delete(scaled, index, axis=1).mean(axis=1).argmin())
        figures = " | ".join(f"{100 * one:.2f}" for one in scores[:, index])
        rows.append(f"| {name} | {figures} | {best} | {shipped} |")
    return [*rows, ""]


def _with(
    module: Any, constant: str, value: Any, scene: Trajectories, seeds: int
) -> list[Accuracy]:
    with _changed(module, constant, value):
        return figures(scene, seeds)


@contextmanager
def _changed(module: Any, constant: str, value: Any) -> Iterator[None]:
    before = getattr(module, constant)
    setattr(module, constant, value)
    try:
        yield
    finally:
        setattr(module, constant, before)


if __name__ == "__main__":
    main()
