# SPDX-License-Identifier: Apache-2.0
"""Whether a page can show a text: the font has each character, and it needs no typesetting.

matplotlib sets one character after the other, from left to right. What its fonts lack becomes a
box and a warning; what is written from right to left, or joined, or stacked, becomes something
else than what was written. Both are refused by name.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from privcv_compliance.documents.fonts import font_for
from privcv_compliance.errors import ComplianceError

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI"})
_STACKED = frozenset({"Mn", "Mc", "Me"})
_OTHER = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})


def shown(text: str) -> str:
    """``text`` as a page can show it: letters with their marks as one character (NFC)."""
    return unicodedata.normalize("NFC", text)


def check_shown(texts: Iterable[str], instead: str) -> None:
    """Raise ``ComplianceError`` that names the first character which no page can show.

    ``instead`` says what to do about it.
    """
    for text in texts:
        for letter in shown(text):
            why = _why_not(letter)
            if why:
                name = unicodedata.name(letter, "without a name")
                raise ComplianceError(
                    f"'{_short(text)}': U+{ord(letter):04X} ({name.lower()}) {why}: {instead}"
                )


@lru_cache(maxsize=4096)
def _why_not(letter: str) -> str:
    if letter in " \n\t":
        return ""
    category = unicodedata.category(letter)
    if unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT:
        return "is written from right to left, which the pages made here cannot show"
    if category in _STACKED:
        return "stands over or beside another letter, which the pages made here cannot show"
    if category in _OTHER or not _is_in_fonts(letter):
        return "is not in the font of the pages made here"
    return ""


def _is_in_fonts(letter: str) -> bool:
    return all(font_for(letter, weight) is not None for weight in ("normal", "bold"))


def _short(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else "?" for letter in text)
    return printable if len(printable) <= 40 else f"{printable[:39]}…"
