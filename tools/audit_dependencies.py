#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Look every locked package up in a recorded database of advisories (OSV). Never guesses.

``python tools/audit_dependencies.py ADVISORIES``: a zip file or folder of OSV records, such as
https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip. Without one nothing can be said:
the exit status is then 2, as for a database that is old, small or broken. 1: something is affected.
"""

import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from lockfile import Pinned, normalized, read_locks
from packaging.version import InvalidVersion, Version

FRESH = timedelta(days=14)
CLOCKS_DIFFER = timedelta(days=1)
FEWEST_RECORDS = 1000
"""PyPI has many more advisories than this: fewer are not the whole database."""


class AuditImpossible(Exception):
    """There is no answer, which is not the answer that nothing is affected."""


def main() -> None:
    given = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        if not given:
            raise AuditImpossible(
                "there is no recorded database of advisories; on a machine with a network fetch "
                "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip, then "
                "make audit ADVISORIES=all.zip"
            )
        packages = read_locks()
        found = audit(Path(given), packages, datetime.now(timezone.utc))
    except AuditImpossible as error:
        print(f"NOT AUDITED: {error}", file=sys.stderr)
        sys.exit(2)
    for line in found:
        print(line)
    print(f"{len(packages)} locked packages, {len(found)} affected")
    sys.exit(1 if found else 0)


def audit(advisories: Path, packages: dict[tuple[str, str], Pinned], now: datetime) -> list[str]:
    """A line for each advisory that a package is affected by. Raises ``AuditImpossible``."""
    by_name: dict[str, list[Pinned]] = {}
    for one in packages.values():
        by_name.setdefault(one.name, []).append(one)
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    records, newest = 0, ""
    for record in _records(advisories):
        records += 1
        newest = max(newest, str(record.get("modified", "")))
        if record.get("withdrawn"):
            continue
        for affected in record.get("affected", []):
            package = affected.get("package", {})
            if package.get("ecosystem") != "PyPI":
                continue
            for one in by_name.get(normalized(str(package.get("name", ""))), []):
                if is_affected(one.version, affected):
                    found.setdefault((one.name, one.version), []).append(record)
    if records < FEWEST_RECORDS:
        raise AuditImpossible(f"{advisories}: holds {records} advisories, not the whole database")
    try:
        recorded = datetime.fromisoformat(newest[:19]).replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise AuditImpossible(f"{advisories}: does not say when it was made") from error
    if now - recorded > FRESH:
        raise AuditImpossible(f"{advisories}: is of {newest[:10]}, older than {FRESH.days} days")
    if recorded - now > CLOCKS_DIFFER:
        raise AuditImpossible(f"{advisories}: is of {newest[:10]}, which is not yet")
    return [line for place in sorted(found) for line in _lines(place, found[place])]


def _lines(place: tuple[str, str], records: list[dict[str, Any]]) -> list[str]:
    """A line for each advisory: several databases tell of the same one under their own names."""
    told: list[tuple[set[str], str]] = []
    for record in sorted(records, key=lambda one: str(one["id"])):
        names = {str(name) for name in (record["id"], *record.get("aliases", []))}
        summary = str(record.get("summary") or record.get("details") or "").split("\n")[0][:100]
        same = next((others for others, _ in told if others & names), None)
        if same is None:
            told.append((names, summary))
        else:
            same |= names
    return [
        f"{place[0]}=={place[1]}: {' '.join([*sorted(names, reverse=True), summary])}".rstrip()
        for names, summary in told
    ]


def is_affected(version: str, affected: dict[str, Any]) -> bool:
    """Whether a version is one of those that an advisory lists, or in one of its ranges.

    What cannot be compared, or is told of no version at all, counts as affected.
    """
    listed = affected.get("versions") or []
    ranges = [r for r in affected.get("ranges") or [] if r.get("type") == "ECOSYSTEM"]
    if not listed and not ranges:
        return True
    if version in listed:
        return True
    try:
        mine = Version(version)
        if any(_is_same(mine, other) for other in listed):
            return True
        return any(_is_in(mine, events["events"]) for events in ranges)
    except (InvalidVersion, KeyError, TypeError):
        return True


def _is_in(version: Version, events: list[dict[str, str]]) -> bool:
    """OSV's evaluation: introduced, fixed, last_affected and limit in the order of versions."""

    def at(event: dict[str, str]) -> Version:
        text = next(iter(event.values()))
        return Version("0.dev0" if text == "0" else text)

    inside = False
    known = [event for event in events if event.get("limit") != "*"]
    for event in sorted(known, key=at):
        if "introduced" in event and version >= at(event):
            inside = True
        ended = "fixed" in event or "limit" in event
        past = "last_affected" in event
        if (ended and version >= at(event)) or (past and version > at(event)):
            inside = False
    return inside


def _is_same(version: Version, other: str) -> bool:
    """Whether they are one; old packages have versions that are none, and equal nothing."""
    try:
        return Version(other) == version
    except InvalidVersion:
        return False


def _records(advisories: Path) -> Iterator[dict[str, Any]]:
    try:
        if advisories.is_dir():
            for path in sorted(advisories.rglob("*.json")):
                yield _record(path.read_bytes(), str(path))
            return
        with zipfile.ZipFile(advisories) as archive:
            for name in archive.namelist():
                if name.endswith(".json"):
                    yield _record(archive.read(name), name)
    except (OSError, zipfile.BadZipFile) as error:
        raise AuditImpossible(f"{advisories}: cannot be read: {error}") from error


def _record(content: bytes, name: str) -> dict[str, Any]:
    try:
        record = json.loads(content)
    except ValueError as error:
        raise AuditImpossible(f"{name}: is no advisory: {error}") from error
    if not isinstance(record, dict) or "id" not in record:
        raise AuditImpossible(f"{name}: is no advisory")
    return record


if __name__ == "__main__":
    main()
