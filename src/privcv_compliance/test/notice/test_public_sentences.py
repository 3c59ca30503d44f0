# SPDX-License-Identifier: Apache-2.0
"""Every sentence of sign, notice, fact sheet and letter follows from a setting or an answer.

The table has a row for each sentence: what it is known by, one change of what it rests on, and what
it says after that. A sentence without a row fails the last test.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from compliance_site import ANSWERS, NOW, a_request, answer
from site_changes import Change, both, record, setting

from privcv_compliance.answers.letter import Outcome, write_letter
from privcv_compliance.answers.words import DELETED, NOTHING_LINKED
from privcv_compliance.documents.document import Document
from privcv_compliance.notice.details import details_of
from privcv_compliance.notice.first_layer import first_layer, promise, qr_content, title
from privcv_compliance.notice.full_notice import full_notice
from privcv_compliance.notice.staff_sheet import staff_sheet
from privcv_compliance.site_file import SiteFile

TODAY = date(2026, 11, 21)
LETTERS = (
    ("access", NOTHING_LINKED),
    ("delete", DELETED),
    ("object", "granted"),
    ("restrict", "not identified"),
    ("rectify", "not identified"),
)


@dataclass
class World:
    """A site, the answers of its controller, and the day."""

    site: SiteFile
    answers: dict[str, dict[str, object]] = field(default_factory=dict)
    today: date = TODAY
    request: dict[str, Any] = field(default_factory=dict)

    def documents(self) -> list[Document]:
        site = answer(SiteFile.read(self.site.path), **self.answers)
        cameras = [details_of(site, camera) for camera in site.cameras.values()]
        letters = [
            write_letter(
                replace(a_request(kind), **self.request), Outcome(word, self.today), cameras,
                self.today,
            )
            for kind, word in LETTERS
        ]  # fmt: skip
        return [full_notice(cameras, self.today), staff_sheet(cameras, self.today), *letters]

    def sentences(self) -> set[str]:
        statements = [s for document in self.documents() for s in document.statements()]
        assert all(statement.evidence for statement in statements)
        said = {str(statement.text) for statement in statements}
        site = answer(SiteFile.read(self.site.path), **self.answers)
        (details,) = [details_of(site, camera) for camera in site.cameras.values()]
        said |= {f"Sign: {title(details, advance=on).text}" for on in (False, True)}
        said |= {f"Sign: {promise().text}", f"Sign: code: {qr_content(details.record)}"}
        return said | {f"Sign: {f.label}: {f.statement.text}" for f in first_layer(details)}


def said(section: str, **answers: object) -> Change:
    """Have the controller answer something else."""

    def change(world: World) -> None:
        known = {**ANSWERS.get(section, {}), **world.answers.get(section, {})}
        world.answers[section] = {**known, **answers}

    return change


def on(day: date) -> Change:
    def change(world: World) -> None:
        world.today = day

    return change


def request(**changes: object) -> Change:
    def change(world: World) -> None:
        world.request = changes

    return change


INTEREST = both(
    record(lawful_basis="legitimate_interests"), said("purpose", interest="fewer tills")
)
IDENTITIES = "cameras.lobby.anonymization.identities"
ABROAD = said("recipients", transfers=["to Japan, Art. 45"])
LATER = on(date(2026, 12, 24))

# (known by, change, what it says then)
TABLE: list[tuple[str, Change, str]] = [
    # the sign
    (r"Sign: People will be counted", record(issued=NOW + timedelta(days=9)), "29 November 2026"),
    (r"Sign: Where: ", record(area="the stairs"), "the stairs"),
    (r"Sign: What for: ", record(purpose="queues"), "queues"),
    (r"Sign: Lawful basis: ", record(lawful_basis="contract"), "a contract"),
    (r"Sign: Legitimate interest: ", INTEREST, "fewer tills"),
    (r"Sign: When: ", record(hours=[{"days": ["mon"]}]), "Monday 00:00-24:00 (UTC)"),
    (r"Sign: What is kept: ", said("recipients", retention_days=30), "for 30 days"),
    (r"Sign: Sent abroad: ", ABROAD, "to Japan"),
    (r"Sign: Controller: ", record(controller="A School"), "A School, 1 Market Square"),
    (r"Sign: Controller: ", said("controller", address="2 Hill"), "2 Hill"),
    (r"Sign: Contact: ", record(contact="tel:1"), "tel:1"),
    (r"Sign: Data protection officer: ", said("dpo", contact="d@x.example"), "d@x.example"),
    (r"Sign: Your rights: ", record(lawful_basis="consent"), "withdraw your consent"),
    (r"Sign: Objection: ", record(lawful_basis="legal_obligation"), "a legal obligation"),
    (r"Sign: Without a count: ", said("rights", uncounted="by the yard"), "by the yard"),
    (r"Sign: Pause: ", said("rights", desk="the till"), "Ask here: the till."),
    (r"Sign: Complaint: ", said("controller", supervisory_authority="CNIL"), "CNIL"),
    (r"Sign: Permitted: ", record(expires=NOW + timedelta(days=3)), "until 23 November 2026"),
    (r"Sign: code: ", record(notice_url="https://notice.example"), "https://notice.example"),
    # the notice
    (r"This is the whole notice to the sign", LATER, "24 December 2026"),
    (r"Controller: .*, ", said("controller", address="2 Hill"), "2 Hill"),
    (r"Contact: ", said("controller", contact="desk@x.example"), "desk@x.example"),
    (r"Data protection officer: ", said("dpo", contact="d@x.example"), "d@x.example"),
    (r"There is no data protection officer", said("dpo", appointed=False), "no data protection"),
    (r"Responsible together with us: ", said("recipients", joint_controllers=["B"]), "with us: B."),
    (r"Camera .* sees .* counts at these", record(area="the stairs"), "sees the stairs"),
    (r"While you are in view, the program follows", setting(f"{IDENTITIES}.period_s", 1200),
     "at most 30 minutes"),
    (r"While you are in view, the program follows", both(
        setting("privacy.unit", "event"), setting("privacy.dwell_period_s", 7200)),
     "at most 120 minutes"),
    (r"What leaves the device are totals", setting("privacy.window_s", 900), "in 15 minutes"),
    (r"What leaves the device are totals", setting("privacy.adaptive", False), "in 5 minutes"),
    (r"A total of fewer than", setting("privacy.k", 9), "fewer than 9 people"),
    (r"Camera .*: how full", record(purpose="queues"), "Camera lobby: queues."),
    (r"What is decided by it: ", said("purpose", decisions="Hours."), "by it: Hours."),
    (r"We do this on the basis of", record(lawful_basis="contract"), "a contract"),
    (r"Our interest: ", INTEREST, "fewer tills"),
    (r"The law behind it: ", said("purpose", legal_task="the library act"), "the library act"),
    (r"Totals of many people", said("recipients", retention_days=30), "for 30 days"),
    (r"Who reads them: ", said("recipients", readers=["a planner"]), "them: a planner."),
    (r"Who works for us: ", said("recipients", processors=["a host"]), "for us: a host."),
    (r"Sums over several places", setting("privacy.across_share", 0.5), "counted here"),
    (r"Sent to countries outside", ABROAD, "to Japan"),
    (r"Nothing is sent to countries", ABROAD, "Sent to countries outside"),
    (r"You may object at any time", record(lawful_basis="contract"), "a contract"),
    (r"The side door is not in view", said("rights", uncounted="by the yard"), "by the yard"),
    (r"Ask here: ", said("rights", desk="the till"), "Ask here: the till."),
    (r"Somebody acts on the totals", record(use="operational"), "refuse no objection"),
    (r"The totals of camera .* for statistics only", record(use="operational"), "acts on"),
    (r"You may ask what is held of you", record(lawful_basis="consent"), "withdraw your"),
    (r"This is permitted until", record(expires=NOW + timedelta(days=3)), "23 November 2026"),
    (r"You have the right to lodge", said("controller", supervisory_authority="CNIL"), "CNIL"),
    # the fact sheet
    (r"As of ", LATER, "24 December 2026"),
    (r"Camera .*: nothing is blacked out",
     setting("cameras.lobby.privacy_zones", {"desk": {"polygon": [0, 0, 1, 0, 1, 1]}}),
     "blacked out before any program looks: desk"),
    (r"Camera .*: blacked out before",
     setting("cameras.lobby.privacy_zones", {"desk": {"polygon": [0, 0, 1, 0, 1, 1]}}), "desk"),
    (r"Camera .*: these parts of the floor",
     setting("cameras.lobby.zones.stairs", {"polygon_m": [5, 5, 6, 5, 6, 6]}), "door, stairs"),
    (r"Staff are counted like everybody", setting("privacy.window_s", 900), "15 minutes"),
    (r"What is done for staff", said("people", staff_measures="black"), "staff: black"),
    (r"How staff were heard: ", said("people", staff_consultation="heard"), "heard: heard"),
    (r"How staff were heard has not", said("people", staff_consultation="heard"), "heard: heard"),
    (r"Every change of a setting", setting("audit.retain_days", 30), "for 30 days"),
    # the letters
    (r".*\. Our reference: ", request(reference="2026/17"), "Our reference: 2026/17."),
    *(
        (rf"You (asked|told) us on .*{what}", request(received=date(2026, 11, 2)),
         "on 2 November 2026")
        for what in ("what we hold", "erase", "object", "restrict", "correct")
    ),
    (r"On .* we looked at every file", LATER, "On 24 December 2026 we looked"),
    (r"While you were in view, the device", setting("privacy.adaptive", False), "within 76 min"),
    (r"On .* we had the cameras forget", LATER, "On 24 December 2026 we had"),
    (r"You can also ask us first", said("dpo", appointed=False), "first: privacy@example.org. An"),
]  # fmt: skip

# What no site can set: what the messages can hold, and the law.
FIXED = [
    r"Sign: People are counted here",
    r"(Sign: )?A camera counts\. No image is stored, and nobody is recognized\.",
    r"A program in the device looks at each image",  # privcv audit schema, residue
    r"Nobody's face, age, sex or mood is told\.",  # privcv audit schema
    r"No decision about you is made by a machine",  # GDPR Art. 13(2)(e), (f)
    r"We do not know who you are, and the law",  # GDPR Art. 11
    r"If you ask, tell us where you were",  # GDPR Art. 11(2)
    r"You can also go to court\.",  # GDPR Art. 79
    r"No image is stored or sent, and nobody",  # privcv audit schema, residue
    r"Each visit is protected, not a working day",  # docs/privacy.md
    r"At hours when only staff are there",
    r"Whether the works council has to agree is national law: ask counsel\.",
    r"Another purpose, place or hour needs another signed record",  # the gate
    r"The totals stay\. They are about many people",  # GDPR Recital 26
    r"We follow your objection\.",  # the outcome
    r"We could not do so, because we cannot find out",  # the outcome
    r"The camera counts people\. It stores no image",  # privcv audit schema, residue
    r"So we cannot tell which of the people",  # GDPR Art. 11
    r"For the same reason you cannot have data",  # GDPR Art. 11(2)
]


@pytest.fixture
def now(site: SiteFile) -> World:
    return World(site)


@pytest.mark.parametrize(("known_by", "change", "says"), TABLE, ids=[row[0] for row in TABLE])
def test_the_sentence_changes_with_what_it_rests_on(
    now: World, known_by: str, change: Change, says: str
) -> None:
    before = now.sentences()
    change(now)
    after = now.sentences()
    assert any(re.match(known_by, text) for text in before ^ after), sorted(before ^ after)
    assert any(says in text for text in after - before), sorted(after - before)


def test_every_sentence_is_in_the_table(site: SiteFile) -> None:
    known = [row[0] for row in TABLE] + FIXED
    world = World(site)
    sentences = world.sentences()
    both(INTEREST, ABROAD, record(use="operational"))(world)
    for text in sentences | world.sentences():
        assert any(re.match(pattern, text) for pattern in known), text


def test_nothing_of_the_machine_is_told_to_a_citizen(now: World) -> None:
    """No path, no digest, no number of a process: the evidence is the officer's."""
    for document in now.documents():
        if document.title.startswith("Facts for staff"):
            continue
        for text in (document.markdown(), document.html()):  # type: ignore[attr-defined]
            assert str(now.site.path.parent) not in text
            assert not re.search(r"[0-9a-f]{12}|sha256|PID|process \d|privcv|\[E\d", text), text
