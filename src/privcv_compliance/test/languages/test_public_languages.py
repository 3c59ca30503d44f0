# SPDX-License-Identifier: Apache-2.0
"""What people are told is said whole in each language, and which words are an authority's."""

from datetime import date
from pathlib import Path

import pytest
from compliance_site import a_request
from sample_sites import SITES, make_sample

from privcv_compliance.answers.letter import LETTER_KINDS, Outcome, write_letter
from privcv_compliance.languages.catalogue import CATALOGUES, PUBLIC_LANGUAGES
from privcv_compliance.languages.day import day_text
from privcv_compliance.languages.reviewed import REVIEWED, review_note
from privcv_compliance.notice.details import details_of
from privcv_compliance.notice.full_notice import full_notice
from privcv_compliance.notice.staff_sheet import staff_sheet

DAY = date(2026, 12, 1)
PUBLIC = [language for language in CATALOGUES if language != "de"]


def test_the_languages_say_the_same_sentences() -> None:
    first = CATALOGUES[PUBLIC[0]]
    for language in PUBLIC:
        assert CATALOGUES[language].keys() == first.keys()
    assert first.keys() <= CATALOGUES["de"].keys()


@pytest.mark.parametrize("language", PUBLIC)
@pytest.mark.parametrize("name", SITES)
def test_no_document_is_half_translated(name: str, language: str, tmp_path: Path) -> None:
    site = make_sample(name, "en", tmp_path)
    cameras = [details_of(site, camera) for camera in site.cameras.values()]
    documents = [full_notice(cameras, DAY), staff_sheet(cameras, DAY)]
    documents += [
        write_letter(a_request(kind), Outcome(word, DAY), cameras, DAY)
        for kind, words in LETTER_KINDS.items()
        for word in words
    ]
    for document in documents:
        assert document.translated(language).title != document.title


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "1 December 2026"),
        ("de", "1. Dezember 2026"),
        ("fr", "1er décembre 2026"),
        ("es", "1 de diciembre de 2026"),
        ("ja", "2026年12月1日"),
        ("tlh", "2026-12-01"),
    ],
)
def test_days_are_written_as_the_language_does(language: str, text: str) -> None:
    assert day_text(DAY, language) == text


def test_every_language_has_twelve_months() -> None:
    for language in ("en", "de", "fr", "es"):
        assert len({day_text(date(2026, month, 3), language) for month in range(1, 13)}) == 12


def test_every_language_says_what_nobody_has_read() -> None:
    assert REVIEWED.keys() == CATALOGUES.keys()
    for language in PUBLIC_LANGUAGES[1:]:
        assert "no counsel has read" in review_note(language)
        assert REVIEWED[language].keys() <= CATALOGUES[language].keys()
    assert review_note("en") == ""
