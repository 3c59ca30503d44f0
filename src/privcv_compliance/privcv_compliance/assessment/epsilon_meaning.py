# SPDX-License-Identifier: Apache-2.0
"""What epsilon means for whom: a visitor, a regular, an employee; a day, a year, several cameras.

The payments of independent units add up (basic composition; Dwork and Roth 2014, theorem 3.16). In
words: who finds it as likely as not that somebody was there can become sure by e^x / (1 + e^x) at
most, where x is what was paid. The levels are those of NIST SP 800-226's pyramid.
"""

import math
from dataclasses import dataclass

from privcv_compliance.assessment import maker_figures as maker
from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.documents.document import (
    Evidence,
    Row,
    Section,
    Statement,
    Table,
    row,
    state,
)
from privcv_compliance.evidence.promise import unit
from privcv_compliance.evidence.references import setting
from privcv_compliance.languages.phrase import say
from privcv_compliance.site_file import SiteFile

_HOUR_S = 3600
_HELPFUL = 3.0
"""Above e^3 / (1 + e^3) = 95 % nobody would call it protection."""
_NIST = Evidence("law", "NIST SP 800-226 (2025), the differential privacy pyramid")


@dataclass(frozen=True)
class Payer:
    """Somebody who comes: units that they pay for on a day, and on how many days of a year."""

    who: str
    units_a_day: int
    days_a_year: int
    keys: tuple[str, ...]  # of dpia.yaml


def payers(file: AnswersFile, site: SiteFile) -> list[Payer]:
    """A visitor, a regular and, where people work in view, an employee."""
    people = file.answers.people
    one = units_in(site, _HOUR_S)
    found = [
        Payer("somebody who comes once, for an hour at most", one, 1, ()),
        Payer(
            "a regular",
            people.regular_visits_a_day * one,
            people.regular_days_a_year,
            ("people.regular_visits_a_day", "people.regular_days_a_year"),
        ),
    ]
    if people.staff is not False:
        found.append(
            Payer(
                "an employee in view all day",
                units_in(site, people.staff_hours_a_day * _HOUR_S),
                people.staff_days_a_year,
                ("people.staff_hours_a_day", "people.staff_days_a_year"),
            )
        )
    return found


def units_in(site: SiteFile, stay_s: int) -> int:
    """Privacy units that a stay of ``stay_s`` seconds is, where it begins with one of them.

    Unit ``visit``: one for each identity, of the camera that replaces them most often; a stay that
    begins in the middle of a period may have one more. The weaker units: one for each window, and
    for an event one for each zone too (of the camera that has most).
    """
    privacy = site.privacy
    if privacy.unit == "visit":
        period_s = min(c.anonymization.identities.period_s for c in site.cameras.values())
        return max(1, math.ceil(stay_s / period_s))
    shortest_s = privacy.window_step_s
    windows = math.ceil(stay_s / shortest_s)
    if privacy.unit == "event":
        return windows * max(len(camera.zones) for camera in site.cameras.values())
    return windows


def sure(paid: float) -> float:
    """How sure somebody can become who thought it as likely as not, share of 1."""
    return 1 / (1 + math.exp(-paid))


def epsilon_meaning(file: AnswersFile, site: SiteFile) -> Section:
    """The section: what the table says in words, the table, the levels of NIST SP 800-226."""
    heads = ("Who", "A day", "A year", "A year, under all cameras", "In words, for a day")
    return Section(
        say("What epsilon means for whom"),
        (*_in_words(site), *_nist_levels(site)),
        Table(
            tuple(say(head) for head in heads),
            tuple(_row(file, site, payer) for payer in payers(file, site)),
        ),
    )


def _row(file: AnswersFile, site: SiteFile, payer: Payer) -> Row:
    epsilon = site.privacy.epsilon
    day = payer.units_a_day * epsilon
    year = day * payer.days_a_year
    return row(
        say(payer.who),
        say("{epsilon:g}", epsilon=float(day)),
        say("{epsilon:g}", epsilon=float(year)),
        say("{epsilon:g}", epsilon=float(year * len(site.cameras))),
        _words(day),
        on=(
            setting(site, "privacy.epsilon"),
            setting(site, "privacy.unit"),
            *(file.said(key) for key in payer.keys),
        ),
        warn=day > _HELPFUL,
    )


def _words(day: float) -> str:
    if day > _HELPFUL:
        return say(
            "almost no protection: one who asks may become {sure:.2%} sure that they were there",
            sure=sure(day),
        )
    return say(
        "one who asks and finds it as likely as not may become {sure:.0%} sure that they were "
        "there, not more",
        sure=sure(day),
    )


def _in_words(site: SiteFile) -> tuple[Statement, ...]:
    where = (setting(site, "privacy.epsilon"), setting(site, "privacy.unit"))
    said = [
        state(
            "Epsilon is how much the reports can tell about one {unit}: 0 is nothing, and each "
            "further {unit} of the same person adds {epsilon:g}.",
            *where,
            unit=unit(site.privacy),
            epsilon=site.privacy.epsilon,
        ),
        state(
            "Who comes often, or stays all day, is protected less, and under several cameras less "
            "again: the table says how much less. That somebody works here is no secret that "
            "noise could keep.",
            *where,
        ),
        state(
            "Over a year it can be learned that a regular comes at all; whether they came on one "
            "given day stays as uncertain as the column for a day says.",
            *where,
        ),
    ]
    if site.privacy.unit == "visit":
        said.append(
            state(
                "The table counts from the beginning of a period of identities: a stay that begins "
                "in the middle of one may cost {epsilon:g} more.",
                *where,
                epsilon=site.privacy.epsilon,
            )
        )
    if site.privacy.counts_delta:
        said.append(
            state(
                "With Gaussian noise there is a chance of {delta:g} for each unit that the bound "
                "does not hold.",
                setting(site, "privacy.delta"),
                delta=site.privacy.counts_delta,
            )
        )
    return tuple(said)


def _nist_levels(site: SiteFile) -> tuple[Statement, ...]:
    privacy = site.privacy
    return (
        state(
            "Top of the pyramid, the promise itself: epsilon {epsilon:g} for one {unit}, spent at "
            "most once by a ledger that no restart forgets.",
            setting(site, "privacy"),
            Evidence("command", f"privcv budget --ledger {site.ledger}"),
            _NIST,
            epsilon=privacy.epsilon,
            unit=unit(privacy),
        ),
        state(
            "Middle, what could undermine it: an attack of the maker on releases of epsilon 2 "
            "proved a loss of at least {found:g}, no more than promised; the load of the device "
            "and the places of people on the device are outside the promise.",
            maker.EPSILON_ATTACKED.evidence,
            _NIST,
            found=maker.EPSILON_ATTACKED.value,
        ),
        state(
            "Bottom, what it rests on: the device sees everything before the noise, so whoever "
            "controls it is trusted with it.",
            setting(site, "cameras"),
            _NIST,
        ),
    )
