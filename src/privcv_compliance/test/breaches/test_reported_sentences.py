# SPDX-License-Identifier: Apache-2.0
"""Every sentence of a report of a breach follows from what was entered, or is set, or the law."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from assessed_sentences import set_keys
from at_rest_keys import write_key
from compliance_site import NOW, PIN
from site_changes import record

from privcv_compliance.breaches import register
from privcv_compliance.breaches.report import report_of
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.log import AuditLog

STOLEN: Mapping[str, Any] = {
    "what": "disk stolen", "data": ("requests",), "whom": ("requesters",), "cameras": ("lobby",),
    "risk": "risk", "noticed": NOW, "now": NOW,
}  # fmt: skip


@dataclass
class World:
    """A site, what is entered of a breach, who is told of it, and when the report is made."""

    site: SiteFile
    facts: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[str, datetime, str]] = field(default_factory=list)
    now: datetime = NOW

    def sentences(self) -> set[str]:
        """What a report of the breach says, entered now for that; its number left out."""
        site = SiteFile.read(self.site.path)
        with operator_log(site.audit) as log:
            breach = register.record(log, **{**STOLEN, **self.facts})
            for told in self.told:
                register.tell(log, breach, *told, self.now)
        breach = register.find_breach(site.audit.folder, breach.id)
        statements = list(report_of(site, breach, self.now).statements())
        assert all(statement.evidence for statement in statements)
        return {
            text.replace(breach.id, "ID")
            for statement in statements
            if not re.match(r"\d{4}-.*: (breach|configuration)\.", text := str(statement.text))
        }


Change = Callable[[World], None]


def entered(**facts: object) -> Change:
    return lambda world: world.facts.update(facts)


def setting(**keys: object) -> Change:
    return lambda world: set_keys(
        world.site.path, {name.replace("__", "."): value for name, value in keys.items()}
    )


def signed(**changes: object) -> Change:
    return lambda world: record(**changes)(SimpleNamespace(site=world.site))


def unsigned(world: World) -> None:
    (world.site.path.parent / "lobby.json").unlink()


def told(to: str, hours: int, late: str) -> Change:
    def change(world: World) -> None:
        world.now = NOW + timedelta(hours=hours)
        world.told.append((to, world.now, late))

    return change


def later(hours: int) -> Change:
    def change(world: World) -> None:
        world.now = NOW + timedelta(hours=hours)

    return change


def found(world: World) -> None:
    with AuditLog(world.site.audit, "guard", clock=lambda: int(NOW.timestamp()) * 10**9) as log:
        log.append("fault", where="guard", what="somebody listens")


def edited(world: World) -> None:
    file = world.site.audit.folder / "lobby.detection.jsonl"
    file.write_text(file.read_text().replace('"frames":600', '"frames":601'))


KEYS = entered(data=("keys",))
UPLINK = setting(uplink__url="https://c.example", uplink__pins=[PIN])


def sealed(world: World) -> None:
    key = world.site.path.parent / "keys" / "at-rest.key"
    key.parent.mkdir(exist_ok=True)
    write_key(key)
    set_keys(world.site.path, {"at_rest_key": str(key)})


def both(*changes: Change) -> Change:
    def change(world: World) -> None:
        for one in changes:
            one(world)

    return change


# (known by, change, what it says then)
TABLE: list[tuple[str, Change, str]] = [
    (r"Breach ID at site '.*', as known on ", setting(site="school"), "at site 'school'"),
    (r"Breach ID at site '.*', as known on ", later(5), "as known on 2026-11-20 17:00 UTC"),
    (r"What happened: ", entered(what="key disclosed"), "What happened: key disclosed."),
    (r"Kinds of data: ", entered(data=("ledger",)), "Kinds of data: ledger."),
    (r"Categories of people: ", entered(whom=("staff",)), "Categories of people: staff."),
    (r"About how many people is not known", entered(people=7), "About 7 people."),
    (r"About \d+ people", entered(people=9), "About 9 people."),
    (r"Cameras: ", entered(cameras=("lobby", "hall")), "Cameras: lobby, hall."),
    (r"When it happened is not known", entered(happened=NOW - timedelta(days=1)),
     "It happened on 2026-11-19 12:00 UTC."),
    (r"It happened on", entered(happened=NOW - timedelta(days=2)), "2026-11-18 12:00 UTC."),
    (r"Case ", entered(reference="2026/17"), "Case 2026/17."),
    (r"City of Example, ", signed(contact="tel:1"), "City of Example, tel:1."),
    (r"No authorization names a contact", unsigned, "add one"),
    (r"Requests hold case numbers", KEYS, "With a key others may read"),
    (r"With a key others may read", KEYS, "in the device's name until it is replaced"),
    (r"Frames show people: ", entered(data=("frames",)), "may become known"),
    (r"Tracks without names tell", entered(data=("tracks",)), "may find theirs"),
    (r"Reports are noisy totals", entered(data=("reports",)), "bounded by the budget"),
    (r"The ledger holds what was spent", entered(data=("ledger",)), "nobody's data"),
    (r"The audit log holds no count", entered(data=("audit log",)), "may become known"),
    (r"Authorizations name who permitted", entered(data=("authorizations",)), "contacts"),
    (r"The risk was assessed as: ", entered(risk="high"), "assessed as: high."),
    (r"What is kept on the device is not encrypted", sealed, "is encrypted (AES-256-GCM)."),
    (r"What is kept on the device is encrypted", sealed, "is encrypted (AES-256-GCM)."),
    (r"The key may be known: replace it", both(sealed, KEYS), "privcv at-rest rotate"),
    (r"The signing key is to be revoked", both(UPLINK, KEYS), "at the collector"),
    (r"Noticed on ", entered(noticed=NOW - timedelta(hours=2)), "on 2026-11-20 10:00 UTC."),
    (r"The authority is to be told by", entered(noticed=NOW - timedelta(hours=2)),
     "by 2026-11-23 10:00 UTC."),
    (r"The authority was told on", told("authority", 5, ""), "2026-11-20 17:00 UTC (in time)."),
    (r"The authority was told on", told("authority", 80, "other"), "2026-11-23 20:00 UTC (other)."),
    (r"The authority was not told yet", told("authority", 5, ""), "The authority was told on"),
    (r"The people was not told yet", entered(risk="high"), "The people was not told yet"),
    (r"The 72 hours are over", later(73), "say why it is late"),
    (r"\d+ chains were read", found, "chains were read"),
    (r"2026-11-20 12:00 UTC: fault", found, "what somebody listens"),
    (r"The audit log is not whole", edited, "lobby.detection.jsonl"),
]  # fmt: skip

FIXED = [
    r"No frame, position or identity is ever written to disk",  # privcv dsr access
    r"\d{4}-\d\d-\d\d .*: [a-z.]+ \(",  # entries of the log, quoted
]


@pytest.mark.parametrize(("known_by", "change", "says"), TABLE)
def test_the_sentence_changes_with_what_it_rests_on(
    site: SiteFile, known_by: str, change: Change, says: str
) -> None:
    world = World(site)
    before = world.sentences()
    change(world)
    after = world.sentences()
    assert any(re.match(known_by, text) for text in before ^ after), sorted(before ^ after)
    assert any(says in text for text in after - before), sorted(after - before)


def test_every_sentence_is_in_the_table(site: SiteFile) -> None:
    known = [row[0] for row in TABLE] + FIXED
    world = World(site)
    sentences = world.sentences()
    of_all = entered(
        data=register.DATA,
        risk="high",
        people=7,
        happened=NOW - timedelta(days=1),
        reference="2026/17",
    )
    both(of_all, sealed, UPLINK, found, later(80))(world)
    sentences |= world.sentences()
    assert len(sentences) > 30
    for text in sentences:
        assert any(re.match(pattern, text) for pattern in known), text
