# SPDX-License-Identifier: Apache-2.0
"""Search everything that another process has in memory and on disk.

Reading ``/proc/PID/mem`` of an undumpable process takes root (CAP_SYS_PTRACE); that is meant.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from privcv_perception.errors import PerceptionError
from privcv_perception.residue.canary import Pattern
from privcv_perception.residue.prefilter import Prefilter

Owner = Literal["our buffers", "heap", "stack", "mapped file", "shared memory", "file"]
_CHUNK = 2**20
_NOTHING = bytes(_CHUNK)


@dataclass(frozen=True)
class Hit:
    """Patterns of one form found with one owner."""

    owner: Owner
    form: str
    count: int
    frames: float
    """How many frames' worth that is; for packets the same as ``count``."""
    where: str
    """The mapping or file, in words."""


def scan_memory(pid: int, patterns: list[Pattern], ours: list[tuple[int, int]]) -> list[Hit]:
    """Search all readable memory of ``pid``; ``ours`` are address ranges of our buffers."""
    hits = []
    try:
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    except PermissionError:
        raise PerceptionError(
            f"the memory of process {pid} cannot be read, as it should be: run the audit as root "
            "(sudo), or give it CAP_SYS_PTRACE"
        ) from None
    try:
        for first, last, name in mappings(pid):
            for begin, end, is_ours in _split(first, last, ours):
                owner: Owner = "our buffers" if is_ours else owner_of(name)
                chunks = _read_memory(memory, begin, end)
                hits += _search(chunks, patterns, owner, name or "anonymous memory")
    finally:
        os.close(memory)
    return hits


def scan_files(
    pid: int, folders: Iterable[Path], patterns: list[Pattern], ignore: Path | None = None
) -> list[Hit]:
    """Search every file that ``pid`` has open, the folders, and /dev/shm; all but ``ignore``."""
    hits = []
    ignored = os.stat(ignore) if ignore is not None else None
    for path, name in _files(pid, folders):
        try:
            about = os.stat(path)
            if not stat.S_ISREG(about.st_mode):
                continue
            if ignored is not None and os.path.samestat(about, ignored):
                continue
            with open(path, "rb") as file:
                owner: Owner = "shared memory" if name.startswith("/dev/shm/") else "file"
                hits += _search(iter(lambda: file.read(_CHUNK), b""), patterns, owner, name)
        except OSError:
            continue  # gone meanwhile, or a file of the kernel's that cannot be read
    return hits


def _files(pid: int, folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """(path to open, name to show), each file once."""
    seen = set()
    for number in os.listdir(f"/proc/{pid}/fd"):
        link = f"/proc/{pid}/fd/{number}"
        try:
            name = os.readlink(link)
        except OSError:
            continue
        if name.startswith("/") and name not in seen:
            seen.add(name)
            yield link, name
    for folder in (Path("/dev/shm"), *folders):
        for path in folder.rglob("*"):
            if path.is_file() and str(path) not in seen:
                seen.add(str(path))
                yield str(path), str(path)


def mappings(pid: int, *, writable: bool = False) -> Iterator[tuple[int, int, str]]:
    """First address, end and name of what a process may read, or ``writable``: may write."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        addresses, permissions, _, _, _, *name = line.split(maxsplit=5)
        if (
            "r" not in permissions
            or (writable and "w" not in permissions)
            or (name and name[0] in ("[vvar]", "[vsyscall]"))
        ):
            continue
        first, last = addresses.split("-")
        yield int(first, 16), int(last, 16), name[0] if name else ""


def _split(first: int, last: int, ours: list[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """Cut a mapping at the borders of our buffers, because the kernel merges neighbours."""
    position = first
    for begin, end in sorted(ours):
        begin, end = max(begin, position), min(end, last)
        if begin >= end:
            continue
        if begin > position:
            yield position, begin, False
        yield begin, end, True
        position = end
    if position < last:
        yield position, last, False


def owner_of(name: str) -> Owner:
    """Whose a mapping is, by its name."""
    if name.startswith(("/dev/shm/", "/memfd:", "/SYSV", "/dev/zero")):
        return "shared memory"
    if name.startswith("[stack"):
        return "stack"
    return "mapped file" if name.startswith("/") else "heap"


def _read_memory(memory: int, begin: int, end: int) -> Iterator[bytes]:
    for position in range(begin, end, _CHUNK):
        try:
            yield os.pread(memory, min(_CHUNK, end - position), position)
        except OSError:
            yield b""  # a page without backing, such as beyond a mapped file's end


def _search(
    chunks: Iterator[bytes], patterns: list[Pattern], owner: Owner, where: str
) -> list[Hit]:
    counts = [0] * len(patterns)
    needles = [pattern.needle for pattern in patterns]
    prefilter = _prefilter(tuple(needles))
    longest = max((len(pattern.needle) for pattern in patterns), default=1)
    tail = b""
    for chunk in chunks:
        if chunk == _NOTHING:  # most of what a process has mapped it never touched
            tail = b""
            continue
        text = tail + chunk
        for number in prefilter.candidates(text):
            # What lies wholly in the tail was counted with the chunk before.
            counts[number] += text.count(needles[number]) - tail.count(needles[number])
        tail = text[-(longest - 1) :]
    found: dict[str, Hit] = {}
    for pattern, count in zip(patterns, counts, strict=True):
        if count:
            before = found.get(pattern.form, Hit(owner, pattern.form, 0, 0.0, where))
            found[pattern.form] = replace(
                before, count=before.count + count, frames=before.frames + count / pattern.per_frame
            )
    return list(found.values())


@lru_cache(maxsize=1)
def _prefilter(needles: tuple[bytes, ...]) -> Prefilter:
    return Prefilter(needles)
