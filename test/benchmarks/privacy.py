# SPDX-License-Identifier: Apache-2.0
"""``make bench-privacy``: accuracy against epsilon on public trajectories, cost of a release.

Writes docs/benchmarks/privacy.md and docs/benchmarks/privacy.png. Part by part, so that what was
done is not done again::

    .venv/bin/python test/benchmarks/privacy.py PART...   (only those, into out/privacy)
    .venv/bin/python test/benchmarks/privacy.py --keep    (what out/privacy does not hold, the page)
"""

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from privacy_ceiling import ceiling
from privacy_cost import cost
from privacy_scenes import of_kind
from privacy_scenes import table as scene_rows

from privcv_core.settings.model import data_folder, parse_settings
from privcv_privacy.measurement.accuracy import Accuracy, evaluate
from privcv_privacy.measurement.simulated_scenes import SCENES
from privcv_privacy.measurement.trajectories import Trajectories, load_trajectories
from privcv_privacy.measurement.true_votes import grid, votes
from privcv_privacy.settings import PrivacySettings, shares_of

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "benchmarks"
OUT = ROOT / "out" / "privacy"
Part = dict[str, Any]
EPSILONS = (2.0, 1.0, 0.5)
SETS = (
    ("eth", "data/eth/obsmat.txt", "eth", 300),
    ("ucy zara01", "data/ucy/crowds_zara01.txt", "ucy", 300),
    ("ucy zara02", "data/ucy/crowds_zara02.txt", "ucy", 300),
    ("edinburgh", "data/edinburgh/tracks.01Jul.txt", "edinburgh", 3600),
)
ALL = {"counts": 1.0, "dwell": 0.0, "bias": 0.0}
SHIPPED = shares_of(("visitors", "flow")).model_dump()


def main() -> None:
    """Measure what is named, or everything, and write the page of all parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; into out/privacy only")
    parser.add_argument("--quick", action="store_true", help="few seeds, all parts anew")
    parser.add_argument(
        "--keep", action="store_true", help="parts that are there are not run again"
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    seeds = 5 if options.quick else 100
    for name in options.parts or PARTS:
        file = OUT / f"{name.replace(' ', '_')}.json"
        if not (options.keep and file.exists()):
            OUT.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(PARTS[name](seeds)), encoding="utf-8")
            print(f"{name}: done", flush=True)
    if not options.parts:
        write_page(seeds)


def write_page(seeds: int) -> None:
    """Of all parts, which are in out/privacy."""
    parts = {
        name: json.loads((OUT / f"{name.replace(' ', '_')}.json").read_text(encoding="utf-8"))
        for name in PARTS
    }
    plot({name: parts[name]["curves"] for name, *_ in SETS})
    rows = [row for part in parts.values() for row in part["rows"]]
    text = "\n".join([HEADER.format(seeds=seeds), *rows])
    (DOCS / "privacy.md").write_text(text + "\n", encoding="utf-8")


def of_set(name: str, file: str, format_: str, window_s: int, seeds: int) -> Part:
    """Rows and curves of one recording."""
    trajectories = load_trajectories(data_folder() / file, format_)
    curves = [
        measure(trajectories, seeds, window_s, epsilon=float(epsilon), shares=SHIPPED)
        for epsilon in (0.25, 0.5, 1, 2, 4)
    ]
    return {
        "rows": table(name, window_s, trajectories, seeds),
        "curves": [each.as_json() for each in curves],
    }


def of_edinburgh(rows: Callable[[Trajectories, int], list[str]], seeds: int) -> Part:
    """Rows that need the Edinburgh day."""
    return {"rows": rows(load_trajectories(data_folder() / SETS[3][1], SETS[3][2]), seeds)}


def measure(
    trajectories: Trajectories,
    seeds: int,
    window_s: int = 300,
    **changes: object,
) -> Accuracy:
    """Accuracy of a 2x2 grid under the given settings; k is off unless it is given."""
    content = {"window_s": window_s, "k": 1, "shares": ALL, **changes}
    settings = parse_settings(PrivacySettings, content, where="bench-privacy")
    return evaluate(trajectories, 2, 2, settings, seeds)


def table(name: str, window_s: int, trajectories: Trajectories, seeds: int) -> list[str]:
    """Rows: no protection, k alone on true counts, each epsilon as shipped and otherwise."""
    rows = [
        f"### {name}, windows of {window_s} s, 2x2 zones, unit visit, M = 3",
        "",
        "| released | occupancy | by volume | flow | cells with a value | intervals that hold |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for label, k in (("exact, no k", 1), ("exact, k = 3", 3), ("exact, k = 5", 5)):
        shown, cells = exact(trajectories, window_s, k)
        share = f"{100 * shown / cells:.1f}"
        rows.append(f"| {label} (not private) | {share} | | {share} | {shown} of {cells} | |")
    for label, changes in (
        ("as shipped", {"shares": SHIPPED}),
        ("as shipped, k = 5", {"shares": SHIPPED, "k": 5}),
        ("uncorrected", {}),
        ("uncorrected, Gaussian, δ = 1e-6", {"mechanism": "gaussian"}),
        ("unit event", {"unit": "event"}),
    ):
        for epsilon in EPSILONS:
            result = measure(trajectories, seeds, window_s, epsilon=epsilon, **changes)
            rows.append(
                f"| ε = {epsilon:g}, {label} | {100 * result.occupancy_accuracy:.1f} "
                f"| {100 * result.occupancy_volume:.1f} "
                f"| {100 * result.flow_accuracy:.1f} | {result.released} of {result.cells} "
                f"| {100 * result.coverage:.0f} % |"
            )
    return [*rows, ""]


def exact(trajectories: Trajectories, window_s: int, k: int) -> tuple[int, int]:
    """Cells that true counts of at least ``k`` would show, and all with somebody in them."""
    stays = grid(trajectories, 2, 2)
    least_s = PrivacySettings().min_coverage * window_s
    starts = np.arange(0, stays.end_s - least_s + 1e-9, window_s)
    counts = np.concatenate(
        [votes(stays, start, start + window_s).histogram(4).sum(axis=1) for start in starts]
    )
    return int((counts >= k).sum()), int((counts >= 1).sum())


def adaptive(trajectories: Trajectories, seeds: int) -> list[str]:
    """Windows chosen from released values on the Edinburgh day."""
    rows = [
        "### edinburgh, adaptive windows of 1, 5, 15 or 60 min",
        "",
        "| released | occupancy | flow | cells |",
        "| --- | --- | --- | --- |",
    ]
    for unit in ("event", "visit"):
        for epsilon in EPSILONS:
            result = measure(trajectories, seeds, adaptive=True, unit=unit, epsilon=epsilon)
            rows.append(
                f"| ε = {epsilon:g}, unit {unit} | {100 * result.occupancy_accuracy:.1f} "
                f"| {100 * result.flow_accuracy:.1f} | {result.cells} |"
            )
    return [*rows, ""]


def ceilings(edinburgh: Trajectories, seeds: int) -> list[str]:
    """What the noise leaves to be had, whatever post-processing does."""
    window_s = SETS[3][3]
    rows = [
        "### How far post-processing could go: flow on edinburgh, 3600 s, 2x2, unit visit, M = 3",
        "",
        "The first column is the votes that the contribution bound lets through, without noise.",
        "The others are readers of the product's noisy counts who were told a part of the",
        "truth: A every cell's total and every zone's shares of headings over the day, B all",
        "sums by window and zone, by window and heading and by zone and heading. An estimator",
        "that was told nothing can hardly pass A.",
        "",
        "| | bounded, no noise | reader A | reader B |",
        "| --- | --- | --- | --- |",
    ]
    for epsilon in EPSILONS:
        content = {"window_s": window_s, "shares": ALL, "epsilon": epsilon}
        settings = parse_settings(PrivacySettings, content, where="bench-privacy")
        figures = (f"{100 * one:.1f}" for one in ceiling(edinburgh, settings, seeds))
        rows.append(f"| ε = {epsilon:g} | {' | '.join(figures)} |")
    return [*rows, ""]


def scenes(seeds: int) -> list[str]:
    """Simulated crowds of all kinds, as shipped."""
    results = {name: of_kind(name, seeds) for name in SCENES}
    return [
        f"### Simulated scenes, 300 s, 2x2, as shipped, ε = 2 / 1 / 0.5 ({seeds} seeds)",
        "",
        "The constants of the correction were chosen on these, not on the recordings above. How",
        "each does where its kind was left out: [bias](bias.md).",
        "",
        *scene_rows(results),
    ]


def plot(curves: dict[str, list[dict[str, float]]]) -> None:
    """Accuracy against epsilon per data set, as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for axis, field in zip(axes, ("occupancy_accuracy", "flow_accuracy"), strict=True):
        for name, results in curves.items():
            x = [result["epsilon"] for result in results]
            axis.plot(x, [100 * r[field] for r in results], marker="o", label=name)
        axis.set_xscale("log", base=2)
        axis.set_xticks([0.25, 0.5, 1, 2, 4], ["0.25", "0.5", "1", "2", "4"])
        axis.set_xlabel("ε per visit")
        axis.set_title(field.replace("_", " "))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("%")
    axes[1].legend(loc="lower right")
    figure.tight_layout()
    DOCS.mkdir(parents=True, exist_ok=True)
    figure.savefig(DOCS / "privacy.png", dpi=110)


PARTS: dict[str, Callable[[int], Part]] = {
    **{one[0]: partial(of_set, *one) for one in SETS},
    "adaptive": lambda seeds: of_edinburgh(adaptive, max(seeds // 5, 2)),
    "ceilings": partial(of_edinburgh, ceilings),
    "scenes": lambda seeds: {"rows": scenes(max(seeds // 5, 2))},
    "cost": lambda seeds: {"rows": cost()},
}
HEADER = """# Privacy: accuracy under noise

Regenerated by `make bench-privacy` ({seeds} seeds per figure). Trajectories with true ids, so these
figures hold no error of detection, tracking or the 5 s ticks. A cell is a zone in a window; windows
begin at the first position of the file, and the last is left out where less than half of it is
covered; zones are an equal grid over the 1-99 % box.

- occupancy: mean over cells with n >= 1 of clip(1 - |released - n| / n, 0, 1), a cell without a
  value scores 0, n is the number of distinct ids; by volume: 1 - sum of |released - n| / sum of n;
- flow: mean over cells in which somebody moved at least 0.25 m of 1 - the total variation distance
  of the shares of the four headings (the larger axis of a person's net movement in the cell).

ε is all that one visit pays for the occupancy and flow of all its windows and zones together. *As
shipped* is `privcv evaluate privacy --release visitors,flow`: 95 % of ε for the counts and 5 % for
the correction of what the contribution bound drops. In the other rows all of it is for the counts,
and nothing is corrected. k is off where a row does not say it.

![accuracy against epsilon](privacy.png)
"""


if __name__ == "__main__":
    main()
