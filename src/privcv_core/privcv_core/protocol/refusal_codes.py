# SPDX-License-Identifier: Apache-2.0
"""Error codes of the collector's API: by them a device tells its answers from those of a proxy.

Between a device and its collector stand proxies, firewalls and portals that answer in its place,
with a status of HTTP and a page of their own. Only an answer in the collector's form, with a code
that the collector has for that status, says anything about a release.
"""

from collections.abc import Mapping
from typing import Any

REFUSALS: Mapping[int, frozenset[str]] = {
    400: frozenset({"http", "incomplete"}),
    401: frozenset(
        {
            "bad_signature",
            "revoked",
            "token",
            "unauthorized",
            "unknown_device",
            "unknown_key",
            "unproven",
            "weak_key",
        }
    ),
    403: frozenset({"forbidden"}),
    404: frozenset({"not_found"}),
    405: frozenset({"method_not_allowed"}),
    408: frozenset({"timeout"}),
    409: frozenset(
        {"ambiguous", "conflict", "device_exists", "key_used", "release_conflict", "sequence"}
    ),
    413: frozenset({"too_large"}),
    422: frozenset({"clock", "invalid"}),
    429: frozenset({"rate", "streams"}),
    501: frozenset({"not_installed"}),
    503: frozenset({"busy"}),
}
"""The codes of each HTTP status."""


def refusal_code(status: int, content: Mapping[str, Any]) -> str:
    """The code of a refusal in the collector's form, ``{"error", "message"}``; else ''."""
    code, message = content.get("error"), content.get("message")
    if not (isinstance(code, str) and isinstance(message, str)):
        return ""
    return code if code in REFUSALS.get(status, ()) else ""
