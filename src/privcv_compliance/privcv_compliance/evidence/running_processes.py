# SPDX-License-Identifier: Apache-2.0
"""Which processes of the graph run on this machine, and which files they have open for writing.

However a process was started, by ``privcv up``, ``ros2 launch``, ``ros2 run``, systemd or a program
of somebody's own, one of three things tells: it announced its nodes (see the module ``presence``
of privcv_core), it has the messages of the graph loaded, or its command line names nodes. Where a
process shows none of that because this user may not look into it, that is said: it is not the same
as nothing.
"""

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from privcv_core.node.presence import Presence, announced, start_of

_WRITES = os.O_WRONLY | os.O_RDWR
_MESSAGES = "/libprivcv_msgs__"
_IMPLEMENTATION = re.compile(r"privcv_\w+(?:\.\w+)*:(\w+)")  # package.module:Class
_EXECUTABLE = re.compile(r"(?:.*/)?lib/privcv_\w+/(\w+)")  # what ros2 run and ros2 launch start
_RUNNER = "privcv_core.node.process"


@dataclass(frozen=True)
class Running:
    """A process of the graph. ``files`` is ``None`` where this user may not look."""

    pid: int
    nodes: tuple[str, ...]
    files: tuple[Path, ...] | None
    namespace: str = "/"
    cameras: tuple[str, ...] = ()

    def belongs_to(self, cameras: Collection[str], folders: Collection[Path]) -> bool:
        """Whether it may be of the site with these cameras and folders.

        It is not where it shows that it is of another one: it names other cameras, or it writes,
        and in none of the folders.
        """
        named = {*self.namespace.split("/"), *self.cameras} - {""}
        if self.files is None or named & set(cameras):
            return True
        written = [path for path in self.files if path.suffix != ".log"]
        if any(folder in path.resolve().parents for path in written for folder in folders):
            return True
        return not named and not written


@dataclass(frozen=True)
class Hidden:
    """A process that this user may not look into, and that shows nothing on the outside."""

    pid: int
    name: str


@dataclass(frozen=True)
class Processes:
    """What was found. ``all_shown``: whether the system shows this user every process there is."""

    graph: tuple[Running, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    all_shown: bool = True

    def of_site(self, cameras: Collection[str], folders: Collection[Path]) -> "Processes":
        """Without those of other sites."""
        mine = tuple(process for process in self.graph if process.belongs_to(cameras, folders))
        return Processes(mine, self.hidden, self.all_shown)

    @property
    def unknown(self) -> str:
        """What could not be looked into, in words; empty where everything could."""
        parts = []
        if self.hidden:
            names = sorted({process.name for process in self.hidden})
            shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
            many = "1 process" if len(self.hidden) == 1 else f"{len(self.hidden)} processes"
            parts.append(f"{many} could not be looked into ({shown})")
        if not self.all_shown:
            parts.append("processes of other users are not shown to this one")
        if parts and os.geteuid() != 0:
            parts.append("ask again as root")
        return "; ".join(parts)


def running_processes(proc: Path = Path("/proc")) -> Processes:
    """Every process that runs nodes of privcv, by number, but for the one that asks."""
    told = _announced(proc)
    graph: dict[int, Running] = {}
    hidden = []
    for folder in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        pid = int(folder.name)
        words = _words(folder)
        if pid == os.getpid() or words == []:  # a thread of the kernel, or gone
            continue
        presences = told.pop((_own_number(folder), start_of(folder)), [])
        nodes = _nodes_in(words or [])
        loaded = _has_messages(folder)
        if not presences and not nodes and not loaded:
            if loaded is None:
                hidden.append(Hidden(pid, Path((words or ["?"])[0]).name[:32]))
            continue
        rules = [word.partition(":=") for word in words or [] if word.startswith("__ns:=")]
        namespaces = [value for _, _, value in rules]
        namespaces += [presence.node.rpartition("/")[0] for presence in presences]
        graph[pid] = Running(
            pid,
            tuple(dict.fromkeys([presence.kind for presence in presences] or nodes)),
            _files(folder),
            next((space for space in namespaces if space.strip("/")), "/"),
            tuple(dict.fromkeys(presence.camera for presence in presences if presence.camera)),
        )
    for (number, _), presences in told.items():  # hidden altogether, or of a fork of it
        kinds = tuple(dict.fromkeys(presence.kind for presence in presences))
        if number != os.getpid():
            graph[number] = Running(number, kinds, None)
    all_shown = (proc / "1").exists()
    return Processes(tuple(graph[pid] for pid in sorted(graph)), tuple(hidden), all_shown)


def runs_nodes(pid: int, proc: Path = Path("/proc")) -> bool:
    """Whether a process is one of ours by itself, whatever somebody announced in its name."""
    folder = proc / str(pid)
    return bool(_nodes_in(_words(folder) or []) or _has_messages(folder))


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


def _announced(proc: Path) -> dict[tuple[int, int], list[Presence]]:
    """(number in its own view, start) -> what the process announced."""
    found: dict[tuple[int, int], list[Presence]] = {}
    try:
        presences = announced(proc)
    except OSError:
        return {}
    for presence in presences:
        found.setdefault((presence.pid, presence.start), []).append(presence)
    return found


def _words(folder: Path) -> list[str] | None:
    """The command line; ``None`` where nobody may look."""
    try:
        content = (folder / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return []
    except OSError:
        return None
    return [word.decode(errors="replace") for word in content.rstrip(b"\0").split(b"\0") if word]


def _nodes_in(words: Sequence[str]) -> list[str]:
    """Nodes that a command line names: ``module:Class``, or the executable of a package."""
    named = [match[1] for word in words if (match := _IMPLEMENTATION.fullmatch(word))]
    started = [match[1] for word in words[:2] if (match := _EXECUTABLE.fullmatch(word))]
    return named or started or (["a node"] if _RUNNER in words else [])


def _has_messages(folder: Path) -> bool | None:
    """Whether the process has the messages of the graph loaded; ``None`` where nobody may look."""
    try:
        return _MESSAGES in (folder / "maps").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    except OSError:
        return None


def _own_number(folder: Path) -> int:
    """The number of the process in its own PID namespace."""
    try:
        status = (folder / "status").read_text(errors="replace")
        line = next(line for line in status.splitlines() if line.startswith("NSpid:"))
        return int(line.split()[-1])
    except (OSError, StopIteration, ValueError, IndexError):
        return int(folder.name)


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
