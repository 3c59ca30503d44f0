# SPDX-License-Identifier: Apache-2.0
"""What leaves the device of the registers is what the registers say, whatever was entered."""

import random
from datetime import date, datetime, timedelta, timezone

import pytest

from privcv_compliance.answers import requests
from privcv_compliance.answers.words import BY_HAND
from privcv_compliance.breaches import register as breaches
from privcv_compliance.errors import ComplianceError
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.health_facts import HealthFacts
from privcv_core.audit.log import AuditLog
from privcv_core.audit.open_duties import UNFINISHED

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


def enter(log: AuditLog, site: SiteFile, draw: random.Random) -> None:
    """One thing that somebody may enter; what cannot be is refused and changes nothing."""
    known = requests.requests_in(site.audit.folder)
    leaks = breaches.breaches_in(site.audit.folder)
    day = TODAY - timedelta(days=draw.randint(0, 60))
    what = draw.randint(0, 8)
    if what == 0 or not known:
        law = draw.choice(["gdpr", "ccpa"])
        requests.register(log, "access", law, ["lobby"], day, today=TODAY)  # type: ignore[arg-type]
    elif what == 1 or not leaks:
        breaches.record(
            log, what="lost", data=["reports"], whom=["staff"], cameras=["lobby"],
            risk=draw.choice(breaches.RISKS), noticed=NOW - timedelta(hours=draw.randint(0, 90)),
            now=NOW,
        )  # fmt: skip
    elif what == 2:
        requests.extend(log, draw.choice(known), "number", today=TODAY)
    elif what == 3:
        requests.pause(log, draw.choice(known), "identity", TODAY)
    elif what == 4:
        requests.resume(log, draw.choice(known), TODAY)
    elif what == 5:
        outcome = draw.choice([*UNFINISHED, *BY_HAND])
        requests.answered(log, draw.choice(known), outcome, "0" * 64, 0)
    elif what == 6:
        requests.reopen(log, draw.choice(known), "new facts")
    elif what == 7:
        to, leak = draw.choice(breaches.TOLD), draw.choice(leaks)
        breaches.tell(log, leak, to, NOW, "other", NOW)
    else:
        leak = draw.choice(leaks)
        if draw.random() < 0.5:
            breaches.assess_again(log, leak, draw.choice(breaches.RISKS), 3)
        else:
            breaches.close(log, leak, draw.choice(breaches.OUTCOMES))


@pytest.mark.parametrize("seed", range(6))
def test_numbers_and_deadlines_are_those_of_the_registers(site: SiteFile, seed: int) -> None:
    draw, facts = random.Random(seed), HealthFacts(site.audit.folder)
    with operator_log(site.audit) as log:
        for _ in range(40):
            try:
                enter(log, site, draw)
            except ComplianceError:
                continue
            facts.read()
            told = facts.facts(TODAY)
            open_ = [one for one in requests.requests_in(site.audit.folder) if not one.is_closed]
            assert told["requests"] == {
                "open": len(open_),
                "overdue": sum(one.deadline < TODAY for one in open_),
                "next_deadline": min((one.deadline for one in open_), default=None),
            }
            leaks = [one for one in breaches.breaches_in(site.audit.folder) if not one.is_closed]
            untold = [one.deadline for one in leaks if "authority" in one.to_tell()]
            assert told["breaches"] == {
                "open": len(leaks),
                "to_tell": sum(bool(one.to_tell()) for one in leaks),
                "next_deadline": min(untold, default=None),
            }
