# SPDX-License-Identifier: Apache-2.0
"""What an audit log may say: a closed list of events, and the facts that each may carry.

The list is the safeguard. A log that outlives its day must not tell who was there or how many, so
no event has a place for a count of people, a position, an identity or a time spent on a frame
(with a motion gate, computing time tells an empty room from a full one). Frames are told as counts
per minute: a camera looks as often at nobody as at a crowd.
"""

from collections.abc import Mapping

Fact = str | int | float | bool

EVENTS: Mapping[str, frozenset[str]] = {
    # the log itself
    "log.opened": frozenset({"version"}),
    "log.rotated": frozenset({"reason"}),
    "log.repaired": frozenset({"bytes"}),
    "log.pruned": frozenset(
        {"first", "through", "hash", "written_until", "reason", "retain_days", "running_age_s"}
    ),
    "checkpoint.taken": frozenset({"digest", "chains", "kept_by"}),
    # processing
    "process.started": frozenset({"version", "settings"}),
    "process.stopped": frozenset({"reason"}),
    "extension.loaded": frozenset({"door", "name", "distribution", "version"}),
    "frames": frozenset({"camera", "frames", "wiped", "seconds"}),
    "buffers.wiped": frozenset({"camera", "reason"}),
    "identities.rotated": frozenset({"camera", "reason"}),
    "budget.spent": frozenset({"camera", "sequence", "epsilon", "delta", "digest"}),
    "reports.transmitted": frozenset({"first", "last", "digest", "collector"}),
    "reports.dropped": frozenset({"first", "last", "reason"}),
    # decisions
    "configuration.changed": frozenset({"what", "old", "new"}),
    "consent.changed": frozenset({"camera", "record", "state", "by", "reason"}),
    "gate.opened": frozenset({"camera", "record", "until", "expires"}),
    "gate.closed": frozenset({"camera", "record", "kind", "reason"}),
    "counting.paused": frozenset({"camera", "minutes", "by", "until"}),
    "access": frozenset({"who", "what", "reason"}),
    # data subjects
    "request.received": frozenset(
        {"request", "kind", "law", "cameras", "received", "deadline", "reference", "confirm_by"}
    ),
    "request.confirmed": frozenset({"request"}),
    "request.extended": frozenset({"request", "deadline", "reason"}),
    "request.paused": frozenset({"request", "reason", "day"}),
    "request.resumed": frozenset({"request", "deadline", "day"}),
    "request.answered": frozenset({"request", "outcome", "digest", "leftovers"}),
    "request.reopened": frozenset({"request", "reason"}),
    "request.complained": frozenset({"request", "to"}),
    # breaches of personal data
    "breach.recorded": frozenset(
        {"breach", "kind", "data", "whom", "cameras", "risk", "affected", "noticed", "happened"}
        | {"deadline", "reference"}
    ),
    "breach.assessed": frozenset({"breach", "risk", "affected"}),
    "breach.told": frozenset({"breach", "to", "when", "late"}),
    "breach.reported": frozenset({"breach", "digest"}),
    "breach.closed": frozenset({"breach", "outcome"}),
    # what is kept
    "kept.ended": frozenset({"store", "number", "through", "days"}),
    "at_rest.sealed": frozenset({"key", "files"}),
    "at_rest.unsealed": frozenset({"key", "files"}),
    # evidence
    "measured": frozenset({"name", "value", "unit", "command", "digest", "version"}),
    "canary.checked": frozenset({"check", "state", "findings", "digest"}),
    "graph.checked": frozenset({"findings", "digest"}),
    "fault": frozenset({"where", "what"}),
}

REGISTER = "operator"
"""The chain of what people enter by command: nobody but root, or whose the logs are, writes it."""

STATED_BY: Mapping[str, str] = {
    **{event: REGISTER for event in EVENTS if event.startswith(("request.", "breach."))},
    "measured": REGISTER,
    "canary.checked": REGISTER,
    "graph.checked": "guard",
    "reports.transmitted": "uplink",
}
"""Event -> the one chain in which it is believed; all others are believed in every chain."""

WORDS = frozenset({"reason", "what", "by", "command", "reference"})
"""Facts in free words, in which secrets are masked; all others are names and figures."""

MAX_TEXT = 256
"""Longest text of a fact, characters."""


def check_facts(event: str, facts: Mapping[str, Fact]) -> None:
    """Raise ``ValueError`` where ``event`` is not in the list or ``facts`` are not its facts."""
    allowed = EVENTS.get(event)
    if allowed is None:
        raise ValueError(f"'{event}' is not an event of the audit log")
    for name, value in facts.items():
        if name not in allowed:
            raise ValueError(f"the event '{event}' has no fact '{name}'")
        if not isinstance(value, (str, int, float, bool)):
            raise ValueError(f"{event}.{name} must be text, a number or a bool, not {value!r}")
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise ValueError(f"{event}.{name} is longer than {MAX_TEXT} characters")
        if isinstance(value, float) and not value - value == 0:
            raise ValueError(f"{event}.{name} must be a finite number")
        if isinstance(value, int) and abs(value) >= 2**53:
            raise ValueError(f"{event}.{name} does not fit a JSON number; write it as text")
