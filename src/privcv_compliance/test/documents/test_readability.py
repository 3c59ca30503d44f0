# SPDX-License-Identifier: Apache-2.0
"""Sign, notice and letter can be read by people who read newspapers, in each language."""

import re
from datetime import date
from pathlib import Path

import pytest
from compliance_site import a_request
from readability import lix, longest_sentence
from sample_sites import SITES, make_sample

from privcv_compliance.answers.letter import Outcome, write_letter
from privcv_compliance.answers.words import DELETED, NOTHING_LINKED
from privcv_compliance.languages.catalogue import CATALOGUES, PUBLIC_LANGUAGES
from privcv_compliance.languages.phrase import Phrase, in_language
from privcv_compliance.notice.details import Details, details_of
from privcv_compliance.notice.first_layer import first_layer, promise
from privcv_compliance.notice.full_notice import full_notice
from privcv_compliance.notice.staff_sheet import staff_sheet

DAY = date(2026, 12, 9)
NEWSPAPER = 45.0
"""LIX: up to here a text is as hard as a newspaper."""
JAPANESE = 60
"""Characters of ours in a sentence, at most."""


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("I see a cat. It is big.", 7 / 2),  # counted by hand: 7 words, 2 sentences, none long
        ("Elephants remember. Yes.", 3 / 2 + 100 * 2 / 3),
        ("One two\nthree four", 2.0),
        ("Die Datenschutzbeauftragte antwortet.", 3 + 100 * 2 / 3),
    ],
)
def test_the_score_is_what_one_counts_by_hand(text: str, score: float) -> None:
    assert lix(text) == pytest.approx(score)


def texts(cameras: list[Details], language: str) -> dict[str, str]:
    """What is ours of each document, without what the controller typed: one sentence a line."""
    found = {
        "notice": _ours(full_notice(cameras, DAY).statements(), language),
        "fact sheet": _ours(staff_sheet(cameras, DAY).statements(), language),
    }
    sign = [promise(), *(fact.statement for c in cameras for fact in first_layer(c))]
    found["sign"] = _ours(sign, language)
    for kind, word in (("access", NOTHING_LINKED), ("delete", DELETED), ("object", "granted")):
        letter = write_letter(a_request(kind), Outcome(word, DAY), cameras, DAY)
        found[f"letter on {kind}"] = _ours(letter.statements(), language)
    return found


def _ours(statements: object, language: str) -> str:
    said = [s.text for s in statements if isinstance(s.text, Phrase)]  # type: ignore[attr-defined]
    return "\n".join(in_language(text, language) for text in said)


@pytest.mark.parametrize("language", PUBLIC_LANGUAGES)
@pytest.mark.parametrize("name", SITES)
def test_whoever_reads_a_newspaper_reads_sign_notice_and_letter(
    name: str, language: str, tmp_path: Path
) -> None:
    wrote = language if language in ("en", "de") else "en"
    site = make_sample(name, wrote, tmp_path)
    cameras = [details_of(site, camera) for camera in site.cameras.values()]
    for what, text in texts(cameras, language).items():
        if language != "ja":
            assert lix(text) <= NEWSPAPER, (what, lix(text))


def test_no_japanese_sentence_is_long() -> None:
    for sentence in CATALOGUES["ja"].values():
        assert longest_sentence(re.sub(r"\{[^}]*\}", "", sentence)) <= JAPANESE, sentence
