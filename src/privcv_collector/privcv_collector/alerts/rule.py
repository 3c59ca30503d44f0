# SPDX-License-Identifier: Apache-2.0
"""When a rule fires and when it is over: pure, from released windows alone.

A window is *beyond* the threshold surely where its whole interval is, possibly where a part of it
is. A rule fires once windows without a gap were beyond it for the waiting time, and is over once
one comes back to the recovery threshold (hysteresis). What was not observed, or withheld, is
evidence of nothing: it interrupts the wait and ends no alarm.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from privcv_collector.queries.report_states import State

Kind = Literal["over", "under", "no_data"]
Certainty = Literal["surely", "possibly"]
Phase = Literal["quiet", "waiting", "firing"]
Change = Literal["fired", "cleared"]


@dataclass(frozen=True)
class Rule:
    """``threshold`` and ``clear`` in people; a rule of missing data has neither."""

    kind: Kind
    wait_s: int = 0
    threshold: float = 0.0
    clear: float = 0.0
    certainty: Certainty = "surely"


@dataclass(frozen=True)
class Window:
    """A released window: its interval in people where it was published, None elsewhere."""

    start: datetime
    length_s: int
    state: State
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def end(self) -> datetime:
        """When it was over."""
        return self.start + timedelta(seconds=self.length_s)


@dataclass(frozen=True)
class Status:
    """Where a rule stands. ``since``: of its phase; ``until``: the end of the last window."""

    phase: Phase = "quiet"
    since: datetime | None = None
    until: datetime | None = None


def step(rule: Rule, status: Status, window: Window, k: int = 1) -> tuple[Status, Change | None]:
    """The status after the next window, and what changed. ``k``: fewest people a zone shows."""
    verdict = judge(rule, window, k)
    after = replace(status, until=window.end)
    if status.phase == "firing":
        if verdict == "back":
            return Status("quiet", window.end, window.end), "cleared"
        return after, None
    if verdict != "beyond":
        return Status("quiet", status.since, window.end), None
    goes_on = status.phase == "waiting" and status.until == window.start
    since = status.since if goes_on and status.since is not None else window.start
    if window.end - since >= timedelta(seconds=rule.wait_s):
        return Status("firing", since, window.end), "fired"
    return Status("waiting", since, window.end), None


def judge(
    rule: Rule, window: Window, k: int = 1
) -> Literal["beyond", "back", "between", "unknown"]:
    """What one window says of a rule over or under a threshold."""
    if window.state == "few":
        if rule.kind == "over":
            return "back" if rule.clear >= k else "unknown"
        return "beyond" if rule.certainty == "possibly" and rule.threshold >= k else "unknown"
    if window.state != "published" or window.low is None or window.high is None:
        return "unknown"
    surely = rule.certainty == "surely"
    if rule.kind == "over":
        figure = window.low if surely else window.high
        return (
            "beyond" if figure > rule.threshold else "back" if figure <= rule.clear else "between"
        )
    figure = window.high if surely else window.low
    return "beyond" if figure < rule.threshold else "back" if figure >= rule.clear else "between"


def step_silence(
    rule: Rule, status: Status, newest_end: datetime, now: datetime
) -> tuple[Status, Change | None]:
    """The status of a rule of missing data, where the last observed window ended ``newest_end``."""
    silent = now - newest_end > timedelta(seconds=rule.wait_s)
    if silent and status.phase != "firing":
        return Status("firing", newest_end, newest_end), "fired"
    if not silent and status.phase == "firing":
        return Status("quiet", newest_end, newest_end), "cleared"
    return replace(status, until=newest_end), None


def windows_needed(wait_s: float, window_s: float) -> int:
    """How many windows in a row a wait takes; one at the least."""
    return max(1, math.ceil(wait_s / window_s))
