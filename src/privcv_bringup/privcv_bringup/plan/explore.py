# SPDX-License-Identifier: Apache-2.0
"""The trade-off explorer: expected accuracy against epsilon, M and window, as one page."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from privcv_bringup.plan.plan import Plan
from privcv_bringup.report.charts import Curve, curves
from privcv_bringup.report.page import Picture, Table, write_page
from privcv_core.files.folder import make_folder
from privcv_privacy.measurement.planning.recommend import WINDOWS_S, choices_of
from privcv_privacy.measurement.planning.windows import with_window

EPSILONS = (0.25, 0.5, 1.0, 2.0, 4.0)


def write_explorer(plan: Plan, path: Path) -> Path:
    """Write the page of ``plan`` and its pictures beside it; returns its path."""
    make_folder(path.parent)
    chosen = plan.found.settings
    pictures = [
        Picture(
            "Epsilon",
            f"Expected error of visitors against epsilon, for each window, with M = "
            f"{chosen.max_cells}. The dashed line is the error that is good enough.",
            _of_epsilon(plan),
        ),
        Picture(
            "Bound",
            "Expected error of visitors against the bound M on zones and windows of one visit: a "
            "small one leaves people out, a large one needs more noise.",
            _of_bound(plan),
        ),
        Picture(
            "Window",
            f"Expected error of visitors against the length of windows, for each epsilon, with "
            f"M = {chosen.max_cells}.",
            _of_window(plan),
        ),
    ]
    facts = {
        "window recommended": f"{chosen.window_s} s",
        "bound M recommended": str(chosen.max_cells),
        f"epsilon of one {chosen.unit.replace('_', ' ')}": f"{chosen.epsilon:g}",
        "visits an hour": f"{plan.traffic.per_hour:.0f}",
    }
    rows = [
        [one.statistic, f"{one.mean:.1f}", "filtered" if one.sd != one.sd else f"{one.sd:.1f}",
         f"{one.error:.0%}", f"{one.lost:.0%}"]
        for one in plan.found.outlooks
    ]  # fmt: skip
    table = Table(
        "What to expect",
        "; ".join(plan.found.reasons),
        ("statistic", "true value in a window", "sd of noise", "expected error", "left out"),
        rows,
    )
    lead = f"{plan.site}, camera {plan.camera}. {plan.traffic.source}. Nothing was run or spent."
    write_page(path, "privcv: what accuracy to expect", lead, facts, pictures, None, table)
    return path


def _of_epsilon(plan: Plan) -> Figure:
    bound, lines = plan.found.settings.max_cells, []
    for window_s in WINDOWS_S:
        errors = [_error(plan, epsilon, window_s, bound) for epsilon in EPSILONS]
        lines.append(Curve(_window(window_s), EPSILONS, errors))
    return curves(lines, "epsilon", plan.target, mark=plan.settings.epsilon, log=True)


def _of_bound(plan: Plan) -> Figure:
    lines = []
    for window_s in WINDOWS_S:
        of_window = [one for one in plan.found.choices if one.window_s == window_s]
        bounds = [one.max_cells for one in of_window]
        lines.append(Curve(_window(window_s), bounds, [one.visitors.error for one in of_window]))
    return curves(lines, "bound M", plan.target, mark=plan.found.settings.max_cells)


def _of_window(plan: Plan) -> Figure:
    bound, lines = plan.found.settings.max_cells, []
    minutes: Sequence[float] = [window_s / 60 for window_s in WINDOWS_S]
    for epsilon in EPSILONS:
        errors = [_error(plan, epsilon, window_s, bound) for window_s in WINDOWS_S]
        lines.append(Curve(f"epsilon {epsilon:g}", minutes, errors))
    mark = plan.found.settings.window_s / 60
    return curves(lines, "window, minutes", plan.target, mark=mark, log=True)


def _error(plan: Plan, epsilon: float, window_s: int, bound: int) -> float:
    settings = with_window(plan.settings, window_s, epsilon=epsilon)
    (choice,) = choices_of(plan.traffic, settings, plan.hours, (window_s,), (bound,))
    return choice.visitors.error


def _window(window_s: int) -> str:
    return f"windows of {window_s // 60} min"
