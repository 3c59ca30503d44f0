# SPDX-License-Identifier: Apache-2.0
"""What a value in a store may be, by its column: text of a kind, a digest, a number, a release.

Written once more here, independent of the code that writes them, as the lists of columns are.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from privcv_compliance.evidence.plain_text import is_data
from privcv_core.files.bounded_parse import parse_json

NAME = r"[a-z][a-z0-9_]{0,62}"
_DAY = r"\d{4}-\d\d-\d\d"
_TIME = rf"{_DAY}T\d\d:\d\d:\d\d(\.\d{{1,9}})?(Z|[+-]\d\d:\d\d)"
_UNIT = r"visit|person_window|event"
_LONGEST = 160
_WORD = re.compile(rf"[\w .,:;|/+=()'-]{{0,{_LONGEST}}}", re.ASCII)
_COLUMNS: Mapping[tuple[str, str], str] = {
    ("releases", "key"): rf"{NAME}(\|[a-z0-9_ ]{{1,40}}){{1,6}}",
    ("cohorts", "scope"): rf"{NAME}(\|[a-z0-9_|. :-]{{1,80}})?",
    ("cohorts", "cohort"): r"[a-z0-9_|. :-]{0,80}",
    ("cohorts", "camera"): rf"({NAME})?",
    ("cohorts", "unit"): rf"({_UNIT})?",
    ("costs", "day"): _DAY,
    ("costs", "camera"): NAME,
    ("costs", "zone"): NAME,
}
"""What the texts of a column look like; others are words, ``_WORD``."""

_REPORT_TEXTS: Mapping[str, str] = {
    **dict.fromkeys(("camera", "zone", "place"), rf"({NAME})?"),
    **dict.fromkeys(("window_start", "period_start", "start"), _TIME),
    "kind": r"zone|dwell|statistic",
    "status": r"published|suppressed",
    "reason": r"none|below_k|budget|unobserved|fault",
    "unit": _UNIT,
    "mechanism": r"laplace|gaussian",
    "statistic": r"visitors|people_windows|presence|queue|entries|exits|footfall",
    "period": r"window|hour|day|week",
}
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
_META_JSON: Mapping[str, frozenset[str]] = {
    "cost_time_zones": frozenset(),
    rf"floor\|{NAME}": frozenset(),
    rf"time\|{NAME}": frozenset(
        {"era", "ledger_ns", "running", "lag_ns", "ahead_ns", "number", "offset_ns", "since_ns"}
        | {"boot", "at_ns"}
    ),
    rf"kept\|periods\|{NAME}": frozenset(
        {"unit", "kind", "start_s", "end_s", "era", "places", "values", "draws", "variance"}
        | {"moments", "observed_s"}
    ),
}
"""Entries of ``meta`` that are JSON, by name: the names of members in it, at any depth."""

_MOST_IN_A_LIST = 512
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
            good = isinstance(value, str) and len(value) <= 512 and not is_data(value)
        elif isinstance(value, str):
            good = _is_text(value, _COLUMNS.get((table, column)))
        else:
            good = value is None or isinstance(value, (int, float))
        if not good:
            yield f"a value in column '{column}' of table '{table}' that it never holds"


def _strange_meta(row: Mapping[str, Any]) -> Iterator[str]:
    name, value = str(row.get("name")), row.get("value")
    members = next((of for form, of in _META_JSON.items() if re.fullmatch(form, name)), None)
    if members is not None:
        good = not is_data(name) and _is_plain_json(value, members)
    elif name in _META:
        good = isinstance(value, _META[name]) and len(str(value)) <= 256
    else:
        yield f"the entry {name[:40]!r} of table 'meta'"
        return
    if not good:
        yield f"a value of '{name[:40]}' in table 'meta' that it never has"


def _is_plain_json(value: object, members: frozenset[str]) -> bool:
    if not isinstance(value, str) or len(value) > MOST_JSON_BYTES:
        return False
    try:
        content = parse_json(value)
    except ValueError:
        return False
    return _is_plain(content) and set(_members(content)) <= members


def _members(content: Any) -> Iterator[str]:
    items = content.values() if isinstance(content, dict) else content
    if isinstance(content, dict):
        yield from content
    if isinstance(content, (dict, list)):
        for item in items:
            yield from _members(item)


def names_in(table: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Names of cameras and places that stand in columns of ``row``, as the site gives them."""
    for column in ("camera", "zone"):
        if isinstance(name := row.get(column), str):
            yield name
    for column in ("scope", "key", "name"):
        if isinstance(name := row.get(column), str):
            yield from name.split("|")[:1] if column != "name" else name.split("|")[1:]


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
            good = _is_text(value, _REPORT_TEXTS.get(name))
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
        return all(_is_text(name) and _is_plain(item) for name, item in value.items())
    if isinstance(value, list):
        return len(value) <= _MOST_IN_A_LIST and all(_is_plain(item) for item in value)
    if isinstance(value, str):
        return _is_text(value)
    return value is None or _is_number(value)


def _is_text(value: str, form: str | None = None) -> bool:
    fits = re.fullmatch(form, value) if form else _WORD.fullmatch(value)
    return fits is not None and not is_data(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and abs(value) < 2**63
