# SPDX-License-Identifier: Apache-2.0
"""Which processes of the graph run on this machine, and which files they have open for writing."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_WRITES = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True)
class Running:
    """A process of the graph. ``files`` is ``None`` where this user may not look."""

    pid: int
    nodes: tuple[str, ...]
    files: tuple[Path, ...] | None
    namespace: str = "/"

    def belongs_to(self, cameras: Collection[str], folders: Collection[Path]) -> bool:
        """Whether it may be of the site with these cameras and folders, and not of another one.

        It is where it names one of the cameras, writes in one of the folders, or hides its files.
        """
        if self.files is None or self.namespace.strip("/") in cameras:
            return True
        return any(folder in path.resolve().parents for path in self.files for folder in folders)


def running_processes(proc: Path = Path("/proc")) -> list[Running]:
    """Every process that runs nodes of privcv, by number."""
    found = []
    for folder in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"privcv_core.node.process" not in words:
            continue
        nodes = tuple(
            word.decode(errors="replace").rpartition(":")[2]
            for word in words
            if word.startswith(b"privcv_") and b":" in word
        )
        spaces = [word.partition(b":=")[2] for word in words if word.startswith(b"__ns:=")]
        namespace = spaces[-1].decode(errors="replace") if spaces else "/"
        found.append(Running(int(folder.name), nodes, _files(folder), namespace))
    return found


def mapped_by(paths: Collection[Path], proc: Path = Path("/proc")) -> dict[Path, frozenset[int]]:
    """Which processes have which of ``paths`` mapped, as far as this user may see."""
    wanted = {str(path): path for path in paths}
    found: dict[Path, set[int]] = {}
    for maps in proc.glob("[0-9]*/maps") if wanted else ():
        try:
            lines = maps.read_text(errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            name = line.rsplit(" ", 1)[-1]
            if name in wanted:
                found.setdefault(wanted[name], set()).add(int(maps.parent.name))
    return {path: frozenset(pids) for path, pids in found.items()}


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
