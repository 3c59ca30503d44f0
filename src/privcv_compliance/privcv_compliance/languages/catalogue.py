# SPDX-License-Identifier: Apache-2.0
"""The catalogues: per language, English sentence -> the sentence in that language."""

from collections.abc import Mapping

from privcv_compliance.languages.french import FRENCH
from privcv_compliance.languages.german import GERMAN
from privcv_compliance.languages.japanese import JAPANESE
from privcv_compliance.languages.spanish import SPANISH

CATALOGUES: Mapping[str, Mapping[str, str]] = {
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "ja": JAPANESE,
}
"""Language (ISO 639-1) -> its catalogue. English is the language of the code."""

LANGUAGES = ("en", "de")
"""Of every document."""

PUBLIC_LANGUAGES = ("en", *CATALOGUES)
"""Of what people are told: sign, notice, fact sheet, letter."""
