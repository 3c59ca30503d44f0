# SPDX-License-Identifier: Apache-2.0
"""A sentence is said in another language with the same values, or not at all."""

import string

import pytest

from privcv_compliance.errors import ComplianceError
from privcv_compliance.languages import phrase
from privcv_compliance.languages.catalogue import CATALOGUES
from privcv_compliance.languages.phrase import Joined, how_many, in_language, say

WORDS = {
    "{n} of {what}": "{what}: {n}",
    "{number} door": "{number} Tür",
    "{number} doors": "{number} Türen",
    "{share:.0%} at {epsilon:g}": "{share:.0%} bei {epsilon:g}",
}


@pytest.fixture(autouse=True)
def _words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrase, "CATALOGUES", {"de": WORDS})


def test_values_go_with_the_sentence_and_phrases_among_them_are_translated() -> None:
    text = say("{n} of {what}", n=2, what=how_many(3, "door"))
    assert text == "2 of 3 doors"
    assert in_language(text, "de") == "3 Türen: 2"
    assert in_language(how_many(1, "door"), "de") == "1 Tür"


def test_what_somebody_typed_stays_as_it_was_typed() -> None:
    assert in_language("a door {n}", "de") == "a door {n}"
    assert in_language(Joined([how_many(2, "door"), "typed {x}"]), "de") == "2 Türen, typed {x}"


def test_fractions_have_the_comma_of_the_language() -> None:
    text = say("{share:.0%} at {epsilon:g}", share=0.5, epsilon=0.25)
    assert (str(text), in_language(text, "de")) == ("50% at 0.25", "50% bei 0,25")


@pytest.mark.parametrize("language", ["de", "tlh"])
def test_a_sentence_that_is_not_in_the_catalogue_is_refused(language: str) -> None:
    with pytest.raises(ComplianceError, match=f"is not in the catalogue of '{language}'"):
        in_language(say("Nobody translated this."), language)


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_translation_has_the_places_of_its_sentence(language: str) -> None:
    for english, other in CATALOGUES[language].items():
        assert places(english) == places(other), english
        assert other.strip(), english


def places(template: str) -> set[tuple[str, str]]:
    return {
        (name, spec or "")
        for _, name, spec, _ in string.Formatter().parse(template)
        if name is not None
    }
