# SPDX-License-Identifier: Apache-2.0
"""Every sentence of every export follows from a setting, a record, an answer, or stands in law.

The table has a row for each: the export, what the sentence is known by, one change of what it rests
on, and what it says after that. A sentence without a row fails the last test.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from assessed_sentences import ANSWERED, set_keys
from compliance_site import NOW, PIN, assessment
from site_changes import Change, record

from privcv_compliance.breaches import register
from privcv_compliance.documents.document import Document
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.exports import ai_act
from privcv_compliance.exports.export import EXPORTS, export
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile

UPLINK = {"uplink.url": "https://c.example", "uplink.pins": [PIN]}
IDENTITIES = "cameras.lobby.anonymization"
SAYS_A_BREACH = r"[0-9a-f]{8} \| "
RETAINED = r".* \| (memory of the (camera|counting) process|disk of the (device|collector)) \| "


def made(kind: str, site: SiteFile) -> Document:
    again = SiteFile.read(site.path)
    document = export(kind, again, read_facts(again.audit.folder), NOW)
    document.translated("de")  # each sentence is in the catalogue
    return document


def said(kind: str, site: SiteFile) -> set[str]:
    return {str(statement.text) for statement in made(kind, site).statements()}


Changed = Mapping[str, Any] | Change

# (export, known by, change, what it says then)
TABLE: list[tuple[str, str, Changed, str]] = [
    ("art30", r"Made from the settings and records", {"site": "school"}, "of site 'school'"),
    ("art30", r"Who is the controller", {"answers.controller.name": "A School"}, "A School"),
    ("art30", r"Which transfers", {"answers.recipients.transfers": ["Japan, Art. 45"]}, "Japan"),
    ("art30", r"Which transfers", {"answers.recipients.transfers": []}, "Chapter V)? None."),
    ("art30", r"Which law gives the task", {"answers.purpose.legal_task": "the library act"},
     "the library act"),
    ("art30", r"Do people work where", {"answers.people.staff": True}, "camera looks? Yes."),
    ("art30", r"Camera 'lobby', ", record(area="the stairs"), "the stairs: how full"),
    ("art30", r"Camera 'lobby', ", record(lawful_basis="contract"), "reading room is; a contract"),
    ("art30", r"Reports stay on the device", UPLINK, "go to https://c.example."),
    ("art30", r"Audit log: no count", {"audit.retain_days": 30}, "30 days of running time"),
    ("art32", r"Boxes and tracks", {"cameras.lobby.tracker": {"lost_s": 9}}, "s after somebody"),
    ("art32", r"Sums of a window", {"privacy.window_s": 900}, "900 s, the window"),
    ("art32", r"\(a\) \| Reports carry noise", {"privacy.k": 9}, "epsilon 1, at least 9 people"),
    ("art32", r"\(a\) \| People have rotating",
     {IDENTITIES: {"identities": {"period_s": 1800}}}, "a new secret every 1800 s"),
    ("art32", r"\(a\) \| What is kept .* encrypted", {"at_rest_key": "credential"},
     "(AES-256-GCM) | with a key of its own"),
    ("art32", r"\(a\) \| Reports are sent over TLS", UPLINK, "1 pinned keys"),
    ("art32", r"\(b\) \| A guard watches", {"privacy.require_guard": True},
     "nothing is published while it does not look"),
    ("art32", r"\(b\) \| A camera is closed", {"cameras.lobby.authorization": {"required": False}},
     "'lobby': not required"),
    ("art32", r"\(b\) \| What was done is in a chained log", {"audit.retain_days": 30},
     "kept for 30 days"),
    ("art32", r"\(c\) \| What was spent is on disk", {"anchor": "/mnt/other"},
     "an anchor at /mnt/other"),
    ("art32", r"\(c\) \| Reports wait on the device", {**UPLINK, "uplink.outbox.max_age_days": 7},
     "7 days of running time"),
    ("ai-act", r"It must not be used to monitor", {"answers.people.staff": False},
     "where a camera looks: No."),
    ("ccpa", r"Only totals with noise leave", {"privacy.epsilon": 0.5}, "e^0.5 = 1.65"),
    ("ccpa", r"Recipient: ", UPLINK, "Recipient: https://c.example."),
    ("data-sheet", r"Camera 'lobby' counts people", {"privacy.window_s": 600},
     "windows of 600 s at most"),
    ("data-sheet", r"Camera 'lobby' counts people",
     {"cameras.lobby.zones.stairs": {"polygon_m": [5, 5, 6, 5, 6, 6]}}, "2 zones: door, stairs"),
    ("data-sheet", r"What leaves is: ", {"privacy.release": ["visitors", "presence"]},
     "there on average"),
    ("data-sheet", r"Purpose of camera", record(purpose="queues"), "camera 'lobby': queues."),
    ("data-sheet", r"Whether or not one", {"privacy.epsilon": 0.5}, "e^0.5 = 1.65"),
    ("data-sheet", r"Who comes often, or stays", {"privacy.unit": "event"}, "each event again"),
    ("data-sheet", r"Each value has an interval", {"privacy.confidence": 0.95}, "in 95% of cases"),
]  # fmt: skip

# What no site can set, and where else it is contradicted.
FIXED = [
    r"Everybody who comes into view of a camera",  # the messages and their types
    r"Frames \| memory",  # privcv audit residue
    r"\(b\) \| Frames are overwritten",  # a figure of the maker: test_assessed_sentences
    r"\(d\) \| Measures are measured again",  # test_measures_that_were_measured_again_are_counted
    r"Reports, which are noisy totals, go to",  # with an uplink
    r"It (identifies|sorts) nobody|It recognises no emotions",  # the fields: test_exports
    r"privcv \S+ has \d+ messages outside",  # test_a_field_that_could_hold_an_image_is_told
    r"\w+ \| (\w+, )+\w+$",  # test_the_fields_are_those_of_the_messages_that_are_built_here
    r"Its detector is a trained model",  # AI Act Art. 3(1)
    r"What is on the device before that",  # Cal. Civ. Code 1798.140(m), as the next ones
    r"Whether the reports are deidentified",
    r"We maintain and use these totals",
    r"The recipient takes reasonable measures",
    r"This says where to look",
    r"The numbers of clauses of ISO",  # docs/accountability.md
    r"(ISO|WP216|NIST)\S* .*\| privcv [a-z]+( [a-z0-9]+)?$|WP216 \|",  # test_no_more_claimed
    r"With the settings as shipped the maker measured",  # test_assessed_sentences
    r"Not for recognising, following or judging",
    r"Recorded: \d+, of which",  # test_every_breach_is_in_the_record_until_it_is_closed…
    SAYS_A_BREACH,  # likewise
]


@pytest.mark.parametrize(("kind", "known_by", "change", "says"), TABLE)
def test_the_sentence_changes_with_what_it_rests_on(
    site: SiteFile, kind: str, known_by: str, change: Changed, says: str
) -> None:
    before = said(kind, site)
    if callable(change):
        change(SimpleNamespace(site=site))
    else:
        set_keys(site.path, dict(change))
    after = said(kind, site)
    changed = before ^ after
    assert any(re.match(known_by, text) for text in changed), sorted(changed)
    assert any(says in text for text in after - before), sorted(after - before)


def test_a_field_that_could_hold_an_image_is_told(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counts() -> list[tuple[str, bool]]:
        statements = made("ai-act", site).statements()
        return [(s.text, s.is_warning) for s in statements if "messages outside" in s.text]

    fields = ai_act.leaving_fields()
    if not fields:
        pytest.skip("no messages are built here: make setup")
    ((text, warns),) = counts()
    assert "; 0 of their fields break" in text
    assert not warns
    monkeypatch.setattr(ai_act, "find_violations", lambda message: ["pixels"])
    ((text, warns),) = counts()
    assert f"{len(fields)} messages outside the camera process; {len(fields)} of" in text
    assert warns


def test_every_sentence_is_in_the_table(site: SiteFile) -> None:
    known = [row[1] for row in TABLE] + FIXED + ANSWERED
    sentences = {text for kind in EXPORTS for text in said(kind, site)}
    set_keys(site.path, UPLINK)
    with operator_log(site.audit) as log:
        register.record(
            log, what="disk stolen", data=("requests",), whom=("requesters",), cameras=("lobby",),
            risk="high", people=7, noticed=NOW - timedelta(hours=1), now=NOW,
        )  # fmt: skip
    sentences |= {text for kind in EXPORTS for text in said(kind, site)}
    # How long what is kept, which the assessment says too: in the table of its sentences.
    assessed = {str(s.text) for s in assessment(SiteFile.read(site.path)).statements()}
    assert len(sentences) > 70
    for text in sentences:
        is_of_retention = re.match(RETAINED, text) and text in assessed
        assert is_of_retention or any(re.match(pattern, text) for pattern in known), text
