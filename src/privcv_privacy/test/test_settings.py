# SPDX-License-Identifier: Apache-2.0
"""Privacy settings that cannot hold their promise are refused by name."""

import pytest

from privcv_core.errors import SettingsError
from privcv_core.settings.model import parse_settings
from privcv_privacy.settings import PrivacySettings


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"epsilon": 0}, "epsilon"),
        ({"epsilon": -1}, "epsilon"),
        ({"epsilon": float("nan")}, "epsilon"),
        ({"epsilon": float("inf")}, "epsilon"),
        ({"delta": 0.0}, "delta"),
        ({"k": 0}, "k"),
        ({"max_cells": 0}, "max_cells"),
        ({"margin": -1}, "margin"),
        ({"window_s": 0}, "window_s"),
        ({"window_s": 7}, "window_s"),
        ({"shares": {"counts": 0.9, "dwell": 0.2}}, "shares"),
        ({"unit": "person"}, "unit"),
        ({"mechanism": "exponential"}, "mechanism"),
        ({"dwell_period_s": 250}, "dwell_period_s"),
        ({"epsilonn": 1}, "epsilonn"),
    ],
)
def test_bad_settings_are_refused_by_name(settings, field):
    with pytest.raises(SettingsError, match=field):
        parse_settings(PrivacySettings, settings, where="site.yaml")


@pytest.mark.parametrize("value", [0.5, 5, "wide", None])
def test_a_zone_that_pulls_people_in_is_refused_with_the_fix(value):
    with pytest.raises(SettingsError) as caught:
        parse_settings(PrivacySettings, {"hysteresis_m": value}, where="site.yaml")
    assert str(caught.value).startswith("site.yaml: ")
    assert "hysteresis_m: is always 0" in str(caught.value)
    assert str(caught.value).endswith("remove hysteresis_m")


def test_a_file_of_0_1_without_hysteresis_is_read_with_a_line(caplog):
    settings = parse_settings(PrivacySettings, {"hysteresis_m": 0.0}, where="site.yaml")
    assert settings == PrivacySettings()
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("site.yaml: privacy: hysteresis_m is no longer needed")
