# SPDX-License-Identifier: Apache-2.0
"""How hard a text is to read: LIX, which counts neither syllables nor dictionaries.

LIX = words / sentences + 100 * words of more than six letters / words (C. H. Björnsson, Läsbarhet,
Liber, Stockholm 1968). Below 25: for children; 25 to 35: fiction; 35 to 45: newspapers; 45 to 55:
factual texts of authorities; above: law. German runs some points higher than English, since its
words are longer. What is written without spaces has no LIX: ``longest_sentence`` is for that.
"""

import re

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_END = re.compile(r"[.!?:](?=\s|$)|\n+")
_LONG = 6


def lix(text: str) -> float:
    """LIX of ``text``; a line that ends without a stop is a sentence of its own."""
    sentences = [part for part in _END.split(text) if _WORD.search(part)]
    words = _WORD.findall(text)
    long = sum(len(re.sub(r"\W", "", word)) > _LONG for word in words)
    return len(words) / len(sentences) + 100 * long / len(words)


def longest_sentence(text: str) -> int:
    """Characters in the longest sentence between 。 or ends of lines."""
    return max(len(part.strip()) for part in re.split(r"[。\n]", text))
