# SPDX-License-Identifier: Apache-2.0
"""What is recommended is the best of what was tried, can be set, and has its reason."""

import numpy as np
import pytest

from privcv_privacy.aggregation.zones import ZoneMap, zone_map
from privcv_privacy.measurement.planning import forecast, recommend
from privcv_privacy.measurement.planning.traffic import (
    Traffic,
    VisitShape,
    ZoneStay,
    assumed_traffic,
)
from privcv_privacy.measurement.zone_layouts import grid_zones
from privcv_privacy.settings import PrivacySettings

EVERYTHING = ["visitors", "flow", "presence", "entries", "footfall", "dwell"]


@pytest.fixture(autouse=True)
def _few_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rough errors are enough to see which is least by far."""
    monkeypatch.setattr(forecast, "ALL_WINDOWS", 12)
    monkeypatch.setattr(forecast, "RUNS", 4)
    monkeypatch.setattr(forecast, "WINDOWS", 6)


def zones(columns: int = 2) -> ZoneMap:
    x, y = np.array([0.0, 3.0 * columns]), np.array([0.0, 3.0])
    return zone_map("hall", grid_zones(columns, 1, x, y).zones)


def settings(**changes: object) -> PrivacySettings:
    return PrivacySettings.model_validate({"k": 1, **changes})


def test_it_is_the_shortest_window_that_reaches_the_target_with_its_best_bound() -> None:
    found = recommend.recommend(assumed_traffic(zones(), 2000, 60, 1.5), settings(), 12, 0.15)
    chosen = found.settings
    reach = {one.window_s for one in found.choices if one.visitors.error <= 0.15}
    assert chosen.window_s == min(reach)
    same = [one for one in found.choices if one.window_s == chosen.window_s]
    assert chosen.max_cells == min(same, key=lambda one: one.visitors.error).max_cells
    assert any(reason.startswith("window:") for reason in found.reasons)


def test_more_people_need_no_longer_windows() -> None:
    lengths = [
        recommend.recommend(
            assumed_traffic(zones(), per_hour, 60, 1.5), settings(), 12, 0.2
        ).settings.window_s
        for per_hour in (100, 4000)
    ]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > lengths[-1]


def test_what_is_recommended_can_be_set_and_spends_no_more_than_epsilon() -> None:
    asked = settings(release=EVERYTHING, epsilon=2)
    traffic = assumed_traffic(zones(), 600, 120, 1.5)
    found = recommend.recommend(traffic, asked, 10, 0.2, lines=1)
    content = {"release": EVERYTHING, "epsilon": 2, "k": 1, **found.privacy()}
    content["dwell_period_s"] = found.settings.dwell_period_s
    again = PrivacySettings.model_validate(content)
    assert sum(again.shares.model_dump().values()) <= 1 + 1e-9
    assert (again.epsilon, again.unit, again.k) == (2, "visit", 1)  # the promise is the site's
    told = {one.statistic for one in found.outlooks}
    hours = {"presence_hour", "entries_hour"}
    assert hours < told
    assert set(EVERYTHING) - {"presence", "entries"} <= told <= set(EVERYTHING) | hours
    assert all(np.isfinite(one.error) for one in found.outlooks)
    # Counts get no more than their target needs, or what the product gives them.
    assert 0 < again.shares.counts <= 0.9


def test_few_people_in_many_zones_are_told_to_merge_them() -> None:
    found = recommend.recommend(assumed_traffic(zones(9), 60, 60, 1.0), settings(), 6, 0.1)
    assert found.merged is not None
    assert found.merged.error < found.outlooks[0].error / 2
    assert any("merge" in reason for reason in found.reasons)


def test_the_cap_of_presence_follows_how_long_visits_last() -> None:
    """Short visits, and one in fifty that stays for an hour: the cap is for the many."""

    def visit(ticks: int) -> VisitShape:
        return VisitShape((ZoneStay(0, 0, ticks - 1, 0),), (0,) * ticks)

    traffic = Traffic(zones(), (*[visit(7)] * 98, *[visit(13)] * 2), 300.0, "by hand")
    found = recommend.recommend(traffic, settings(release=["presence"]), 10, 0.2)
    assert found.settings.presence_cap_s == 30
    assert found.outlooks[0].error <= 0.2 or found.settings.window_s == 3600
    assert found.settings.shares.presence == pytest.approx(1.0, abs=0.002)
    assert found.settings.shares.counts == 0
    longer = Traffic(zones(), tuple([visit(61)] * 50), 3000.0, "by hand")
    chosen = recommend.recommend(longer, settings(release=["presence"], epsilon=8), 10, 0.2)
    assert chosen.settings.presence_cap_s == 300


def test_one_zone_in_the_place_of_all_has_each_visit_once() -> None:
    traffic = assumed_traffic(zones(4), 100, 300, 3)
    merged = recommend.as_one_zone(traffic)
    assert merged.cells_at == 1
    assert merged.mean_s == traffic.mean_s
