# SPDX-License-Identifier: Apache-2.0
"""By when a request of a data subject has to be confirmed and answered, by the law it is under."""

import calendar
from collections.abc import Collection
from datetime import date, timedelta
from typing import Literal

Law = Literal["gdpr", "ccpa"]

_SATURDAY = 5
_CONFIRM_DAYS = 10  # business days, 11 CCR 7021(a)


def deadline(
    law: str,
    received: date,
    *,
    extended: bool = False,
    paused_days: int = 0,
    holidays: Collection[date] = (),
) -> date:
    """The last day for an answer, where its clock stood still for ``paused_days`` in all.

    GDPR Art. 12(3): one month, three where extended. By Regulation 1182/71 Art. 3(2)(c) it ends
    with the day of the same number, or the last of the month; by its Art. 3(4) with the next
    working day where that is a Saturday, a Sunday or one of ``holidays``. CCPA: 45 calendar days,
    90 where extended (Cal. Civ. Code 1798.130(a)(2), 11 CCR 7021(b)); they are not moved.
    """
    if law == "ccpa":
        return received + timedelta(days=90 if extended else 45)
    months = received.month - 1 + (3 if extended else 1)
    year, month = received.year + months // 12, months % 12 + 1
    last = date(year, month, min(received.day, calendar.monthrange(year, month)[1]))
    return next_working_day(last + timedelta(days=paused_days), holidays)


def confirm_by(law: str, received: date, holidays: Collection[date] = ()) -> date | None:
    """The last day to confirm that a request came: ten business days under the CCPA.

    11 CCR 7021(a); ``None`` where the law asks for none.
    """
    if law != "ccpa":
        return None
    day = received
    for _ in range(_CONFIRM_DAYS):
        day = next_working_day(day + timedelta(days=1), holidays)
    return day


def next_working_day(day: date, holidays: Collection[date] = ()) -> date:
    """``day``, or the first one after it that is no Saturday, Sunday or one of ``holidays``."""
    while day.weekday() >= _SATURDAY or day in holidays:
        day += timedelta(days=1)
    return day
