# SPDX-License-Identifier: Apache-2.0
"""Who pays how much, counted by hand: visits of an hour, windows, events in zones."""

import math

import pytest
from assessed_sentences import Changes, read_again, set_keys

from privcv_compliance.assessment.epsilon_meaning import payers, sure, units_in
from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.site_file import SiteFile

TWO_ZONES = {"cameras.lobby.zones.stairs": {"polygon_m": [5, 5, 6, 5, 6, 6]}}


@pytest.mark.parametrize(
    ("changes", "hours", "units"),
    [
        ({}, 8, 8),  # an employee of eight hourly visits
        ({}, 1, 1),
        ({"cameras.lobby.anonymization": {"identities": {"period_s": 1800}}}, 8, 16),
        ({"privacy.unit": "person_window", "privacy.window_s": 300}, 8, 96),
        ({"privacy.unit": "event", "privacy.window_s": 300}, 1, 12),
        ({"privacy.unit": "event", "privacy.window_s": 300, **TWO_ZONES}, 1, 24),
        # Adaptive windows may be as short as a minute.
        ({"privacy.unit": "person_window", "privacy.adaptive": True}, 1, 60),
    ],
)
def test_units_of_a_stay(site: SiteFile, changes: Changes, hours: int, units: int) -> None:
    set_keys(site.path, changes)
    assert units_in(read_again(site), hours * 3600) == units


def test_an_employee_of_eight_hours_pays_eight_a_day_with_epsilon_1(site: SiteFile) -> None:
    visitor, regular, employee = payers(AnswersFile.beside(site), site)
    assert (visitor.units_a_day, visitor.days_a_year) == (1, 1)
    assert (regular.units_a_day, regular.days_a_year) == (1, 50)
    assert (employee.units_a_day * site.privacy.epsilon, employee.days_a_year) == (8, 220)


def test_without_staff_in_view_there_is_no_such_row(site: SiteFile) -> None:
    set_keys(site.path, {"answers.people.staff": False})
    assert len(payers(AnswersFile.beside(site), site)) == 2


@pytest.mark.parametrize(("paid", "share"), [(0, 0.5), (0.5, 0.62), (1, 0.73), (2, 0.88)])
def test_how_sure_one_can_become_is_what_the_page_on_privacy_says(
    paid: float, share: float
) -> None:
    assert round(sure(paid), 2) == share
    assert sure(paid) == pytest.approx(math.exp(paid) / (1 + math.exp(paid)))
