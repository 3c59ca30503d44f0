# SPDX-License-Identifier: Apache-2.0
"""What the registers in the audit log leave to do: how many, and by when; no id, no kind, no name.

The registers themselves, with who is told what, are ``privcv_compliance.answers.requests`` and
``privcv_compliance.breaches.register``; this is as much of them as leaves the device.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any

from privcv_core.audit.entry import Entry
from privcv_core.audit.events import Fact
from privcv_core.protocol.timestamps import parse_iso8601

UNFINISHED = ("leftovers found", "incomplete", "typed text to be read")
"""Outcomes after which something is still to be done: the request stays open."""

_NEEDED = {"none": (), "risk": ("authority",), "high": ("authority", "people")}


@dataclass
class _Request:
    deadline: date
    is_open: bool = True


@dataclass
class _Breach:
    deadline: datetime
    risk: str
    told: set[str] = field(default_factory=set)
    is_open: bool = True

    @property
    def is_to_tell(self) -> bool:
        return self.is_open and not self.told.issuperset(_NEEDED[self.risk])


@dataclass
class OpenDuties:
    """Requests and breaches, as the entries of the register told so far; none is told by name."""

    _requests: dict[str, _Request] = field(default_factory=dict)
    _breaches: dict[str, _Breach] = field(default_factory=dict)

    def hear(self, entry: Entry) -> None:
        """Take in one whole entry of the register; those of other events change nothing."""
        facts = entry.facts
        if entry.event == "request.received":
            self._requests[str(facts.get("request"))] = _Request(_day(facts))
        elif entry.event == "breach.recorded":
            self._breaches[str(facts.get("breach"))] = _Breach(
                parse_iso8601(str(facts["deadline"])), str(facts["risk"])
            )
        elif (request := self._requests.get(str(facts.get("request")))) is not None:
            _change_request(request, entry.event, facts)
        elif (breach := self._breaches.get(str(facts.get("breach")))) is not None:
            _change_breach(breach, entry.event, facts)

    def requests(self, today: date) -> dict[str, Any]:
        """Numbers of open and overdue requests, and the nearest deadline."""
        due = sorted(one.deadline for one in self._requests.values() if one.is_open)
        return {
            "open": len(due),
            "overdue": sum(day < today for day in due),
            "next_deadline": due[0] if due else None,
        }

    def breaches(self) -> dict[str, Any]:
        """Numbers of open breaches and of those to tell, and when the 72 h of the first end."""
        to_tell = [one for one in self._breaches.values() if one.is_to_tell]
        untold = [one.deadline for one in to_tell if "authority" not in one.told]
        return {
            "open": sum(one.is_open for one in self._breaches.values()),
            "to_tell": len(to_tell),
            "next_deadline": min(untold).astimezone(timezone.utc) if untold else None,
        }


def _change_request(request: _Request, event: str, facts: Mapping[str, Fact]) -> None:
    if event in ("request.extended", "request.resumed"):
        request.deadline = _day(facts)
    elif event == "request.answered":
        request.is_open = facts["outcome"] in UNFINISHED
    elif event == "request.reopened":
        request.is_open = True


def _change_breach(breach: _Breach, event: str, facts: Mapping[str, Fact]) -> None:
    if event == "breach.assessed":
        breach.risk = str(facts["risk"])
    elif event == "breach.told":
        breach.told.add(str(facts["to"]))
    elif event == "breach.closed":
        breach.is_open = False


def _day(facts: Mapping[str, Fact]) -> date:
    return parse_iso8601(str(facts["deadline"])).date()
