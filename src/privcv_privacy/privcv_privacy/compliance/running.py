# SPDX-License-Identifier: Apache-2.0
"""Which processes of the graph run on this machine, and which files they have open for writing."""

import os
from dataclasses import dataclass
from pathlib import Path

_WRITES = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True)
class Running:
    """A process of the graph. ``files`` is ``None`` where this user may not look."""

    pid: int
    nodes: tuple[str, ...]
    files: tuple[Path, ...] | None


def running_processes(proc: Path = Path("/proc")) -> list[Running]:
    """Every process that runs nodes of privcv, by number."""
    found = []
    for folder in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"privcv_node.process" not in words:
            continue
        nodes = tuple(
            word.decode(errors="replace").rpartition(":")[2]
            for word in words
            if word.startswith(b"privcv_") and b":" in word
        )
        found.append(Running(int(folder.name), nodes, _files(folder)))
    return found


def _files(folder: Path) -> tuple[Path, ...] | None:
    """Regular files open for writing, but for standard output and error."""
    found = set()
    try:
        for link in (folder / "fd").iterdir():
            if link.name in ("0", "1", "2"):
                continue
            target = os.readlink(link)
            flags = (folder / "fdinfo" / link.name).read_text().split("flags:")[1].split()[0]
            if target.startswith("/") and int(flags, 8) & _WRITES and Path(target).is_file():
                found.add(Path(target))
    except (OSError, IndexError, ValueError):
        return None
    return tuple(sorted(found))
