# SPDX-License-Identifier: Apache-2.0
"""The lint refuses and warns of what the law and the authorities name, and of little else."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sample_sites import SAMPLE_LANGUAGES, SAMPLES

from privcv_compliance.authorization_lint.lint import lint
from privcv_compliance.authorization_lint.reachable import is_placeholder, reaches_somebody
from privcv_compliance.languages.phrase import in_language
from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.record import AuthorizationRecord
from privcv_core.settings.model import load_settings

BEGIN = datetime(2026, 12, 1, tzinfo=timezone.utc)


def record(**changes: Any) -> AuthorizationRecord:
    """A record that nothing speaks against, but for ``changes``."""
    return AuthorizationRecord.model_validate(
        {
            "site": "library",
            "camera": "lobby",
            "controller": "City of Example",
            "contact": "privacy@library.example",
            "lawful_basis": "public_task",
            "purpose": "to know how full the reading room is",
            "area": "the entrance hall",
            "hours": [{"days": ["mon"], "start": "08:00", "end": "18:00"}],
            "authorized_by": "head of the library",
            "issued": BEGIN,
            "expires": BEGIN + timedelta(days=365),
            "notice_url": "https://library.example/counting",
            **changes,
        }
    )


def codes(**changes: Any) -> dict[str, str]:
    """Code -> severity of all that is found."""
    return {finding.code: finding.severity for finding in lint(record(**changes))}


def test_nothing_speaks_against_an_ordinary_record() -> None:
    assert codes() == {}


@pytest.mark.parametrize("language", SAMPLE_LANGUAGES)
def test_nothing_speaks_against_the_samples(language: str) -> None:
    drafts = sorted(SAMPLES.glob(f"*/{language}/*.authorization.yaml"))
    assert len(drafts) == 3
    for draft in drafts:
        assert lint(load_settings(AuthorizationRecord, draft)) == [], draft


@pytest.mark.parametrize(
    ("area", "code"),
    [
        ("the corridor to the toilets", "intimate_place"),
        ("Flur vor der Herrentoilette", "intimate_place"),
        ("l'entrée des vestiaires", "intimate_place"),
        ("el baño de la planta baja", "intimate_place"),
        ("1階のトイレ前", "intimate_place"),
        ("試着室", "intimate_place"),
        ("the staff room", "staff_room"),
        ("Pausenraum im Erdgeschoss", "staff_room"),
        ("従業員の休憩室", "staff_room"),
    ],
)
def test_places_where_no_camera_belongs_are_refused(area: str, code: str) -> None:
    assert codes(area=area) == {code: "refusal"}


@pytest.mark.parametrize(
    "area",
    ["the short stairs", "el paseo", "the surface ramp", "Gewerbehof", "das Parkett"],
)
def test_words_that_only_look_alike_are_let_pass(area: str) -> None:
    assert codes(area=area, purpose="to know how full it is there") == {}


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"lawful_basis": "consent"}, "consent", "refusal"),
        ({"purpose": "to measure our marketing campaign"}, "marketing", "refusal"),
        ({"purpose": "Erfolg unserer Werbung messen"}, "marketing", "refusal"),
        ({"purpose": "to recognise returning customers"}, "singles_out", "refusal"),
        ({"purpose": "to check staff performance daily"}, "watches_staff", "refusal"),
        ({"contact": "xxx"}, "contact", "refusal"),
        ({"contact": "the reception"}, "contact", "refusal"),
        ({"controller": "TODO"}, "placeholder", "refusal"),
        ({"authorized_by": "aaaa"}, "placeholder", "refusal"),
        ({"purpose": "for security at the door"}, "purpose_vague", "warning"),
        ({"purpose": "counting"}, "purpose_short", "warning"),
        ({"area": "the waiting room"}, "place_of_rest", "warning"),
        ({"area": "the hall of the clinic"}, "telling_place", "warning"),
        ({"area": "the gate of the school"}, "children", "warning"),
        ({"controller": "Example Ltd"}, "company_task", "warning"),
        ({"lawful_basis": "legitimate_interests"}, "authority_interest", "warning"),
        ({"lawful_basis": "vital_interests"}, "unusual_basis", "warning"),
        ({"lawful_basis": "legal_obligation"}, "which_law", "warning"),
        ({"hours": [{}]}, "always", "warning"),
        ({"expires": BEGIN + timedelta(days=1000)}, "long", "warning"),
        ({"notice_url": ""}, "no_notice", "warning"),
    ],
)
def test_what_speaks_against_a_record(changes: dict[str, Any], code: str, severity: str) -> None:
    assert codes(**changes) == {code: severity}


def test_a_refusal_by_a_word_is_lifted_by_a_reason_and_by_nothing_shorter() -> None:
    def refuses(**reasons: str) -> bool:
        (finding,) = lint(record(area="the corridor before the toilets", reasons=reasons))
        return finding.refuses

    assert refuses()
    assert refuses(intimate_place="it is fine")
    assert refuses(intimate_place="x" * 50)
    assert refuses(staff_room="The doors are not in view; only the corridor is seen.")
    assert not refuses(intimate_place="The doors are not in view; only the corridor is seen.")


def test_no_reason_lifts_what_says_nothing() -> None:
    reasons = {"contact": "We are reached by all who know us, so it says enough."}
    (finding,) = lint(record(contact="xxx", reasons=reasons))
    assert finding.refuses


def test_names_of_zones_are_read_too(site: SiteFile) -> None:
    text = site.path.read_text().replace("door:", "staff_room:")
    site.path.write_text(text)
    found = lint(record(), SiteFile.read(site.path).cameras["lobby"])
    assert [(finding.code, finding.field) for finding in found] == [("staff_room", "zones")]


@pytest.mark.parametrize(
    "contact",
    [
        "privacy@library.example",
        "https://library.example/contact",
        "+49 30 1234567",
        "030/1234567",
        "1 Market Square, 12345 Example",
        "〒100-0001 東京都 千代田区 1-1",
    ],
)
def test_contacts_that_reach_somebody(contact: str) -> None:
    assert reaches_somebody(contact)


@pytest.mark.parametrize("contact", ["xxx", "---", "test test", "me", "reception", "aaaaaaaa 1"])
def test_contacts_that_reach_nobody(contact: str) -> None:
    assert not reaches_somebody(contact)


@pytest.mark.parametrize("text", ["xxx", "…", "TBD", "n/a", "aaaa", "keine", "未定…"])
def test_placeholders(text: str) -> None:
    assert is_placeholder(text)


def test_each_finding_is_in_the_catalogue() -> None:
    worst = record(
        controller="Example Ltd",
        contact="xxx",
        lawful_basis="consent",
        purpose="security marketing recognise staff performance",
        area="toilets staff room waiting room clinic school",
        hours=[{}],
        notice_url="",
        expires=BEGIN + timedelta(days=1000),
    )
    assert len(lint(worst)) >= 12
    for finding in lint(worst):
        assert in_language(finding.what, "de") != finding.what
