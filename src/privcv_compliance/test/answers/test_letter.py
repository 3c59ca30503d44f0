# SPDX-License-Identifier: Apache-2.0
"""The letter to a citizen: one page, in plain words, made only of what is finished."""

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from compliance_site import a_request, answer, run
from sample_sites import SAMPLE_LANGUAGES, SITES, make_sample

from privcv_compliance.answers.letter import LETTER_KINDS, Outcome, write_letter
from privcv_compliance.answers.words import INCOMPLETE, LEFTOVERS, NOTHING_LINKED
from privcv_compliance.cli import dsr
from privcv_compliance.documents.public_document import write_public
from privcv_compliance.errors import ComplianceError
from privcv_compliance.notice.details import details_of
from privcv_compliance.site_file import SiteFile

DAY = date(2026, 12, 9)


def letter(site: SiteFile, kind: str, word: str, language: str = "en", **changes: object):  # type: ignore[no-untyped-def]
    cameras = [details_of(site, camera) for camera in site.cameras.values()]
    request = replace(a_request(kind), **changes)
    return write_letter(request, Outcome(word, DAY), cameras, DAY).translated(language)


@pytest.mark.parametrize("language", SAMPLE_LANGUAGES)
@pytest.mark.parametrize("name", SITES)
def test_every_letter_of_the_samples_is_one_page(name: str, language: str, tmp_path: Path) -> None:
    """The longest is: a shorter one of the same sentences is too."""
    site = make_sample(name, language, tmp_path)
    letters = [
        letter(site, k, word, language) for k, words in LETTER_KINDS.items() for word in words
    ]
    longest = max(letters, key=lambda one: len(one.markdown()))
    path = tmp_path / "letter.pdf"
    write_public(longest, path, most_pages=1)
    assert path.read_bytes().count(b"/Type /Page ") == 1


def test_a_letter_that_needs_two_pages_is_refused_by_name(site: SiteFile, tmp_path: Path) -> None:
    answer(site, rights={"uncounted": "the side door " * 140})
    path = tmp_path / "letter.pdf"
    with pytest.raises(ComplianceError, match=r"no room on 1 page .* 'the side door"):
        write_public(letter(site, "access", NOTHING_LINKED), path, most_pages=1)
    assert not path.exists()


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("access", ""),
        ("access", LEFTOVERS),
        ("access", "refused"),
        ("delete", INCOMPLETE),
        ("object", "refused"),  # the reasons are the controller's own
        ("rectify", "granted"),  # of what?
    ],
)
def test_what_is_not_finished_or_needs_reasons_makes_no_letter(
    site: SiteFile, kind: str, word: str
) -> None:
    with pytest.raises(ComplianceError, match="write the letter by hand"):
        letter(answer(site), kind, word)


def test_another_law_is_for_counsel(site: SiteFile) -> None:
    with pytest.raises(ComplianceError, match="ask counsel"):
        letter(answer(site), "access", NOTHING_LINKED, law="ccpa")


def test_it_says_what_the_law_wants_of_an_answer(site: SiteFile) -> None:
    """GDPR Art. 11(2), 12(4), 77, 79: why nothing more, complaint, court, how to help."""
    text = letter(answer(site), "access", NOTHING_LINKED).markdown()
    for named in (
        "You asked us on 20 November 2026",
        "On 9 December 2026 we looked",
        "GDPR Art. 11",
        "tell us where you were, on which day and at what time",
        "no identity card and no photo",
        "right to lodge a complaint with a supervisory authority",
        "Commissioner of Example",
        "go to court",
        "dpo@example.org",
    ):
        assert named in text, named


def test_register_evidence_and_letter_go_together(site: SiteFile, tmp_path: Path) -> None:
    where = ("--site", str(answer(site).path))
    said = run(dsr.command, "receive", "access", *where, "--reference", "2026/17")
    request = said.split()[0]
    page, evidence = tmp_path / "letter.html", tmp_path / "evidence.json"
    with pytest.raises(ComplianceError, match="is 'open'"):
        run(dsr.command, "letter", request, *where, "-o", str(page))
    run(dsr.command, "access", *where, "--request", request, "-o", str(evidence))
    run(dsr.command, "letter", request, *where, "--lang", "de", "-o", str(page))
    assert "sha256" in evidence.read_text()
    assert "Unser Zeichen: 2026/17" in page.read_text()


def test_the_page_is_whole_and_asks_for_nothing_from_elsewhere(site: SiteFile) -> None:
    answer(site, rights={"uncounted": "<script>alert(1)</script> & so on"})
    text = letter(site, "object", "granted").html()

    seen = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.extend([tag, *(name for name, _ in attrs)])

    Reader().feed(text)
    assert "p" in seen
    assert not {"script", "src", "href"} & set(seen)
    assert text.startswith('<!doctype html>\n<html lang="en">')
