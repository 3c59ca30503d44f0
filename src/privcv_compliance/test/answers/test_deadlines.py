# SPDX-License-Identifier: Apache-2.0
"""Deadlines are those of the law; a year of requests never ends on a day without work."""

from datetime import date, timedelta

import pytest

from privcv_compliance.answers.deadlines import confirm_by, deadline, next_working_day

GOOD_FRIDAY, EASTER_MONDAY = date(2027, 3, 26), date(2027, 3, 29)


@pytest.mark.parametrize(
    ("law", "received", "extended", "expected"),
    [
        ("gdpr", date(2026, 11, 23), False, date(2026, 12, 23)),
        ("gdpr", date(2026, 11, 20), False, date(2026, 12, 21)),  # the 20th is a Sunday
        ("gdpr", date(2026, 12, 5), False, date(2027, 1, 5)),
        ("gdpr", date(2027, 1, 31), False, date(2027, 3, 1)),  # 28 February is a Sunday
        ("gdpr", date(2028, 1, 31), False, date(2028, 2, 29)),  # no 31 February: its last day
        ("gdpr", date(2026, 11, 30), True, date(2027, 3, 1)),
        ("gdpr", date(2027, 2, 26), False, date(2027, 3, 30)),  # Easter
        ("ccpa", date(2026, 11, 20), False, date(2027, 1, 4)),
        ("ccpa", date(2026, 11, 18), False, date(2027, 1, 2)),  # a Saturday: calendar days
        ("ccpa", date(2026, 11, 20), True, date(2027, 2, 18)),
    ],
)
def test_deadlines_are_those_of_the_law(
    law: str, received: date, extended: bool, expected: date
) -> None:
    holidays = {GOOD_FRIDAY, EASTER_MONDAY}
    assert deadline(law, received, extended=extended, holidays=holidays) == expected


def test_a_year_of_requests_with_holidays() -> None:
    """Against the calendar: the end is a working day, and no other lies before it."""
    holidays = {GOOD_FRIDAY, EASTER_MONDAY, date(2027, 1, 1), date(2027, 12, 27)}
    for number in range(365):
        received = date(2026, 12, 1) + timedelta(days=number)
        end = deadline("gdpr", received, holidays=holidays)
        assert end.isoweekday() <= 5
        assert end not in holidays
        assert 28 <= (end - received).days <= 36
        between = [end - timedelta(days=back) for back in range(1, (end - received).days - 27)]
        month = (received.replace(day=1) + timedelta(days=32)).month
        late = [day for day in between if day.month == month and day.day >= received.day]
        assert all(day.isoweekday() > 5 or day in holidays for day in late)


def test_ten_business_days() -> None:
    assert confirm_by("ccpa", date(2026, 11, 20)) == date(2026, 12, 4)
    assert confirm_by("ccpa", date(2026, 11, 21)) == date(2026, 12, 4)  # came on a Saturday
    assert confirm_by("gdpr", date(2026, 11, 20)) is None


def test_the_next_working_day_is_the_day_itself_where_it_is_one() -> None:
    assert next_working_day(date(2026, 11, 20)) == date(2026, 11, 20)
