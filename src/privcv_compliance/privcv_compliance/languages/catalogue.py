# SPDX-License-Identifier: Apache-2.0
"""The catalogues: per language, English sentence -> the sentence in that language."""

from collections.abc import Mapping

from privcv_compliance.languages.german import GERMAN

CATALOGUES: Mapping[str, Mapping[str, str]] = {"de": GERMAN}
"""Language (ISO 639-1) -> its catalogue. English is the language of the code."""

LANGUAGES = ("en", *CATALOGUES)

UNREVIEWED: Mapping[str, str] = {}
"""Language -> what a reader has to know of its texts, where no authority's wording backs them."""
