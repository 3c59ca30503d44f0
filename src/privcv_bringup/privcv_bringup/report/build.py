# SPDX-License-Identifier: Apache-2.0
"""The report of a run: from what the collector holds, and the truth where it is known."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privcv_bringup.report import charts
from privcv_bringup.report.comparison import compare
from privcv_bringup.report.page import Picture, Table, write_page
from privcv_bringup.report.released import FLOOR, Released, read_reports
from privcv_bringup.report.subject import DemoInput, Outcome
from privcv_bringup.report.truth import Truth
from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.empty_scene import empty_scene
from privcv_privacy.budget.ledger import Ledger

DWELL_BOUNDS_S = (30.0, 120.0)
UNITS = {
    "visit": "one visit (one identity of a stay)",
    "person_window": "one person in one window",
    "event": "one person in one zone and window",
}


def build_report(chosen: DemoInput, outcome: Outcome, folder: Path) -> Path:
    """Write ``report.html`` and its pictures into ``folder``; returns its path."""
    released = read_reports(outcome.totals, outcome.dwell)
    camera = chosen.camera
    zones = _zone_polygons(chosen)
    truth = true_counts(released, chosen)
    pictures = [
        Picture(
            "Occupancy",
            "People who were in each zone during each window: what was released with its 90 % "
            "interval, why nothing was, and the truth where it is known.",
            charts.occupancy(released, camera, truth, chosen.site.privacy.k),
        ),
        Picture(
            "Flow",
            "Where people in each zone were heading, over all published windows; x and y are the "
            "directions of the camera's floor.",
            charts.flow(released, camera),
        ),
        Picture(
            "Zones",
            "The zones on the floor, over the scene without people.",
            _map(chosen, zones),
        ),
    ]
    stays = [value for value in released.dwell if value.camera == camera]
    if stays:
        stayed = _true_stays(zones, chosen.truth)
        text = "How long people stayed in each zone, with 90 % intervals."
        pictures.insert(2, Picture("Dwell", text, charts.dwell(stays, stayed)))
    spent = _spent(chosen, folder / "state" / "ledger.db")
    protected = UNITS[chosen.site.privacy.unit]
    pictures.append(
        Picture(
            "Budget",
            f"The most that {protected} may have paid, of what it may pay at most.",
            charts.budget(spent, chosen.site.privacy.epsilon),
        )
    )
    published = sum(window.published for window in released.windows)
    facts = {
        "reports at the collector": str(len(released.windows) + len(released.dwell)),
        "of them published": str(published + sum(value.published for value in released.dwell)),
        f"ε protects {protected}": f"{chosen.site.privacy.epsilon:g}",
    }
    compared = compare(released, camera, truth)
    table = None
    if compared is not None:
        facts |= compared.facts()
        table = Table(
            "Released and true",
            "Noise is added, so a value may lie on either side of the truth, which was never sent.",
            ("window (UTC)", "zone", "released", "90 % interval", "truth"),
            compared.rows,
        )
    path = folder / "report.html"
    write_page(
        path,
        "privcv: what was released",
        f"{chosen.name}. Everything below was read back from the collector.",
        facts,
        pictures,
        _example(outcome),
        table,
    )
    return path


def _zone_polygons(chosen: DemoInput) -> dict[str, NDArray[np.float64]]:
    camera = chosen.site.cameras[chosen.camera]
    return {name: np.reshape(zone.polygon_m, (-1, 2)) for name, zone in camera.zones.items()}


def true_counts(released: Released, chosen: DemoInput) -> dict[tuple[str, float], int]:
    """The true count of each zone and window that was released, by zone and start of the window.

    Empty where the truth is not known.
    """
    if chosen.truth is None or not released.windows:
        return {}
    zones = _zone_polygons(chosen)
    start_s = min(window.window_start for window in released.windows).timestamp()
    counts: dict[tuple[str, float], int] = {}
    for window in released.windows:
        if window.camera != chosen.camera:
            continue
        # The floor is the sum of its zones: who was in two of them counts in both.
        parts = zones.values() if window.zone == FLOOR else [zones[window.zone]]
        window_s = window.window_start.timestamp()
        counts[window.zone, window_s] = sum(
            chosen.truth.occupancy(part, window_s - start_s, window.window_s) for part in parts
        )
    return counts


def _true_stays(
    zones: dict[str, NDArray[np.float64]], truth: Truth | None
) -> dict[str, tuple[int, ...]]:
    if truth is None:
        return {}
    stays = {name: truth.dwell(polygon, DWELL_BOUNDS_S) for name, polygon in zones.items()}
    return {**stays, FLOOR: tuple(np.sum(list(stays.values()), axis=0))}


def _map(chosen: DemoInput, zones: dict[str, NDArray[np.float64]]) -> Any:
    camera = chosen.site.cameras[chosen.camera]
    background = None
    if camera.source.kind == "file":
        background = empty_scene(Path(camera.source.uri))
        size = (background.shape[1], background.shape[0])
    else:
        size = (camera.calibration.image_width_px or 640, camera.calibration.image_height_px or 480)
    calibration = build_calibration(camera.calibration, size)
    outlines = {name: calibration.to_image(_dense(polygon)) for name, polygon in zones.items()}
    return charts.zone_map(background, outlines, size)


def _dense(polygon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Many points along each edge: a straight edge of the floor may be bent in the image."""
    following = np.roll(polygon, -1, axis=0)
    shares = np.linspace(0, 1, 20, endpoint=False)[:, None, None]
    points: NDArray[np.float64] = polygon + shares * (following - polygon)
    return np.reshape(points.transpose(1, 0, 2), (-1, 2))


def _spent(chosen: DemoInput, ledger: Path) -> dict[str, float]:
    spent: dict[str, float] = dict.fromkeys(chosen.site.cameras, 0.0)
    with Ledger(ledger) as opened:
        for budget in opened.budgets(chosen.site.privacy.identity_lifetime_s):
            spent[budget.scope] = budget.epsilon_spent
    return spent


def _example(outcome: Outcome) -> dict[str, Any] | None:
    published = [zone for zone in outcome.totals if zone["status"] == "published"]
    return next(iter(published or outcome.totals), None)
