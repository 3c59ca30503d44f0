# SPDX-License-Identifier: Apache-2.0
"""Where a chain lies on disk: one file that grows, and the full ones beside it.

``lobby.detection.jsonl`` grows; ``lobby.detection.000000000001.jsonl`` is full and begins with
entry 1. Names sort in the order of the chain.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from privcv_core.audit.entry import CHAIN_NAME

_FULL = re.compile(r"(?P<chain>.+)\.(?P<first>\d{12})\.jsonl")


def growing_file(folder: Path, chain: str) -> Path:
    """The file that new entries go to."""
    return folder / f"{chain}.jsonl"


def full_file(folder: Path, chain: str, first_sequence: int) -> Path:
    """The name of a full file whose first entry is ``first_sequence``."""
    return folder / f"{chain}.{first_sequence:012d}.jsonl"


def full_files(folder: Path, chain: str) -> list[Path]:
    """The full files of ``chain``, oldest first."""
    found = (path for path in folder.glob(f"{chain}.*.jsonl") if chain_of(path) == chain)
    return sorted(path for path in found if path != growing_file(folder, chain))


def files_of(folder: Path, chain: str) -> list[Path]:
    """All files of ``chain`` in the order of its entries."""
    growing = growing_file(folder, chain)
    return [*full_files(folder, chain), *([growing] if growing.exists() else [])]


def chain_of(path: Path) -> str | None:
    """The chain that a file belongs to by its name; ``None`` where it is not one of ours."""
    match = _FULL.fullmatch(path.name)
    name = match["chain"] if match else path.name.removesuffix(".jsonl")
    is_ours = path.name.endswith(".jsonl") and CHAIN_NAME.fullmatch(name)
    return name if is_ours else None


def chains_in(folder: Path) -> list[str]:
    """The chains that have files in ``folder``, by name."""
    return sorted({chain for path in folder.glob("*.jsonl") if (chain := chain_of(path))})


def lines_of(folder: Path, chain: str, since: int = 0) -> Iterator[tuple[Path, int, bytes]]:
    """Every whole line of ``chain`` in order: its file, its number there from 1, its bytes.

    Files that end before entry ``since`` are left out. A last line without an end is left out: its
    writer is at work or died, and it was acknowledged to nobody.
    """
    files = files_of(folder, chain)
    starts = [int(match["first"]) for path in files if (match := _FULL.fullmatch(path.name))]
    skipped = max(0, sum(start <= since for start in starts) - 1)
    for path in files[skipped:]:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n"):
                    yield path, number, line
