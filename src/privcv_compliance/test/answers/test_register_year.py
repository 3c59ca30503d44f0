# SPDX-License-Identifier: Apache-2.0
"""The register through a year of made-up requests with holidays, day by day, time frozen.

Requests come, are confirmed, extended, paused, answered, reopened; the clock of the log is the
test's. What is right is computed by peers that know nothing of the register: months and working
days by numpy, what is still to be done by a plain list beside it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from privcv_compliance.answers import requests as registry
from privcv_compliance.answers.requests import Request, requests_in
from privcv_compliance.answers.words import DELETED, INCOMPLETE, LEFTOVERS, NOTHING_LINKED
from privcv_compliance.errors import ComplianceError
from privcv_compliance.operator_log import OPERATOR
from privcv_core.audit.log import AuditLog, AuditSettings

ZONE = "Europe/Berlin"
FIRST, LAST = date(2026, 12, 1), date(2027, 12, 31)
HOLIDAYS = {  # Berlin, 2026/27
    date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1), date(2027, 3, 8), date(2027, 3, 26),
    date(2027, 3, 29), date(2027, 5, 1), date(2027, 5, 6), date(2027, 5, 17), date(2027, 10, 3),
    date(2027, 12, 25), date(2027, 12, 26), date(2027, 12, 31), date(2028, 1, 1),
}  # fmt: skip
KINDS = ("access", "delete", "object", "restrict", "rectify")


def working_day(day: date) -> date:
    """The day itself or the first working day after it, by numpy."""
    moved = np.busday_offset(day, 0, roll="forward", holidays=sorted(HOLIDAYS))
    return moved.astype(object)  # type: ignore[no-any-return]


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or the last of that month, by numpy."""
    month = np.datetime64(day, "M") + months
    first, after = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    return min(first + (day.day - 1), after - 1).astype(object)  # type: ignore[no-any-return]


def ten_working_days(day: date) -> date:
    """The tenth working day after ``day``, by numpy."""
    moved = np.busday_offset(day, 10, roll="backward", holidays=sorted(HOLIDAYS))
    return moved.astype(object)  # type: ignore[no-any-return]


@dataclass
class Told:
    """What the controller's own list says of a request."""

    kind: str
    law: str
    received: date
    due: date
    stopped: date | None = None
    later: timedelta = timedelta()
    is_extended: bool = False
    is_confirmed: bool = False
    is_closed: bool = False

    def moved(self) -> None:
        """The deadline, from nothing but the day of receipt and what happened since."""
        if self.law == "ccpa":
            self.due = self.received + timedelta(days=90 if self.is_extended else 45)
            return
        months = months_after(self.received, 3 if self.is_extended else 1)
        self.due = working_day(months + self.later)

    def state(self, today: date) -> str:
        if self.is_closed:
            return "answered"
        if self.stopped:
            return "paused"
        if today > self.due:
            return "overdue"
        late = self.law == "ccpa" and not self.is_confirmed
        return "unconfirmed" if late and today > ten_working_days(self.received) else "open"


class Year:
    """The register and the list beside it, over the same days."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random, self.today = folder, Random(seed), FIRST
        self.log = AuditLog(AuditSettings(folder=folder), OPERATOR, clock=self.clock)
        self.told: dict[str, Told] = {}
        self.done: set[str] = set()

    def clock(self) -> int:
        """Now, ns: a time of that day at the site, also late in the evening, when UTC is behind."""
        hour = self.random.choice((0, 9, 17, 23))
        moment = datetime(*self.today.timetuple()[:3], hour, 30, tzinfo=ZoneInfo(ZONE))
        return int(moment.timestamp()) * 10**9

    def known(self) -> dict[str, Request]:
        return {request.id: request for request in requests_in(self.folder, ZONE)}

    def receive(self) -> None:
        kind = self.random.choice(KINDS)
        law = self.random.choice(("gdpr", "gdpr", "gdpr", "ccpa"))
        came = self.today - timedelta(days=self.random.choice((0, 0, 0, 1, 9)))
        request = registry.register(
            self.log, kind, law, ["lobby"], came, f"2026/{len(self.told) + 1}",
            today=self.today, holidays=HOLIDAYS,
        )  # type: ignore[arg-type]  # fmt: skip
        told = self.told[request.id] = Told(kind, law, came, came)
        told.moved()
        assert request.deadline == told.due, told
        assert request.confirm_by == (ten_working_days(came) if law == "ccpa" else None), told

    def act(self, request: Request) -> None:
        """One thing that a controller may do to a request, or may not and is told so."""
        told = self.told[request.id]
        words = ("confirm", "extend", "pause", "resume", "answer", "reopen")
        # Few are paused when their turn comes, and a year in which none goes on shows less.
        chosen = (*words, *["resume"] * len(words)) if told.stopped else words
        what = self.random.choice(chosen)
        try:
            self._try(what, request, told)
            self.done.add(what)
        except ComplianceError:
            self.done.add(f"no {what}")
            self._must_have_refused(what, told)

    def _try(self, what: str, request: Request, told: Told) -> None:
        if what == "confirm":
            registry.confirm(self.log, request)
            told.is_confirmed = True
        elif what == "extend":
            registry.extend(self.log, request, "number", today=self.today, holidays=HOLIDAYS)
            told.is_extended = True
            told.moved()
        elif what == "pause":
            registry.pause(self.log, request, "clarification", self.today)
            told.stopped = self.today
        elif what == "resume":
            registry.resume(self.log, request, self.today, HOLIDAYS)
            assert told.stopped is not None
            self._resume(told)
        elif what == "answer":
            outcome = self.random.choice((NOTHING_LINKED, DELETED, LEFTOVERS, INCOMPLETE))
            registry.answered(self.log, request, outcome, "0" * 64, 0)
            told.is_closed = outcome in (NOTHING_LINKED, DELETED)
            told.stopped = None
        else:
            registry.reopen(self.log, request, "complaint")
            told.is_closed = False

    def _resume(self, told: Told) -> None:
        assert told.stopped is not None
        told.later, told.stopped = told.later + (self.today - told.stopped), None
        told.moved()

    def _must_have_refused(self, what: str, told: Told) -> None:
        is_over = self.today > told.due
        refused = {
            "confirm": told.is_closed,
            "extend": told.is_closed or told.is_extended or is_over,
            "pause": told.is_closed or told.law == "ccpa" or bool(told.stopped) or is_over,
            "resume": told.stopped is None,
            "answer": False,
            "reopen": not told.is_closed,
        }
        assert refused[what], (what, told, self.today)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))]
)
def test_a_year_of_requests(tmp_path: Path, seed: int) -> None:
    year = Year(tmp_path / "audit", seed)
    while year.today <= LAST:
        if year.random.random() < 0.15:
            year.receive()
        if year.told and year.random.random() < 0.8:
            known = year.known()
            request = known[year.random.choice(list(known))]
            year.act(request)
        if year.today.day in (1, 15):
            for name, request in year.known().items():
                told = year.told[name]
                assert request.state(year.today) == told.state(year.today), (told, year.today)
        for request in year.known().values() if year.today.day == 28 else ():
            if request.law == "gdpr":
                assert request.deadline.isoweekday() <= 5
                assert request.deadline not in HOLIDAYS
        year.today += timedelta(days=1)
    year.log.close()
    actions = ("confirm", "extend", "pause", "resume", "answer", "reopen")
    assert year.done >= {*actions, *(f"no {what}" for what in actions if what != "answer")}
    assert len(year.told) > 30
