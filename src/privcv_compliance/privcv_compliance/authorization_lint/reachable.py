# SPDX-License-Identifier: Apache-2.0
"""Whether a text says something, and whether a contact reaches somebody."""

import re

_NOTHING = frozenset(
    {
        "xxx", "xx", "x", "tbd", "tba", "todo", "test", "testing", "foo", "bar", "foobar", "asdf",
        "qwerty", "n/a", "na", "none", "nobody", "unknown", "dummy", "placeholder", "example",
        "lorem", "nix", "keine", "keiner", "niemand", "unbekannt", "aucun", "personne", "inconnu",
        "nadie", "ninguno", "desconocido", "なし", "無し", "不明", "テスト",
    }
)  # fmt: skip
_E_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
_PAGE = re.compile(r"https?://[^\s/]+\.[^\s]+")
_PHONE = re.compile(r"(\+|\b0)[\d\s()/.-]{5,}\d")


def is_placeholder(text: str) -> bool:
    """Whether ``text`` stands for something that nobody filled in."""
    letters = "".join(letter for letter in text.casefold() if letter.isalnum())
    words = re.findall(r"[^\s.,;:!?-]+", text.casefold())
    repeated = len(letters) > 2 and len(set(letters)) == 1
    return len(letters) < 2 or repeated or "…" in text or all(word in _NOTHING for word in words)


def reaches_somebody(contact: str) -> bool:
    """Whether ``contact`` has an e-mail, a page, a phone number, or an address with a number."""
    if is_placeholder(contact):
        return False
    if any(pattern.search(contact) for pattern in (_E_MAIL, _PAGE, _PHONE)):
        return True
    is_address = len(contact) >= 12 and re.search(r"\d", contact) is not None
    return is_address and len(re.findall(r"[^\W\d]{2,}", contact)) >= 2
