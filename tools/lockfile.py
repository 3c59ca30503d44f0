# SPDX-License-Identifier: Apache-2.0
"""Reads the lock files of ``requirements``: names, versions, markers and hashes, nothing else."""

import re
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
_PINNED = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z0-9,-]+\])?==([^\s;]+)(?:\s*;\s*(.+?))?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})$")


@dataclass(frozen=True)
class Pinned:
    """One version of one package; ``hashes`` are SHA-256 of its wheels and archives."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]


def locks() -> list[Path]:
    """Every lock file: one ``.txt`` for each ``.in``."""
    return sorted(path.with_suffix(".txt") for path in REQUIREMENTS.glob("*.in"))


def read_lock(path: Path) -> list[Pinned]:
    """The packages of a lock file; raises ``ValueError`` for a line that pins none by hash."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        content = line.split(" #")[0].strip()
        if not content or content.startswith("#"):
            continue
        words = content.split("--hash", 1)
        pinned = _PINNED.match(words[0].strip())
        hashes = [_HASH.match(word) for word in content.split() if word.startswith("--hash")]
        if pinned is None or not hashes or None in hashes:
            raise ValueError(f"{path}: is not pinned by hash: {content[:80]}")
        name = normalized(pinned[1])
        kept = tuple(match[1] for match in hashes if match)
        found.append(Pinned(name, pinned[2], pinned[3], kept))
    return found


def normalized(name: str) -> str:
    """A package's name in the one spelling in which names are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_locks() -> dict[tuple[str, str], Pinned]:
    """The packages of all lock files by name and version."""
    return {(one.name, one.version): one for path in locks() for one in read_lock(path)}
