# SPDX-License-Identifier: Apache-2.0
"""Masking of secrets: the one way in which an address, or a text that may hold one, is shown.

Cameras and collectors take secrets anywhere in an address: as user and password, as a segment of
the path (``rtsps://host:7441/TOKEN``, ``/user=admin_password=…``), in the query. So all that is
shown of an address is its scheme, host and port. Where even that is in doubt (a password that holds
an unencoded ``@``, ``/``, ``#`` or ``?``), nothing but the scheme is.

Whatever leaves a process in words goes through ``mask``: terminal, log, /diagnostics, audit log,
report. A process also remembers the secrets of the addresses that its settings name (``remember``),
and masks them where they stand alone, as in what a library prints.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

MASK = "***"
ENCODE = (
    "percent-encode what is special in user and password: @ is %40, / is %2F, # is %23, ? is %3F, "
    ": is %3A, % is %25, a space is %20"
)
"""What to do about a password that an address cannot hold as it is."""

SHORTEST_PASSWORD = 3
SHORTEST_VALUE = 6
SHORTEST_SEGMENT = 12
"""Shorter ones are not masked where they stand alone, characters: they are in ordinary words."""

_SCHEME = r"(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]{1,31}:/{1,3}"
_ADDRESS = re.compile(rf"({_SCHEME})((?:(?!{_SCHEME})\S)*)")
_BARE = re.compile(r"(?<![\w/])[^\s/:@'\"=(]+:(?!/{1,3}\*{3}@)[^\s@]+@([\w\[]\S*)")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Za-z:.%]+\])(?::\d{1,5})?")
_AFTER_TEXT = "'\"`)]}>,;:.…!"
_VALUE = re.compile(r"(?<==)[^=&/?#\s]+")
_NAMED = re.compile(r"(?i)(?:pass\w*?|pwd|pw|token|key|secret|auth)=([^=&/?#_;,\s]+)")
_SEGMENT = re.compile(r"[^/?#&=\s]+")
_SHOWN_WHOLE = ("file", "sqlite", "package", "privcv")

_PLACEHOLDERS = ("", "...", "HOST", "HOST:PORT", "HOST[:PORT", "host[:port]/path")
"""In what we tell people to write."""

_remembered: set[str] = set()


def mask(text: str) -> str:
    """``text`` with every address in it cut to what may be shown; the rest as it is."""
    if "://" in text or ":/" in text:
        text = _ADDRESS.sub(_shown, text)
    if "@" in text:
        text = _BARE.sub(lambda match: f"{MASK}@{_cut(match[1])}", text)
    for secret in sorted(_remembered, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, MASK)
    return text


def mask_address(address: str) -> str:
    """One whole address, whatever it holds, spaces too, cut to scheme, host and port.

    What is no address, such as a path or the number of a device, is masked as a text.
    """
    scheme, separator, rest = address.partition("://")
    if not separator or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        return mask(address)
    if _is_shown_whole(scheme, rest):
        return address
    return f"{scheme}://{_place(rest)}"


def remember(address: str) -> None:
    """Have ``mask`` hide the secrets of ``address``, also where they stand alone."""
    _remembered.update(_secrets(address))


def forget() -> None:
    """Remember none; for tests."""
    _remembered.clear()


def problem_of(address: str) -> str:
    """Why the address cannot be what was meant, in words that tell nothing of it; '' if it can."""
    _, separator, rest = address.partition("://")
    if not separator:
        return ""
    if any(character.isspace() or not character.isprintable() for character in address):
        return f"holds a space or a control character: {ENCODE}"
    authority, after = _split(rest)
    user, at, place = authority.rpartition("@")
    if "@" in after and (at or not _HOST.fullmatch(authority)):
        return f"has an '@' after the first '/', '?' or '#', where no host can follow: {ENCODE}"
    if not _HOST.fullmatch(place):
        return f"names no host, or no port: write scheme://host[:port]/path, and {ENCODE}"
    if re.search(r"%(?![0-9A-Fa-f]{2})", user):
        return f"has a '%' in user or password that no two hexadecimal digits follow: {ENCODE}"
    return ""


def hint_of(address: str) -> str:
    """What else may be wrong with an address that is not answered; '' where nothing stands out."""
    authority, after = _split(address.partition("://")[2])
    user, at, _ = authority.rpartition("@")
    odd = at and (re.search(r"[@%\[\]\\^|\"<>{}`]", _unencoded(user)) or user.count(":") > 1)
    return ENCODE if odd or "@" in after else ""


def _shown(match: "re.Match[str]") -> str:
    scheme, rest = match[1], match[2]
    if _is_shown_whole(scheme.split(":")[0], rest):
        return match[0]
    return scheme + _cut(rest)


def _cut(rest: str) -> str:
    """What may be shown of an address after its scheme, and what ends the sentence after it."""
    end = len(rest.rstrip(_AFTER_TEXT))
    if rest[:end] in _PLACEHOLDERS:
        return rest
    return _place(rest[:end]) + rest[end:]


def _is_shown_whole(scheme: str, rest: str) -> bool:
    """Whether it names something on this machine, which is no secret."""
    return scheme.lower() in _SHOWN_WHOLE and "@" not in rest


def _place(rest: str) -> str:
    """What may be shown of an address after its scheme."""
    authority, after = _split(rest)
    user, at, place = authority.rpartition("@")
    if "@" in after or not _HOST.fullmatch(place):
        return MASK
    shown = f"{MASK}@{place}" if at or user else place
    return f"{shown}/{MASK}" if after.strip("/") else shown + after


def _split(rest: str) -> tuple[str, str]:
    """User, host and port; and what follows them, with the character that it begins with."""
    end = min((at for at in map(rest.find, "/?#\\") if at >= 0), default=len(rest))
    return rest[:end], rest[end:]


def _unencoded(text: str) -> str:
    """``text`` without what is percent-encoded in it."""
    return re.sub(r"%[0-9A-Fa-f]{2}", "", text)


def _secrets(address: str) -> Iterator[str]:
    scheme, _, rest = address.partition("://")
    if _is_shown_whole(scheme, rest):
        return  # or the folders of a database would be masked wherever they are told
    authority, after = _split(rest)
    found = []
    user, at, _ = authority.rpartition("@")
    if at and ":" in user:
        found.append((user.partition(":")[2], SHORTEST_PASSWORD))
    elif at:
        found.append((user, SHORTEST_VALUE))  # a token in the place of a user
    if "@" in after:
        found.append((rest.rpartition("@")[0].partition(":")[2], SHORTEST_PASSWORD))
    found += [(value, SHORTEST_PASSWORD) for value in _NAMED.findall(after)]
    found += [(value, SHORTEST_VALUE) for value in _VALUE.findall(after)]
    found += [(segment, SHORTEST_SEGMENT) for segment in _SEGMENT.findall(after)]
    for secret, shortest in found:
        for spelt in (secret, unquote(secret), quote(unquote(secret), safe="")):
            if len(spelt) >= shortest and not spelt.isspace():
                yield spelt
