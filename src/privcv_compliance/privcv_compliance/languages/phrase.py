# SPDX-License-Identifier: Apache-2.0
"""A phrase: an English sentence that can be said in another language too.

A sentence stands in the code in English, with places for values: ``say("{n} files", n=3)``. It is a
``str``; the template and the values go with it, and ``in_language`` finds the template in the
catalogue of the language. What people typed (a name, a purpose) is an ordinary ``str`` and stays as
it was typed.
"""

import string
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from privcv_compliance.errors import ComplianceError
from privcv_compliance.languages.catalogue import CATALOGUES
from privcv_compliance.languages.day import day_text
from privcv_core.files.shown_name import in_utf8


class Phrase(str):
    """English text, with the template and the values that it was made of."""

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any]) -> "Phrase":
        template, values = in_utf8(template), {key: in_utf8(one) for key, one in values.items()}
        phrase = super().__new__(cls, _filled(template, values, "en"))
        phrase.template = template
        phrase.values = values
        return phrase


class Joined(str):
    """Phrases one after the other, with something between them."""

    __slots__ = ("between", "parts")

    between: str
    parts: tuple[str, ...]

    def __new__(cls, parts: Iterable[str], between: str = ", ") -> "Joined":
        parts = tuple(map(in_utf8, parts))
        joined = super().__new__(cls, between.join(parts))
        joined.between = between
        joined.parts = parts
        return joined


def say(template: str, /, **values: Any) -> Phrase:
    """An English sentence and its values. A template without values is taken as it is."""
    return Phrase(template, values)


def how_many(number: int, noun: str) -> Phrase:
    """A number with its noun, in the plural where it is not one: ``1 file``, ``2 files``."""
    return say("{number} " + (noun if number == 1 else f"{noun}s"), number=number)


def in_language(text: str, language: str) -> str:
    """``text`` in ``language`` (``en``, ``de``); what is no phrase stays as it is.

    Raises ``ComplianceError`` where the catalogue has no such sentence: half a document in another
    language would be none.
    """
    if isinstance(text, Joined):
        return text.between.join(in_language(part, language) for part in text.parts)
    if not isinstance(text, Phrase) or language == "en":
        return str(text)
    try:
        catalogue = CATALOGUES[language]
        template = catalogue[text.template]
    except KeyError as error:
        raise ComplianceError(f"'{text.template}' is not in the catalogue of '{language}'") from (
            error
        )
    return _filled(template, text.values, language)


class _Formatter(string.Formatter):
    """Formats values that are phrases, days (``{on:day}``) and fractions as the language does."""

    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, (Phrase, Joined)):
            value = in_language(value, self.language)
        if isinstance(value, date) and format_spec == "day":
            return day_text(value, self.language)
        text: str = super().format_field(value, format_spec)
        if isinstance(value, float) and self.language in ("de", "fr", "es"):
            return text.replace(".", ",")
        return text


def _filled(template: str, values: Mapping[str, Any], language: str) -> str:
    return _Formatter(language).vformat(template, (), values) if values else template
