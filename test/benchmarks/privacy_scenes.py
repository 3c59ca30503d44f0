# SPDX-License-Identifier: Apache-2.0
"""Constants of the estimator on scenes of all kinds, each left out of the choice in turn.

``python test/benchmarks/privacy_scenes.py``: for every constant the candidates, which of them is
best on all kinds of scenes but one, and how it does on the kind that was left out. What is shipped
is never chosen on a public recording. Each kind is simulated several times: one scene is easily 5
points of coverage from another of its kind.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np

from privcv_core.settings.model import parse_settings
from privcv_privacy.measurement import accuracy, true_votes
from privcv_privacy.measurement.accuracy import Accuracy, evaluate
from privcv_privacy.measurement.simulated_scenes import SCENES, simulated
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.noise import drop_ratio, intervals
from privcv_privacy.settings import PrivacySettings, shares_of

EPSILONS = (2.0, 1.0, 0.5)
CANDIDATES: Mapping[str, tuple[Any, str, str, tuple[Any, ...]]] = {
    "how much is dropped over windows, for values: means and weights": (
        drop_ratio, "MIXTURE_OVER", "error",
        (
            ((0.005, 0.6), (0.03, 0.25), (0.15, 0.12), (0.4, 0.03)),
            ((0.005, 0.5), (0.03, 0.25), (0.15, 0.2), (0.4, 0.05)),
            ((0.005, 0.4), (0.03, 0.2), (0.15, 0.3), (0.4, 0.1)),
            ((0.03, 1.0),),
            ((0.1, 1.0),),
        ),
    ),
    "how much is dropped over windows, for intervals: means and weights": (
        drop_ratio, "WIDE_OVER", "coverage",
        (
            ((0.005, 0.5), (0.03, 0.25), (0.15, 0.2), (0.4, 0.05)),
            ((0.005, 0.4), (0.03, 0.2), (0.15, 0.3), (0.4, 0.1)),
            ((0.005, 0.2), (0.03, 0.2), (0.15, 0.35), (0.4, 0.25)),
        ),
    ),
    "how much is dropped within a window: means and weights": (
        drop_ratio, "MIXTURE_WITHIN", "error",
        (((0.02, 0.7), (0.1, 0.3)), ((0.02, 1.0),), ((0.1, 1.0),), ((0.02, 0.4), (0.2, 0.6))),
    ),
    "visits that reach the bound, of cells beyond it": (
        drop_ratio, "STAYS", "error", (1.0, 0.9, 0.8),
    ),
    "memory, s": (drop_ratio, "MEMORY_S", "error", (3600.0, 3 * 3600.0, 12 * 3600.0)),
    "who of those within a window lingers: share, weight for values and for intervals": (
        drop_ratio, "LINGER", "coverage",
        (
            ((0.0, 1.0, 1.0),),
            ((0.0, 0.35, 0.25), (0.5, 0.3, 0.25), (1.0, 0.25, 0.25), (1.5, 0.1, 0.25)),
            ((1.0, 1.0, 1.0),),
        ),
    ),
    "weight of stays for hours where many stand": (
        drop_ratio, "LONG_MOST", "coverage", (0.0, 0.2, 0.4, 0.6),
    ),
    "spread of the ratio over zones and windows": (
        intervals, "ZONE_SPREAD", "coverage", (0.2, 0.3, 0.4, 0.5),
    ),
    "dropped cells beyond which that spread evens out": (
        intervals, "WAVES", "coverage", (15.0, 30.0, 60.0, 150.0),
    ),
}  # fmt: skip
CRITERIA = {
    "error": "Mean error of occupancy over the three ε, % of n; best on the other kinds together.",
    "coverage": "How far the share of 90 % intervals that hold is from 90 %, mean over the three "
    "ε, points; best on the other kinds together.",
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="draws of noise, of all simulations")
    parser.add_argument("--simulations", type=int, default=4, help="of each kind")
    parser.add_argument("--zones", default="2x2", help="columns x rows of the grid")
    parser.add_argument("--only", help="one constant, such as STAYS")
    parser.add_argument("--only-scenes", action="store_true", help="with the constants as shipped")
    options = parser.parse_args()
    _counted_once()
    columns, rows = (int(number) for number in options.zones.split("x"))

    def measured(kind: str) -> list[Accuracy]:
        return of_kind(kind, options.seeds, options.simulations, (columns, rows))

    print("\n".join(table({kind: measured(kind) for kind in SCENES})), flush=True)
    if not options.only_scenes:
        for title, (module, constant, criterion, candidates) in CANDIDATES.items():
            if options.only in (None, constant):
                tried = [
                    [
                        _with(module, constant, value, partial(measured, kind))
                        for value in candidates
                    ]
                    for kind in SCENES
                ]
                shipped = candidates.index(getattr(module, constant))
                print(f"### {title} ({constant})\n")
                print("\n".join(f"{number}. {value}" for number, value in enumerate(candidates)))
                print("\n".join(choice(criterion, tuple(SCENES), tried, shipped)), flush=True)


def of_kind(
    kind: str, seeds: int, simulations: int = 4, zones: tuple[int, int] = (2, 2)
) -> list[Accuracy]:
    """Mean accuracy at each epsilon over several simulations of a kind, other noise in each."""
    each = max(seeds // simulations, 1)
    first = 1000 * list(SCENES).index(kind)  # kinds that share their noise are off together
    scenes = [
        figures(_scene(kind, number), each, zones, first + number * each)
        for number in range(simulations)
    ]
    return [_mean(one) for one in zip(*scenes, strict=True)]


def figures(
    scene: Trajectories, seeds: int, zones: tuple[int, int] = (2, 2), first_seed: int = 0
) -> list[Accuracy]:
    """Accuracy at each epsilon, of visitors and flow as shipped, in windows of 300 s."""
    shares = shares_of(("visitors", "flow"))
    content = {"k": 1, "shares": shares.model_dump(), "window_s": 300}
    each = [
        parse_settings(PrivacySettings, {**content, "epsilon": one}, where="scenes")
        for one in EPSILONS
    ]
    return [evaluate(scene, *zones, settings, seeds, first_seed) for settings in each]


def _mean(results: Sequence[Accuracy]) -> Accuracy:
    return replace(
        results[0],
        occupancy_accuracy=float(np.mean([one.occupancy_accuracy for one in results])),
        occupancy_volume=float(np.mean([one.occupancy_volume for one in results])),
        flow_accuracy=float(np.mean([one.flow_accuracy for one in results])),
        coverage=float(np.mean([one.coverage for one in results])),
    )


@cache
def _scene(kind: str, number: int) -> Trajectories:
    return simulated(kind, number)


def _counted_once() -> None:
    """What is true does not hang on constants: it is counted once, not for each candidate."""
    grids: dict[tuple[int, int, int], true_votes.Stays] = {}
    counted: dict[tuple[int, float, float], true_votes.WindowVotes] = {}

    def grid(scene: Trajectories, columns: int, rows: int) -> true_votes.Stays:
        key = (id(scene), columns, rows)
        if key not in grids:
            grids[key] = true_votes.grid(scene, columns, rows)
        return grids[key]

    def votes(stays: true_votes.Stays, start_s: float, end_s: float) -> true_votes.WindowVotes:
        key = (id(stays), start_s, end_s)
        if key not in counted:
            counted[key] = true_votes.votes(stays, start_s, end_s)
        return counted[key]

    vars(accuracy).update(grid=grid, votes=votes)


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
    criterion: str, scenes: Sequence[str], tried: Sequence[Sequence[list[Accuracy]]], shipped: int
) -> list[str]:
    """The candidates' scores by scene, and what is chosen without each scene.

    ``tried``: of each scene and candidate the figures at each epsilon.
    """
    scores = np.array([[_score(criterion, each) for each in scene] for scene in tried])
    # An error of 1 % weighs more in a hall than in a street; a share of intervals is one anywhere.
    compared = scores / scores.min(axis=1, keepdims=True) if criterion == "error" else scores
    numbers = range(scores.shape[1])
    rows = [
        "",
        CRITERIA[criterion],
        "",
        f"| left out | {' | '.join(map(str, numbers))} | chosen | shipped |",
        f"| --- | {'--- | ' * len(numbers)}--- | --- |",
    ]
    for index, name in enumerate(scenes):
        best = int(np.delete(compared, index, axis=0).mean(axis=0).argmin())
        said = " | ".join(f"{100 * one:.2f}" for one in scores[index])
        rows.append(f"| {name} | {said} | {best} | {shipped} |")
    return [*rows, ""]


def _score(criterion: str, each: list[Accuracy]) -> float:
    if criterion == "error":
        return float(np.mean([1 - one.occupancy_accuracy for one in each]))
    return float(np.mean([abs(one.coverage - 0.9) for one in each]))


def _with(
    module: Any, constant: str, value: Any, measured: Callable[[], list[Accuracy]]
) -> list[Accuracy]:
    with _changed(module, constant, value):
        return measured()


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
