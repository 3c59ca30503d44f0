# SPDX-License-Identifier: Apache-2.0
"""Where a chain lies on disk: one file that grows, and the full ones beside it.

``lobby.detection.jsonl`` grows; ``lobby.detection.000000000001.jsonl`` is full and begins with
entry 1. Names sort in the order of the chain.
"""

import os
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


def files_of(folder: Path, chain: str, since: int = 0) -> list[Path]:
    """All files of ``chain`` in the order of its entries, less those that end before ``since``."""
    growing = growing_file(folder, chain)
    files = [*full_files(folder, chain), *([growing] if os.path.lexists(growing) else [])]
    starts = [start for path in files if (start := first_in_name(path)) is not None]
    return files[max(0, sum(start <= since for start in starts) - 1) :]


def first_in_name(path: Path) -> int | None:
    """The entry with which a full file begins, by its name; ``None`` for the growing file."""
    match = _FULL.fullmatch(path.name)
    return int(match["first"]) if match else None


def chain_of(path: Path) -> str | None:
    """The chain that a file belongs to by its name; ``None`` where it is not one of ours."""
    match = _FULL.fullmatch(path.name)
    name = match["chain"] if match else path.name.removesuffix(".jsonl")
    is_ours = path.name.endswith(".jsonl") and CHAIN_NAME.fullmatch(name)
    return name if is_ours else None


def lock_file(folder: Path, chain: str) -> Path:
    """The file by whose lock a writer has ``chain`` to itself; it stays when the writer ends."""
    return folder / f"{chain}.lock"


def chains_in(folder: Path) -> list[str]:
    """The chains that have, or had, files in ``folder``, by name: a lock outlives what it locks."""
    locks = (path.with_suffix(".jsonl") for path in folder.glob("*.lock"))
    return sorted(
        {chain for path in (*folder.glob("*.jsonl"), *locks) if (chain := chain_of(path))}
    )


def last_line(path: Path) -> bytes:
    """The last line of one file. Raises ``OSError``, and ``ValueError`` where the file is empty."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65536))
        lines = file.read().splitlines(keepends=True)
    if not lines:
        raise ValueError(f"{path.name} is empty")
    return lines[-1]


def lines_in(path: Path) -> Iterator[tuple[int, bytes]]:
    """Every line of one file: its number from 1, its bytes. Raises ``OSError``.

    The last one may lack its end (``\\n``): in the growing file its writer is at work or died, and
    it was acknowledged to nobody.
    """
    with path.open("rb") as file:
        yield from enumerate(file, start=1)
