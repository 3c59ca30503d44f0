# SPDX-License-Identifier: Apache-2.0
"""What a value in a store may be, by its column: text of a kind, a digest, a number, a release.

Written once more here, independent of the code that writes them, as the lists of columns are.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from privcv_core.files.bounded_parse import parse_json

_WORD = re.compile(r"[\w .,:;|/+=()'-]{0,256}", re.ASCII)
_REPORT_TEXT = re.compile(r"[\w.:+-]{0,64}", re.ASCII)
_LISTS = frozenset({"flow", "visits", "visits_low", "visits_high"})
_BLOBS: Mapping[str, tuple[int, ...]] = {
    "digest": (16, 32),
    "booked_digest": (32,),
    "hash": (32,),
}
_JSON: Mapping[tuple[str, str], frozenset[str]] = {
    ("releases", "booked"): frozenset({"charges", "costs"}),
    ("state", "content"): frozenset(
        {
            "accepted_through", "delivered", "dropped", "quarantined", "missing", "running_s",
            "first_batch", "plan", "planned_at", "planned_dropped", "held", "refused_in_a_row",
            "version",
        }
    ),
}  # fmt: skip
_META: Mapping[str, type] = {"ledger_id": bytes, "accepted_through": int}
MOST_JSON_BYTES = 1 << 20


def strange_values(table: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Columns of ``row`` whose value is not what that column of ``table`` holds.

    ``payload`` is not looked at here: see ``strange_report``.
    """
    if table == "meta":
        yield from _strange_meta(row)
        return
    for column, value in row.items():
        if column == "payload":
            continue
        if (table, column) in _JSON:
            good = value is None or _is_object(value, _JSON[table, column])
        elif column in _BLOBS:
            good = isinstance(value, bytes) and len(value) in _BLOBS[column]
        elif column == "reason":
            good = isinstance(value, str) and len(value) <= 512 and value.isprintable()
        elif isinstance(value, str):
            good = _WORD.fullmatch(value) is not None
        else:
            good = value is None or isinstance(value, (int, float))
        if not good:
            yield f"a value in column '{column}' of table '{table}' that it never holds"


def _strange_meta(row: Mapping[str, Any]) -> Iterator[str]:
    name, value = row.get("name"), row.get("value")
    kind = _META.get(name) if isinstance(name, str) else None
    if kind is None:
        yield f"the entry {str(name)[:40]!r} of table 'meta'"
    elif not isinstance(value, kind) or len(str(value)) > 256:
        yield f"a value of '{name}' in table 'meta' that it never has"


def strange_report(report: Any, fields: frozenset[str]) -> Iterator[str]:
    """What a report holds besides ``fields``, words and numbers."""
    if not isinstance(report, dict):
        yield "a report that is none"
        return
    for extra in sorted(set(report) - fields):
        yield f"field '{extra[:40]}' of a report"
    for name in sorted(fields & set(report)):
        value = report[name]
        if isinstance(value, str):
            good = _REPORT_TEXT.fullmatch(value) is not None
        elif isinstance(value, list):
            good = name in _LISTS and len(value) <= 8 and all(map(_is_number, value))
        else:
            good = value is None or _is_number(value)
        if not good:
            yield f"a value of field '{name}' of a report that it never has"


def read_release(payload: object) -> dict[str, Any]:
    """The object in ``payload``; raises ``ValueError``, also for a name that stands twice."""
    if not isinstance(payload, (bytes, str)) or len(payload) > MOST_JSON_BYTES:
        raise ValueError("is not JSON text")
    content = parse_json(payload)
    if not isinstance(content, dict):
        raise ValueError("is not an object")
    json.loads(payload, object_pairs_hook=_once)
    tight = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # Numbers have other spellings, and names another order, but not whole lines of blanks.
    size = len(payload) if isinstance(payload, bytes) else len(payload.encode())
    if size > 2 * len(tight.encode()) + 64:
        raise ValueError("has more blanks than content")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("names a field twice")
    return content


def _is_object(value: object, members: frozenset[str]) -> bool:
    try:
        content = read_release(value)
    except ValueError:
        return False
    return set(content) <= members and all(_is_plain(item) for item in content.values())


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_WORD.fullmatch(name) and _is_plain(item) for name, item in value.items())
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    if isinstance(value, str):
        return _WORD.fullmatch(value) is not None
    return value is None or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and abs(value) < 2**63
