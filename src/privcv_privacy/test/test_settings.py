# SPDX-License-Identifier: Apache-2.0
"""Privacy settings that cannot hold their promise are refused by name."""

import pytest

from privcv_core.errors import SettingsError
from privcv_core.settings.model import parse_settings
from privcv_privacy.errors import PrivacyError
from privcv_privacy.settings import STATISTICS, BudgetShares, PrivacySettings, shares_of


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
        ({"release": []}, "release"),
        ({"release": ["faces"]}, "release"),
        ({"release": ["flow", "flow"]}, "release: names a statistic twice"),
        ({"release": ["presence"], "shares": {"counts": 0.5}}, "shares.presence is 0"),
        ({"release": ["visitors"], "shares": {"counts": 0}}, "shares.counts is 0"),
        ({"release": ["footfall"], "unit": "event"}, "footfall needs unit: visit"),
        ({"presence_cap_s": 7}, "presence_cap_s"),
        ({"release": ["presence"], "window_s": 5, "dwell_period_s": 60}, "window_s"),
        ({"max_crossings": 0}, "max_crossings"),
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


def test_what_is_not_released_pays_for_the_counts():
    assert shares_of(("visitors", "flow")) == BudgetShares(counts=0.95, dwell=0.0, bias=0.05)
    assert shares_of(["flow"]) == shares_of(["visitors"]) == shares_of(["visitors", "flow"])
    assert shares_of(["dwell", "visitors"]) == BudgetShares()


def test_all_that_is_released_is_paid_for_and_nothing_else():
    for release in (["presence"], ["dwell", "entries"], ["flow", "footfall"], list(STATISTICS)):
        shares = shares_of(release).model_dump()
        assert 1 - 1e-5 < sum(shares.values()) <= 1
        pools = {"counts", "bias"} if {"visitors", "flow"} & set(release) else set()
        pools |= set(release) - {"visitors", "flow"}
        assert {name for name, share in shares.items() if share > 0} == pools


def test_the_shares_follow_from_the_list():
    settings = parse_settings(PrivacySettings, {"release": ["presence"], "epsilon": 2}, "site.yaml")
    assert settings.presence_epsilon == 2
    assert settings.counts_epsilon == settings.dwell_epsilon == settings.bias_epsilon == 0
    assert settings.entries_epsilon == settings.footfall_epsilon == 0
    # Their own shares are what was said, and pay only for what is listed.
    quiet = {"dwell": 0.0, "bias": 0.0}
    own = {"release": ["presence"], "shares": {"presence": 0.2, "counts": 0.8, **quiet}}
    settings = parse_settings(PrivacySettings, own, "site.yaml")
    assert settings.presence_epsilon == 0.2
    assert settings.counts_epsilon == 0
    assert parse_settings(PrivacySettings, settings.model_dump(), "again") == settings


def test_a_list_of_today_needs_no_line():
    assert parse_settings(PrivacySettings, {}, "site.yaml").shares == BudgetShares()
    old = {"shares": {"counts": 0.95, "dwell": 0.0, "bias": 0.05}}
    assert parse_settings(PrivacySettings, old, "site.yaml").dwell_epsilon == 0


@pytest.mark.parametrize("release", [[], ["visitors", "faces"]])
def test_a_list_that_cannot_be_released_is_refused(release):
    with pytest.raises(PrivacyError, match="release"):
        shares_of(release)


def test_a_file_of_before_may_still_name_the_bias_period(caplog):
    settings = parse_settings(PrivacySettings, {"bias_period_s": 600}, where="site.yaml")
    assert settings == PrivacySettings()
    (record,) = caplog.records
    assert "site.yaml: privacy: bias_period_s" in record.getMessage()
