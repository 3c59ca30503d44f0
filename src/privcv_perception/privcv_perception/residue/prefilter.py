# SPDX-License-Identifier: Apache-2.0
"""A multi-pattern prefilter: which of many needles may be in a text, in one pass instead of many.

A window of seven bytes holds a whole aligned word of four wherever it lies. So a text can hold a
needle only where it holds one of the four words of a window of that needle, and the words of a text
are looked up all at once in a table of hashes.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = 4
_WINDOW = 2 * _WORD - 1
_MULTIPLIER = np.uint32(2654435761)
"""Of Knuth's multiplicative hash (TAOCP 3, 6.4): the golden ratio of 2^32."""


class Prefilter:
    """What a text has to hold for each of the needles to be in it."""

    def __init__(self, needles: Sequence[bytes]) -> None:
        self._by_word: dict[int, list[int]] = {}
        self._always = [i for i, needle in enumerate(needles) if len(needle) < _WINDOW]
        for number, needle in enumerate(needles):
            if number not in self._always:
                for word in _words(_telling(needle)):
                    self._by_word.setdefault(word, []).append(number)
        self._known = np.zeros(2**16, np.bool_)
        self._known[_hashes(np.array(list(self._by_word), np.uint32))] = True

    def candidates(self, text: bytes) -> list[int]:
        """Numbers of the needles that may be in ``text``, in order; all others are not in it."""
        words = np.frombuffer(text, "<u4", len(text) // _WORD)
        likely = np.unique(words[self._known[_hashes(words)]])
        found = {number for word in likely for number in self._by_word.get(int(word), ())}
        return sorted(found.union(self._always))


def _hashes(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return words * _MULTIPLIER >> np.uint32(16)


def _telling(needle: bytes) -> bytes:
    """The window with the most different bytes: the rarest in memory."""
    windows = [needle[start : start + _WINDOW] for start in range(len(needle) - _WINDOW + 1)]
    return max(windows, key=lambda window: len(set(window)))


def _words(window: bytes) -> set[int]:
    starts = range(_WINDOW - _WORD + 1)
    return {int.from_bytes(window[start : start + _WORD], "little") for start in starts}
