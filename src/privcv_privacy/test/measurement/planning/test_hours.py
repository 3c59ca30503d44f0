# SPDX-License-Identifier: Apache-2.0
"""Hours are planned as they are drawn: the oracle draws noise."""

import math

import numpy as np
import pytest

from privcv_privacy.measurement.planning.forecast import Outlook
from privcv_privacy.measurement.planning.hours import of_hour, with_hour_share, with_hours
from privcv_privacy.settings import PrivacySettings

N = 12  # windows of five minutes in an hour
SCALE = 24.0


def settings(**more: object) -> PrivacySettings:
    return PrivacySettings.model_validate(
        {"window_s": 300, "release": ["entries"], "unit": "visit", **more}
    )


def entries(per_window: float) -> Outlook:
    return Outlook("entries", per_window, math.sqrt(2) * SCALE, SCALE / per_window, 0.0)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_an_hour_has_the_error_of_the_better_of_sum_and_draw(share: float) -> None:
    random = np.random.default_rng(1)
    found = []
    if share < 1:
        found.append(random.laplace(0, SCALE / (1 - share), (20_000, N)).sum(axis=1))
    if share:
        found.append(random.laplace(0, SCALE / share, 20_000))
    best = min(found, key=np.std)
    forecast = of_hour(entries(10.0), settings(), share)
    assert forecast.sd == pytest.approx(np.std(best), rel=0.03)
    assert forecast.error == pytest.approx(np.abs(best).mean() / (10 * N), rel=0.03)
    assert forecast.mean == 120


def test_presence_of_an_hour_is_a_mean() -> None:
    presence = Outlook("presence", 2.0, 3.0, 1.0, 0.0)
    assert of_hour(presence, settings(), 0.0).sd == pytest.approx(3.0 / math.sqrt(N))
    assert of_hour(presence, settings(), 1.0).sd == pytest.approx(3.0 / N)
    assert of_hour(presence, settings(), 1.0).mean == 2.0


def test_hours_are_drawn_once_where_windows_are_noise_and_nowhere_else() -> None:
    reasons: list[str] = []
    lone = with_hour_share(settings(), [entries(10.0)], reasons)
    assert lone.hour_share == 1.0  # 24 of 10 people is nothing: an hour has 20 % instead of 78 %
    assert "20% instead of 78%" in reasons[0]
    assert [one.statistic for one in with_hours(lone, [entries(10.0)])] == ["entries_hour"]
    crowd = with_hour_share(settings(), [entries(400.0)], [])
    assert crowd.hour_share == 0.0  # windows are within 6 %, hours within 2 %
    for given in (settings(unit="event"), settings(window_s=3600), settings(periods=["day"])):
        assert with_hour_share(given, [entries(10.0)], []).hour_share == 0.0
