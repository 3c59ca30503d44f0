# SPDX-License-Identifier: Apache-2.0
"""How wide a text is in the font of the pages, and where its lines end."""

from functools import lru_cache

from privcv_compliance.documents.fonts import font_for, fonts_of
from privcv_compliance.documents.shown_text import shown

_NOT_FIRST = "、。，．・：；？！）」』】〉》〕ーっゃゅょッャュョ"
"""What no line of Japanese begins with (JIS X 4051, kinsoku)."""


def wrapped(text: str, size: float, width: float, weight: str = "normal") -> list[str]:
    """``text`` in lines that are no wider than ``width`` points at ``size`` points.

    A word that is wider by itself is broken; what ends a sentence stays with it, a little wider.
    """
    lines = [""]
    for word in shown(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if points(longer, size, weight) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            too_wide = points(lines[-1] + letter, size, weight) > width
            if too_wide and letter not in _NOT_FIRST:
                lines.append("")
            lines[-1] += letter
    return lines


def points(text: str, size: float, weight: str = "normal") -> float:
    """Width of ``text`` on one line, points."""
    return sum(_advance(letter, weight) for letter in text) * size


@lru_cache(maxsize=8192)
def _advance(letter: str, weight: str) -> float:
    """How far a letter of its font takes the pen, in sizes."""
    font = font_for(letter, weight) or fonts_of(weight)[0]
    font.set_size(100, 72)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / 65536 / 100
