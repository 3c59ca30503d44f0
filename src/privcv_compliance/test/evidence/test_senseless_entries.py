# SPDX-License-Identifier: Apache-2.0
"""Whatever an entry of the audit log says, with a hash that fits: no reader is stopped by it.

The oracle is that nothing is raised but what commands show as an error of their own.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from compliance_site import NOW, UTC, access, assessment

from privcv_compliance.answers.requests import requests_in
from privcv_compliance.breaches.register import breaches_in
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.keeping import canary
from privcv_compliance.keeping.canary_watch import CanaryWatch
from privcv_compliance.keeping.retention import first_needed
from privcv_compliance.operator_log import OPERATOR
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.checkpoints import take_checkpoint
from privcv_core.audit.entry import GENESIS, Head, make_entry
from privcv_core.audit.events import EVENTS, STATED_BY
from privcv_core.audit.verify import read_chain, verify_chain
from privcv_core.authorization.audit import withdrawn_in
from privcv_core.errors import PrivcvError

WRITTEN = "2026-11-20T12:00:00.000Z"
MISSING = object()
SENSELESS = (None, [1], "x", MISSING)
KNOWN: dict[str, dict[str, Any]] = {
    "request.received": {
        "request": "1a2b3c4d", "kind": "access", "law": "gdpr", "cameras": "lobby",
        "received": "2026-11-19", "deadline": "2026-12-19", "reference": "case 1",
    },
    "breach.recorded": {
        "breach": "b1", "kind": "loss", "data": "counts", "whom": "visitors", "cameras": "lobby",
        "risk": "risk", "affected": 3, "noticed": "2026-11-19T10:00:00Z", "happened": "unknown",
        "deadline": "2026-11-22T10:00:00Z", "reference": "case 2",
    },
}  # fmt: skip
"""So that what follows on a request or a breach is read at all."""


def plant(folder: Path, chain: str, *told: tuple[str, dict[str, Any]], time: str = WRITTEN) -> None:
    """Write a chain of which only what its entries say is strange."""
    head, content = Head(0, GENESIS), b""
    for second, (event, facts) in enumerate([("log.opened", {"version": 1}), *told]):
        entry = make_entry(chain, head, time, event, facts, second)
        head, content = entry.head, content + entry.line()
    (folder / f"{chain}.jsonl").write_bytes(content)


def sensible(event: str) -> dict[str, Any]:
    """Facts of ``event`` that no reader would stumble over."""
    numbers = dict.fromkeys(EVENTS[event], 3)
    names = {"request": "1a2b3c4d", "breach": "b1", "camera": "lobby"}
    days = dict.fromkeys(("day", "deadline", "received"), "2026-12-19")
    times = dict.fromkeys(("when", "noticed", "happened"), "2026-11-19T10:00:00Z")
    words = {"risk": "high"} | ({"version": 1} if event == "log.opened" else {})
    facts = {**numbers, **names, **days, **times, **words, **KNOWN.get(event, {})}
    return {name: facts[name] for name in EVENTS[event] if name != "confirm_by"}


def senseless(event: str, value: Any) -> list[dict[str, Any]]:
    """The facts with one of them replaced, each in turn, and with all of them."""
    right = sensible(event)
    wrong = [{**right, name: value} for name in EVENTS[event]] + [dict.fromkeys(right, value)]
    return [{name: fact for name, fact in one.items() if fact is not MISSING} for one in wrong]


def readers(site: SiteFile) -> list[Callable[[], object]]:
    folder = site.audit.folder
    return [
        lambda: scan_site(site),
        lambda: take_checkpoint(folder, datetime(2026, 11, 20, tzinfo=UTC)),
        lambda: [verify_chain(folder, chain, retain_days=730) for chain in (OPERATOR, "guard")],
        lambda: read_facts(folder),
        lambda: access(site).markdown(),
        lambda: assessment(site).markdown(),
        lambda: [one.is_closed for one in requests_in(folder, site.time_zone)],
        lambda: [(one.is_closed, one.to_tell(), one.deadline < NOW) for one in breaches_in(folder)],
        lambda: first_needed(site),
        lambda: withdrawn_in(folder, "lobby"),
        lambda: canary.look(site),
        lambda: canary.last_checks(folder),
        lambda: CanaryWatch(folder).look(),
    ]


def read_all(site: SiteFile) -> None:
    for reader in readers(site):
        with suppress(PrivcvError):
            reader()


@pytest.mark.parametrize("event", EVENTS)
def test_no_entry_stops_a_reader(site: SiteFile, event: str) -> None:
    wrong = [(event, facts) for value in SENSELESS for facts in senseless(event, value)]
    for chain in (OPERATOR, "guard"):
        plant(site.audit.folder, chain, *KNOWN.items(), *wrong)
    read_all(site)


@pytest.mark.parametrize(
    "time",
    ["", "x", "0000-00-00T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "9999-12-31T23:59:59Z"],
)
def test_no_time_stops_a_reader(site: SiteFile, time: str) -> None:
    told = [(event, sensible(event)) for event in EVENTS if event != "log.pruned"]
    plant(site.audit.folder, OPERATOR, *told, time=time)
    read_all(site)
    assert any("its time is none" in str(one) for one in problems(site))


def problems(site: SiteFile) -> tuple[object, ...]:
    return verify_chain(site.audit.folder, OPERATOR).problems


@pytest.mark.parametrize("event", [one for one in EVENTS if one != "log.pruned"])
def test_sensible_entries_are_whole(site: SiteFile, event: str) -> None:
    """So that the others are refused for what they say, and for nothing else."""
    chain = STATED_BY.get(event, OPERATOR)
    plant(site.audit.folder, chain, (event, sensible(event)))
    assert verify_chain(site.audit.folder, chain).problems == ()
    assert [one.event for one in read_chain(site.audit.folder, chain)][1:] == [event]


def test_verification_names_what_no_reader_takes(site: SiteFile) -> None:
    plant(site.audit.folder, OPERATOR, ("frames", {"camera": "lobby", "frames": "x"}))
    assert [str(one) for one in problems(site)] == [
        "operator.jsonl:2: says what no entry may: frames.frames is not a whole number"
    ]
    assert [one.event for one in read_chain(site.audit.folder, OPERATOR)] == ["log.opened"]
