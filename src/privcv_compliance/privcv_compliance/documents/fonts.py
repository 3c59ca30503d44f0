# SPDX-License-Identifier: Apache-2.0
"""The fonts of the pages: the one that matplotlib brings, and one for Japanese where there is one.

For what DejaVu Sans has not, the font of the package ``matplotlib-fontja`` is taken (IPAexGothic,
IPA Font License; the extra ``japanese`` of this package), or else one of ``SYSTEM_FONTS`` that
fontconfig knows. Where there is neither, pages cannot show such a text, and are refused by name.
"""

from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SYSTEM_FONTS = ("IPAexGothic", "IPAGothic", "Noto Sans CJK JP", "Noto Sans JP", "TakaoGothic")
"""Fonts of systems with the kana and kanji of Japanese, the first that is there is taken."""

_PACKAGE, _FILE = "matplotlib_fontja", "ipaexg.ttf"


def families() -> list[str]:
    """Names of the fonts, in the order in which they are asked for a letter."""
    from matplotlib.font_manager import FontProperties, fontManager

    named: list[str] = list(FontProperties().get_family())
    path = fallback()
    if path is None:
        return named
    known = [entry for entry in fontManager.ttflist if entry.fname == str(path)]
    if not known:
        fontManager.addfont(str(path))
        known = [entry for entry in fontManager.ttflist if entry.fname == str(path)]
    if len(known) == 1:  # it is its own bold, or each bold line would warn that it has none
        fontManager.ttflist.append(replace(known[0], weight=700))
    return [*named, known[0].name]


@lru_cache(maxsize=1)
def fallback() -> Path | None:
    """The file of the second font; None where there is none."""
    from matplotlib.font_manager import fontManager

    spec = find_spec(_PACKAGE)  # its code sets matplotlib up for all: only its font is wanted
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "fonts" / _FILE
        if path.is_file():
            return path
    by_name = {entry.name: Path(entry.fname) for entry in fontManager.ttflist}
    return next((by_name[name] for name in SYSTEM_FONTS if name in by_name), None)


@lru_cache(maxsize=4)
def fonts_of(weight: str) -> tuple[Any, ...]:
    """The opened fonts of a weight (``normal``, ``bold``), in the order of ``families``."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    first = get_font(findfont(FontProperties(weight=weight)))
    path = fallback()
    return (first,) if path is None else (first, get_font(str(path)))


def font_for(letter: str, weight: str) -> Any | None:
    """The first font of ``weight`` that has ``letter``; None where none has."""
    return next((font for font in fonts_of(weight) if font.get_char_index(ord(letter))), None)
