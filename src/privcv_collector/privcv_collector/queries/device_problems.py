# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a device, by its report of health and by what arrived of it: a pure check."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from privcv_across.attestation.standing import Standing
from privcv_collector.devices.device_health import FULL_PERCENT
from privcv_core.protocol.device_health import EVERY_S
from privcv_core.protocol.timestamps import parse_iso8601, parse_rfc3339, rfc3339_whole

SEVERITY: Mapping[str, int] = {
    "breach_to_tell": 3,
    "request_overdue": 3,
    "authorization_over": 3,
    "audit_log_broken": 3,
    "checkpoint_contradicted": 3,
    "delivery_blocked": 3,
    "silent": 3,
    "part_stopped": 2,
    "request_due": 2,
    "authorization_ends": 2,
    "check_found": 2,
    "attestation_refused": 2,
    "attestation_missing": 2,
    "reports_missing": 2,
    "disk_filling": 2,
    "outbox_old": 2,
    "clock_off": 2,
    "breach_open": 1,
    "budget_spent": 1,
    "no_health": 1,
}
"""Problem -> whom it needs: 3 somebody now, 2 somebody soon, 1 a look."""

FOR_VIEWERS = frozenset(
    {"silent", "delivery_blocked", "authorization_over", "part_stopped", "outbox_old"}
    | {"budget_spent"}
)
"""What tells whether a site works; the rest is for who answers for it."""

SILENT = timedelta(seconds=3 * EVERY_S)
SILENT_WITHOUT_HEALTH = timedelta(hours=2)
ENDS_SOON = timedelta(days=30)
DUE_SOON = timedelta(days=7)
OUTBOX_OLD_MIN = 60
CLOCK_OFF_S = 60


@dataclass(frozen=True)
class Device:
    """What the collector knows of one device; ``said`` is its newest report, if it sends any.

    ``standing``: by its evidence; None where no TPM of it is enrolled.
    """

    name: str
    enrolled_at: datetime
    last_seen_at: datetime | None = None
    missing: int = 0
    contradicted: bool = False
    sent_at: datetime | None = None
    received_at: datetime | None = None
    said: Mapping[str, Any] | None = None
    standing: Standing | None = None


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: with which device, of what, by when."""

    code: str
    device: str = ""
    what: str = ""
    until: str = ""


def problems_of(device: Device, now: datetime) -> list[Problem]:
    """All that is wrong with ``device`` at ``now``."""
    found = [*_arrival(device, now), *_state(device.standing, now)]
    if device.said is not None:
        found += [*_duties(device.said, now), *_working(device, device.said)]
    return [Problem(code, device.name, what, until) for code, what, until in found]


_Found = Iterator[tuple[str, str, str]]


def _arrival(device: Device, now: datetime) -> _Found:
    seen = max(filter(None, (device.enrolled_at, device.last_seen_at, device.received_at)))
    if now - seen > (SILENT_WITHOUT_HEALTH if device.said is None else SILENT):
        yield "silent", "", ""
    if device.said is None:
        yield "no_health", "", ""
    if device.missing:
        yield "reports_missing", str(device.missing), ""
    if device.contradicted:
        yield "checkpoint_contradicted", "", ""


def _state(standing: Standing | None, now: datetime) -> _Found:
    """By evidence: ``until`` is the end of the grace time."""
    if standing is None:
        return
    grace = standing.counts_until if standing.good(now) else None
    if standing.refused:
        yield "attestation_refused", standing.finding, rfc3339_whole(grace) if grace else ""
    elif grace is None:
        yield "attestation_missing", "", ""


def _duties(said: Mapping[str, Any], now: datetime) -> _Found:
    breaches, requests = said["breaches"], said["requests"]
    if breaches["to_tell"]:
        yield "breach_to_tell", str(breaches["to_tell"]), breaches["next_deadline"] or ""
    elif breaches["open"]:
        yield "breach_open", str(breaches["open"]), ""
    due = requests["next_deadline"]
    if due is not None:  # by the calendar of here: a report may be older than the last midnight
        day = parse_iso8601(due).date()
        if day < now.date():
            yield "request_overdue", str(max(1, requests["overdue"])), due
        elif day <= (now + DUE_SOON).date():
            yield "request_due", str(requests["open"]), due
    for one in said["authorizations"]:
        ends = one["ends"]
        over = one["state"] in ("ended", "refused")
        if over or (ends is not None and parse_rfc3339(ends) <= now):
            yield "authorization_over", one["camera"], ends or ""
        elif ends is not None and parse_rfc3339(ends) <= now + ENDS_SOON:
            yield "authorization_ends", one["camera"], ends
    for one in said["checked"]:
        if one["found"]:
            yield "check_found", one["what"], ""


def _working(device: Device, said: Mapping[str, Any]) -> _Found:
    if said["delivery"] == "blocked":
        yield "delivery_blocked", "", ""
    if said["audit_log"] == "broken":
        yield "audit_log_broken", "", ""
    for name, state in said["parts"].items():
        if state == "stopped":
            yield "part_stopped", name, ""
    if said["disk_used_percent"] >= FULL_PERCENT:
        yield "disk_filling", str(said["disk_used_percent"]), ""
    if said["outbox_age_min"] >= OUTBOX_OLD_MIN:
        yield "outbox_old", str(said["outbox_age_min"]), ""
    if said["budget"] is not None and said["budget"]["exhausted"]:
        yield "budget_spent", "", ""
    if device.sent_at is not None and device.received_at is not None:
        offset_s = (device.sent_at - device.received_at).total_seconds()
        if abs(offset_s) >= CLOCK_OFF_S:
            yield "clock_off", f"{offset_s:.0f}", ""
