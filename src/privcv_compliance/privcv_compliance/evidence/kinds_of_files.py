# SPDX-License-Identifier: Apache-2.0
"""What a file is, as the scan says it, as a phrase that can be said in another language too."""

import re

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
)
"""What ``state_scan`` and ``small_files`` call the files that they know."""


def kind_of_file(what: str) -> str:
    """``what`` as a phrase; what is none of the known kinds stays as it is."""
    for pattern in _KINDS:
        match = re.fullmatch(pattern, what)
        if match:
            template = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", pattern)
            values = match.groupdict()
            if "database" in values:
                values["database"] = kind_of_file(values["database"])
            return say(template, **values)
    return what
