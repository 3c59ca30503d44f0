# SPDX-License-Identifier: Apache-2.0
"""Of which type the facts of an entry are that programs compute with, and which must be there.

A hash shows that an entry was not changed, not that it makes sense: whoever may write a chain can
give it any fact. Readers take only entries that pass here, so that none of them is stopped by one.
"""

import re
from collections.abc import Callable, Mapping

from privcv_core.audit.entry import Entry
from privcv_core.audit.events import Fact
from privcv_core.protocol.timestamps import parse_iso8601

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_A_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_YEARS = range(1970, 3000)  # beyond, a sum of days may be no date

MOST_RUNNING_S = 100 * 366 * 86400
"""No device runs for longer."""

Type = tuple[str, Callable[[Fact], bool]]


def _is_whole(fact: Fact) -> bool:
    return type(fact) is int


def _is_number(fact: Fact) -> bool:
    return type(fact) in (int, float) and abs(float(fact)) < 2**53


def _is_day(fact: Fact) -> bool:
    text = str(fact)
    return bool(_A_DAY.fullmatch(text)) and parse_iso8601(text).year in _YEARS


def _is_moment(fact: Fact) -> bool:
    moment = parse_iso8601(str(fact))
    return moment.tzinfo is not None and moment.year in _YEARS


_ANY: Type = ("a name", lambda fact: True)
_WHOLE: Type = ("a whole number", _is_whole)
_NUMBER: Type = ("a number", _is_number)
_DAY: Type = ("a day", _is_day)
_MAYBE_DAY: Type = ("a day", lambda fact: fact == "" or _is_day(fact))
_MOMENT: Type = ("a time", _is_moment)
_MAYBE_MOMENT: Type = ("a time", lambda fact: fact == "unknown" or _is_moment(fact))

_RISK: Type = ("a risk", lambda fact: fact in ("none", "risk", "high"))

_NEEDED: Mapping[str, Mapping[str, Type]] = {
    "log.pruned": {"through": _WHOLE, "hash": _ANY},
    "configuration.changed": {"new": _ANY},
    "request.received": {
        **dict.fromkeys(("kind", "law", "cameras", "reference"), _ANY),
        **dict.fromkeys(("received", "deadline"), _DAY),
    },
    "request.extended": {"deadline": _DAY},
    "request.paused": {"day": _DAY},
    "request.resumed": {"deadline": _DAY},
    "request.answered": {"outcome": _ANY},
    "request.complained": {"to": _ANY},
    "breach.recorded": {
        **dict.fromkeys(("kind", "data", "whom", "cameras", "reference"), _ANY),
        **dict.fromkeys(("noticed", "deadline"), _MOMENT),
        "risk": _RISK,
        "happened": _MAYBE_MOMENT,
        "affected": _WHOLE,
    },
    "breach.assessed": {"risk": _RISK, "affected": _WHOLE},
    "breach.told": {"to": _ANY, "when": _MOMENT, "late": _ANY},
    "breach.reported": {"digest": _ANY},
    "breach.closed": {"outcome": _ANY},
    "canary.checked": {"check": _ANY, "state": _ANY, "findings": _WHOLE, "digest": _ANY},
    "graph.checked": {"findings": _WHOLE},
}
"""Event -> the facts without which readers cannot use it."""

_TYPED: Mapping[str, Mapping[str, Type]] = {
    "log.pruned": dict.fromkeys(("first", "retain_days", "running_age_s"), _WHOLE),
    "frames": {"frames": _WHOLE, "wiped": _WHOLE, "seconds": _NUMBER},
    "budget.spent": {"sequence": _WHOLE},
    "reports.transmitted": {"first": _WHOLE, "last": _WHOLE},
    "reports.dropped": {"first": _WHOLE, "last": _WHOLE},
    "request.received": {"confirm_by": _MAYBE_DAY},
    "request.resumed": {"day": _DAY},
}
"""Event -> facts that may be missing, in entries of older versions too."""


def fault_of(entry: Entry) -> str:
    """Why readers do not use ``entry``, in words; empty where they do. Never raises.

    An event that this version does not know has no type: nobody reads it.
    """
    if not (_TIME.fullmatch(entry.time) and _passes(_is_moment, entry.time)):
        return "its time is none"
    if not 0 <= (entry.running_s or 0) <= MOST_RUNNING_S:
        return "its running time is none"
    needed = _NEEDED.get(entry.event, {})
    for name, (what, is_it) in {**needed, **_TYPED.get(entry.event, {})}.items():
        if name not in entry.facts:
            if name in needed:
                return f"{entry.event} does not say '{name}'"
        elif not _passes(is_it, entry.facts[name]):
            return f"{entry.event}.{name} is not {what}"
    return ""


def _passes(is_it: Callable[[Fact], bool], fact: Fact) -> bool:
    try:
        return is_it(fact)
    except (ValueError, OverflowError):
        return False
