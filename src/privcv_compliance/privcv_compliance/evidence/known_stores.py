# SPDX-License-Identifier: Apache-2.0
"""What the databases on the device may hold, and whether they hold anything else.

What each may hold is written here once more, independent of the code that writes them: a column, a
setting or a field of a report that is not in these lists is a finding, not silently accepted.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from privcv_across.messages.report import Report
from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.said_names import SaidNames
from privcv_compliance.evidence.snapshot import open_copy, tables_of
from privcv_compliance.evidence.store_values import (
    names_in,
    read_release,
    strange_report,
    strange_values,
)
from privcv_core.errors import PrivcvError
from privcv_core.protocol.secure_release import SecureRelease, is_secure, read_any_release

_MOST_SQL = 2000

LEDGER_TABLES: Mapping[str, frozenset[str]] = {
    "meta": frozenset({"name", "value"}),
    "releases": frozenset(
        {"sequence", "key", "payload", "digest", "affordable", "booked", "booked_digest", "hash"}
    ),
    "cohorts": frozenset(
        {"scope", "cohort", "epsilon", "delta", "limit_epsilon", "limit_delta", "until_ns"}
        | {"camera", "unit", "from_ns", "lifetime_ns", "promise_epsilon", "promise_delta"}
        | {"visit_epsilon", "visit_delta", "event_from_ns", "event_until_ns"}
    ),
    "costs": frozenset({"day", "camera", "zone", "epsilon", "released", "suppressed"}),
}
OUTBOX_TABLES: Mapping[str, frozenset[str]] = {
    "releases": frozenset({"sequence", "payload", "digest", "age_s"}),
    "quarantine": frozenset({"id", "sequence", "payload", "reason", "age_s"}),
    "state": frozenset({"id", "content", "digest"}),
    "site_record": frozenset({"id", "version", "digest"}),
    "notes": frozenset({"name", "value"}),
}
_COMMON = {
    "kind", "camera", "status", "reason", "confidence", "coverage", "epsilon", "delta",
    "unit", "mechanism",
}  # fmt: skip
REPORT_FIELDS: Mapping[str, frozenset[str]] = {
    "zones": frozenset(
        _COMMON
        | {
            "zone",
            "window_start",
            "window_s",
            "occupancy",
            "occupancy_low",
            "occupancy_high",
            "flow",
        }
    ),
    "dwell": frozenset(
        _COMMON | {"zone", "period_start", "period_s", "visits", "visits_low", "visits_high"}
    ),
    "statistics": frozenset(
        _COMMON
        | {"statistic", "place", "period", "start", "length_s", "value", "low", "high", "area_m2"}
    ),
}


@dataclass(frozen=True)
class Store:
    """A database: how many releases it holds, their bytes, what it holds that it must not."""

    path: Path
    releases: int
    with_payload: int
    last_sequence: int
    coverage: float | None
    strange: tuple[str, ...]


def read_ledger(path: Path, names: Collection[str] = ()) -> Store:
    """The budget ledger. ``names``: those of the site. Raises ``ComplianceError``."""
    return _read(path, LEDGER_TABLES, names)


def read_outbox(path: Path, names: Collection[str] = ()) -> Store:
    """The uplink's outbox. ``names``: those of the site. Raises ``ComplianceError``."""
    return _read(path, OUTBOX_TABLES, names)


def _read(path: Path, known: Mapping[str, frozenset[str]], names: Collection[str]) -> Store:
    with open_copy(path) as db:
        tables = tables_of(db)
        strange = [*_strange_tables(tables, known), *_strange_schema(db)]
        said = SaidNames(names)
        if "releases" not in tables or "payload" not in tables["releases"]:
            raise ComplianceError(f"{path}: has no table of releases")
        for table in sorted(set(tables) & set(known)):
            strange.extend(_strange_rows(db, table, tables[table], said))
        releases, last = db.execute(
            "SELECT COUNT(*), COALESCE(MAX(sequence), 0) FROM releases"
        ).fetchone()
        payloads = 0
        shares: list[float] = []
        for table in ("releases", "quarantine") if "quarantine" in tables else ("releases",):
            for sequence, payload in db.execute(
                f"SELECT sequence, payload FROM {table} WHERE payload IS NOT NULL"
            ):
                payloads += table == "releases"
                strange.extend(_strange_fields(sequence, payload, shares, said))
    strange.extend(said.too_many())
    coverage = sum(shares) / len(shares) if shares else None
    return Store(path, releases, payloads, last, coverage, tuple(dict.fromkeys(strange)))


def _strange_tables(
    tables: Mapping[str, tuple[str, ...]], known: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    for table, columns in tables.items():
        if table not in known:
            yield f"table '{table[:64]}' with columns {', '.join(columns)[:200]}"
            continue
        for column in columns:
            if column not in known[table]:
                yield f"column '{column[:64]}' of table '{table}'"


def _strange_schema(db: sqlite3.Connection) -> Iterator[str]:
    """Views and triggers, and statements so long that they hold more than a table."""
    for kind, name, length in db.execute("SELECT type, name, length(sql) FROM sqlite_master"):
        if kind not in ("table", "index"):
            yield f"{kind} '{str(name)[:64]}'"
        elif (length or 0) > _MOST_SQL:
            yield f"a statement of {length} characters that made {kind} '{str(name)[:64]}'"


def _strange_rows(
    db: sqlite3.Connection, table: str, columns: tuple[str, ...], said: SaidNames
) -> Iterator[str]:
    for values in db.execute(f"SELECT * FROM {table}"):
        row = dict(zip(columns, values, strict=True))
        yield from strange_values(table, row)
        said.add(*names_in(table, row))


def _is_sealed(payload: bytes) -> bool:
    """Whether the bytes are those of one DAP report and nothing beside it."""
    try:
        release = read_any_release(payload)
        assert isinstance(release, SecureRelease)
        Report.decode(release.secure.report_bytes)
        return release.canonical() == payload
    except (PrivcvError, AssertionError):
        return False


def _strange_fields(
    sequence: int, payload: bytes, shares: list[float], said: SaidNames
) -> Iterator[str]:
    if isinstance(payload, bytes) and is_secure(payload):
        if not _is_sealed(payload):
            yield f"release {sequence}, which is not sealed shares"
        return
    try:
        release = read_release(payload)
        release.setdefault("statistics", [])  # left out where there are none
        lists = {name: list(release[name]) for name in REPORT_FIELDS}
    except (ValueError, KeyError, TypeError):
        yield f"release {sequence}, which is not a report"
        return
    for extra in sorted(set(release) - {"sequence", *REPORT_FIELDS}):
        yield f"field '{extra[:64]}' of release {sequence}"
    if type(release.get("sequence", 0)) is not int:
        yield f"release {sequence}, whose number is none"
    for name, reports in lists.items():
        for report in reports:
            for what in strange_report(report, REPORT_FIELDS[name]):
                yield f"{what} in release {sequence}"
            if isinstance(report, dict):
                said.add(*(str(report.get(one, "")) for one in ("camera", "zone", "place")))
            if name == "zones" and isinstance(report, dict):
                share = report.get("coverage")
                if isinstance(share, (int, float)):
                    shares.append(float(share))
