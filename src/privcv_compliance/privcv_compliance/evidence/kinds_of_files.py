# SPDX-License-Identifier: Apache-2.0
"""What a file is, as the scan says it, as a phrase that can be said in another language too."""

import re
from collections.abc import Iterable

from privcv_compliance.evidence.folder_walk import ATTRIBUTES, FOLDER
from privcv_compliance.evidence.state_scan import MAGIC
from privcv_compliance.languages.phrase import say

_KINDS = (
    r"the authorization record of camera '(?P<camera>.*)'",
    r"the audit log '(?P<chain>.*)'",
    r"(?P<database>.*): (?P<releases>\d+) releases, (?P<whole>\d+) with their content",
    r"(?P<number>\d+) withdrawals of authorizations",
    "the last pause of a camera",
    "the site file",
    "the key check",
    "the keys of what is kept",
    r"the write-ahead log of (?P<database>.*), read with it",
    r"the index of the log of (?P<database>.*)",
    r"the lock of (?P<database>.*)",
    "the lock of an audit log",
    "the budget ledger",
    "the uplink's outbox",
    "the anchor of the budget ledger",
    "the secret of the graph",
    "the device's signing keys",
    "withdrawals of authorizations",
    r"a link to (?P<path>.*), which was looked at",
    "a segment of the middleware in shared memory",
    r"a segment of the middleware in shared memory of another program \(process (?P<pid>\d+)\)",
    r"a file that process (?P<pid>\d+) \((?P<nodes>.*)\) writes to",
    "a file that cannot be read",
    "an unknown file",
    *(what for _, what in MAGIC),
    "a video (MP4)",
    "a link",
    "a mount",
    "a special file",
    ATTRIBUTES,
    FOLDER,
)
"""What ``state_scan``, ``folder_walk``, ``leftovers`` and ``small_files`` call a file."""

_PROBLEMS = (
    "nothing in this system writes such a file here",
    r"nothing in this system writes such \((?P<names>.*)\)",
    "a node writes outside the site's folders",
    "messages of this system must not go through shared memory",
    "its program is gone or hidden from this user, and it may hold messages",
    "a link leads out of what was looked at",
    "what lies beneath another file system is not seen",
    "a pipe, a socket or a device",
    "what stands there is no regular file",
    "a part of it was never written (sparse file)",
    "it is not empty",
    r"it holds what it must not: (?P<what>.*)",
    r"it is not what its name says: (?P<why>.*)",
    r"it is not a key file: (?P<why>.*)",
    r"cannot be read as what its name says: (?P<why>.*)",
    r"what is in it is not known: (?P<why>.*)",
    r"the log is not what was written: (?P<why>.*)",
    r"entry (?P<number>\d+) says what no entry may: (?P<why>.*)",
    r"user (?P<user>\d+) made this link",
    "nothing in this system makes such a folder here",
    "its folder is none of the user whose name it has",
    "there is no log beside it",
    "its name is none of a camera",
    "a text in it is none that people write",
    "nobody signed it whom the site trusts, so that anybody may have written it",
    r"more than (?P<most>\d+) names that the site does not know",
    r"more than (?P<most>\d+) of them are of records that no log knows",
    r"it holds more than (?P<most>\d+) keys and digests",
    r"line (?P<number>\d+) is none that people write",
)
"""What they say is wrong with one."""


def problem_of_file(problem: str) -> str:
    """``problem`` as a phrase; what is none of the known ones stays as it is, in English."""
    return _phrase(problem, _PROBLEMS)


def kind_of_file(what: str) -> str:
    """``what`` as a phrase; what is none of the known kinds stays as it is."""
    return _phrase(what, _KINDS)


def _phrase(text: str, patterns: Iterable[str]) -> str:
    """``text`` as the phrase of whichever fits: itself, or a pattern with named groups."""
    for pattern in patterns:
        if pattern == text:
            return say(text)
        match = re.fullmatch(pattern, text, re.DOTALL) if "(?P<" in pattern else None
        if match:
            template = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", pattern)
            values = match.groupdict()
            if "database" in values:
                values["database"] = kind_of_file(values["database"])
            return say(re.sub(r"\\([()])", r"\1", template), **values)
    return text
