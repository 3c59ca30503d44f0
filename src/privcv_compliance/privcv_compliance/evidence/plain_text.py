# SPDX-License-Identifier: Apache-2.0
"""Whether a text reads as words and names, or is the bytes of something else in letters.

A picture fits in any text: as Base64, as hex, as numbers, each of its bytes as a character. Such a
text is no words: it has long stretches without an end, in which letters of both sizes and digits
change all the time, or it is full of signs. What is made to look like words is not found.
"""

import re
import unicodedata
from itertools import pairwise

LONGEST_WORD = 64
"""Most letters, digits, ``+``, ``=``, ``-`` and ``_`` in a row of our texts: a digest, a name."""

MOST_HEX = 160
"""Most digits of digests and ids in one text."""

_WORD = re.compile(r"[A-Za-z0-9+=_-]{12,}")
_RUN = re.compile(r"[^\s/.:,;|]+")
_HEX = re.compile(r"(?<![A-Za-z0-9])(?=[a-f]*\d)[0-9a-f]{4,64}(?![A-Za-z0-9])")
_ESCAPES = re.compile(r"(?:%|\\x|=|&#x?|\\u)[0-9A-Fa-f]{2,5}")
_SIGNS = frozenset("!\"#$%&'()*+<=>?@[\\]^`{|}~")
_QUOTES = frozenset("‘’“”„«»‹›–—…·€°§")
_SHORT, _LONG = 64, 24
_MOST_SCRIPTS = 4


def is_data(text: str) -> bool:
    """Whether ``text`` is none that people or programs of ours write."""
    return not text.isprintable() or has_data(text, MOST_HEX) or _is_full_of_signs(text)


def has_data(text: str, most_hex: int) -> bool:
    """The same of words alone, in a text that has signs by its grammar, such as JSON.

    ``most_hex``: digits of digests and ids that may be in it.
    """
    if sum(map(len, _HEX.findall(text))) > most_hex:
        return True
    words = _WORD.findall(_HEX.sub("", text))
    mixed = [word for word in words if _is_mixed(word)]
    return (
        any(len(word) > LONGEST_WORD for word in words)
        or any(len(word) >= _LONG for word in mixed)
        or len(mixed) >= 3
        or _is_no_script(text)
    )


def _is_no_script(text: str) -> bool:
    """Whether letters beyond ASCII are those of no language, or of many."""
    foreign = [sign for sign in text if sign > "\x7f" and sign not in _QUOTES]
    if len(foreign) < 8:
        return False
    kinds = [unicodedata.category(sign)[0] for sign in foreign]
    letters = [sign for sign, kind in zip(foreign, kinds, strict=True) if kind == "L"]
    scripts = {unicodedata.name(sign, "?").partition(" ")[0] for sign in letters}
    signs = sum(kind not in "LMN" for kind in kinds)
    return (
        (signs > len(foreign) / 7 and not _is_cjk(foreign))
        or len(scripts) > _MOST_SCRIPTS
        or any(len(run) > LONGEST_WORD and not _is_cjk(run) for run in _RUN.findall(text))
    )


def _is_full_of_signs(text: str) -> bool:
    """Whether it is numbers, escapes or signs for the most part."""
    dense = [sign for sign in _HEX.sub("", text) if not sign.isspace()]
    return len(dense) >= _SHORT and (
        sum(sign in _SIGNS for sign in dense) > len(dense) / 4
        or sum(sign.isdigit() for sign in dense) > 0.6 * len(dense)
        or len(_ESCAPES.findall(text)) >= 16
    )


def _is_mixed(word: str) -> bool:
    """Whether letters of both sizes and digits change so often as in Base64 or Base32."""
    kinds = [2 if sign.isdigit() else sign.isupper() for sign in word if sign.isalnum()]
    changes = sum(a != b for a, b in pairwise(kinds))
    has_digit = 2 in kinds
    return has_digit and changes > max(4, len(word) / 4)


def _is_cjk(text: list[str] | str) -> bool:
    """Whether most of it is of a script that writes no blanks between words."""
    some = [sign for sign in text if sign > "\u2fff"]
    return len(some) > len(text) / 2
