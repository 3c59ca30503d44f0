# SPDX-License-Identifier: Apache-2.0
"""A label: free text that people read, on one line, in which nothing is hidden.

It is text and nothing else: whoever shows it escapes it. What is refused here could fool a reader
all the same: control characters, line ends, and marks that turn the direction of writing.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

MOST_CHARACTERS = 64

_JOINERS = "\u200c\u200d"  # Persian and Indic scripts, and emoji, are spelled with them
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _one_line(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"is longer than {MOST_CHARACTERS} characters in its composed form (NFC)")
    for character in text:
        if unicodedata.category(character) in _HIDDEN and character not in _JOINERS:
            raise ValueError(
                f"holds the character U+{ord(character):04X}, which cannot be seen: leave it out"
            )
    return text.strip()


Label = Annotated[str, Field(max_length=MOST_CHARACTERS), AfterValidator(_one_line)]
"""At most 64 characters in Unicode's NFC, none of them hidden; '' for none."""
