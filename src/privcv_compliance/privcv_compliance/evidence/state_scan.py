# SPDX-License-Identifier: Apache-2.0
"""What really lies on disk: every file under the folders of a site, named and judged.

A file is *known* only where its name and its content are those of something that this project
writes. Everything else is a *leftover*: it is named in every answer until somebody removes it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.folder_walk import Met, has_hole, walk
from privcv_compliance.evidence.known_stores import Store, read_ledger, read_outbox
from privcv_compliance.evidence.running_processes import mapped_by, running_processes
from privcv_compliance.evidence.small_files import (
    strange_anchor,
    strange_check,
    strange_end,
    strange_key_file,
    strange_pause,
    strange_record,
    strange_secret,
    strange_withdrawals,
)
from privcv_compliance.evidence.sqlite_bytes import (
    strange_in_database,
    strange_in_index,
    strange_in_log,
)
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.events import check_facts
from privcv_core.audit.files import chain_of, folders_in
from privcv_core.audit.verify import read_chain, verify_chain
from privcv_core.authorization.pause_note import note_file
from privcv_core.authorization.record_file import withdrawals
from privcv_core.errors import PrivcvError
from privcv_core.files.regular_file import open_to_read
from privcv_site.earlier_places import files_left_behind

SHARED_MEMORY = Path("/dev/shm")
MAGIC = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG", "a PNG image"),
    (b"BM", "a bitmap image"),
    (b"P6", "an image (PPM)"),
    (b"P5", "an image (PGM)"),
    (b"RIFF", "a video (AVI) or audio"),
    (b"\x1a\x45\xdf\xa3", "a video (Matroska)"),
    (b"\x89MCAP", "a recorded bag (MCAP)"),
    (b"SQLite format 3", "a database, such as a recorded bag"),
    (b"\x93NUMPY", "a numpy array"),
    (b"\x7fELF", "a core dump or a program"),
)
"""How a file of these kinds begins, and what it is called."""


@dataclass(frozen=True)
class Found:
    """One file. ``problem`` says why it is a leftover; empty where it is known."""

    path: Path
    bytes: int
    what: str
    problem: str = ""

    @property
    def is_leftover(self) -> bool:
        """Whether it should not be there."""
        return bool(self.problem)


@dataclass(frozen=True)
class Scan:
    """Everything that was found, and where was looked."""

    folders: tuple[Path, ...]
    found: tuple[Found, ...]

    @property
    def leftovers(self) -> tuple[Found, ...]:
        """Those that should not be there."""
        return tuple(found for found in self.found if found.is_leftover)


def scan_site(site: SiteFile, also: Sequence[Path] = ()) -> Scan:
    """Look at every file in the site's state and audit folders, shared memory, and ``also``."""
    folders: list[Path] = []
    for folder in (site.state, site.audit.folder, *also):
        resolved = folder.resolve()
        if not any(resolved == known or known in resolved.parents for known in folders):
            folders.append(resolved)
    judged = {path.resolve(): judge for path, judge in _known_files(site).items()}
    audits: dict[str, str] = {}
    found = list(_links_to(site.state, site.audit.folder, *also))
    for met in (met for folder in folders for met in walk(folder)):
        judgement = _judge(met, judged, site, audits)
        if judgement.problem == "" or met.problem or os.path.lexists(met.path):
            found.append(judgement)  # else it went meanwhile, as the log of a database does
    # Single files may lie elsewhere; what else lies there is not ours to judge.
    outside = [path for path in _outside(site) if os.path.lexists(path)]
    found += _links_to(*outside)
    for path in (path.resolve() for path in outside):
        if not any(folder in path.parents for folder in folders):
            met = Met(path, _size(path))
            if not path.is_file():
                met = Met(path, 0, "a special file", "what stands there is no regular file")
            found.append(_judge(met, judged, site, audits))
    found += _shared_memory()
    return Scan((*folders, SHARED_MEMORY), tuple(found))


def _outside(site: SiteFile) -> Iterator[Path]:
    """The files of the site that may lie in folders of others."""
    yield site.anchor
    for camera in site.cameras.values():
        if camera.authorization and camera.authorization.file:
            yield camera.authorization.file
            yield withdrawals(camera.authorization.file)
    if site.uplink is not None:
        for left in files_left_behind(site.site):
            yield from sorted(left.earlier.parent.glob(f"{left.earlier.name}*"))
        yield from sorted(site.outbox.parent.glob(f"{site.outbox.name}*"))
        yield site.device_key


Judge = Callable[[Path], tuple[str, str]]  # -> what it is, what is wrong with it


def _known_files(site: SiteFile) -> dict[Path, Judge]:
    ledger, outbox = site.ledger, site.outbox
    databases = {ledger: "the budget ledger", outbox: "the uplink's outbox"}
    known: dict[Path, Judge] = {
        site.path: lambda path: ("the site file", ""),
        ledger: _database(databases[ledger], read_ledger),
        outbox: _database(databases[outbox], read_outbox),
        site.anchor: lambda path: ("the anchor of the budget ledger", strange_anchor(path)),
        site.device_key: _device_key,
        site.site.graph_secret: lambda path: ("the secret of the graph", strange_secret(path)),
        site.site.at_rest_check: lambda path: ("the key check", strange_check(path)),
    }
    if isinstance(site.site.at_rest_key, Path):
        known[site.site.at_rest_key] = lambda path: ("the keys of what is kept", "")
    for left in files_left_behind(site.site):
        if left.place == outbox:
            databases[left.earlier] = f"{databases[outbox]}, which has to move to {left.place}"
            known[left.earlier] = _database(databases[left.earlier], read_outbox)
        else:
            known[left.earlier] = _device_key
    for database, name in databases.items():
        log, index = (database.with_name(database.name + end) for end in ("-wal", "-shm"))
        known[log] = _bytes(f"the write-ahead log of {name}, read with it", strange_in_log)
        known[index] = _bytes(f"the index of the log of {name}", strange_in_index)
        known[database.with_name(database.name + ".lock")] = _empty(f"the lock of {name}")
    for camera in site.cameras.values():
        known[note_file(site.state, camera.name)] = strange_pause
        if camera.authorization and camera.authorization.file:
            file = camera.authorization.file
            known[file] = strange_record
            known[withdrawals(file)] = partial(strange_withdrawals, file)
    return known


def _judge(met: Met, judged: dict[Path, Judge], site: SiteFile, audits: dict[str, str]) -> Found:
    path, size = met.path, met.bytes
    if met.problem:
        return Found(path, size, met.what, met.problem)
    try:
        if path.suffix != ".db-shm" and has_hole(path, size):
            return Found(path, size, _guess(path), "a part of it was never written (sparse file)")
        if path.resolve() in judged:
            what, problem = judged[path.resolve()](path)
            return Found(path, size, what, problem)
        if path.parent in folders_in(site.audit.folder.resolve()):
            if path.suffix == ".lock" and size == 0:
                return Found(path, size, "the lock of an audit log")
            chain = chain_of(path)
            if chain is not None:
                if chain not in audits:
                    audits[chain] = _audit(site.audit.folder.resolve(), chain)
                problem = audits[chain] or strange_end(path)
                return Found(path, size, f"the audit log '{chain}'", problem)
    except OSError as error:
        hint = "" if os.geteuid() == 0 else "; ask again as root"
        words = f"what is in it is not known: {error.strerror or error}{hint}"
        return Found(path, size, "a file that cannot be read", words)
    except (PrivcvError, ValueError) as error:
        return Found(path, size, _guess(path), f"cannot be read as what its name says: {error}")
    return Found(path, size, _guess(path), "nothing in this system writes such a file here")


def _database(name: str, read: Callable[[Path], Store]) -> Judge:
    def judge(path: Path) -> tuple[str, str]:
        strange = list(islice(strange_in_database(path), 5))
        try:
            store = read(path)
        except ComplianceError as error:
            return name, f"it is not what its name says: {error}"
        what = f"{name}: {store.releases} releases, {store.with_payload} with their content"
        shown = "; ".join([*strange, *store.strange][:5])
        return what, f"it holds what it must not: {shown}" if shown else ""

    return judge


def _bytes(name: str, look: Callable[[Path], Iterator[str]]) -> Judge:
    def judge(path: Path) -> tuple[str, str]:
        shown = "; ".join(islice(look(path), 5))
        return name, f"it holds what it must not: {shown}" if shown else ""

    return judge


def _empty(name: str) -> Judge:
    return lambda path: (name, "it is not empty" if _size(path) else "")


def _device_key(path: Path) -> tuple[str, str]:
    try:
        return "the device's signing keys", strange_key_file(path)
    except (PrivcvError, ValueError, TypeError, KeyError) as error:
        return "the device's signing keys", f"it is not a key file: {error}"


def _audit(folder: Path, chain: str) -> str:
    problems = verify_chain(folder, chain).problems
    if problems:
        return f"the log is not what was written: {problems[0]}"
    for entry in read_chain(folder, chain):
        try:
            check_facts(entry.event, entry.facts)
        except ValueError as error:
            return f"entry {entry.sequence} says what no entry may: {error}"
    return ""


def _shared_memory() -> Iterator[Found]:
    """Segments where the middleware may have left messages, but for those of other programs."""
    segments = [path for path in sorted(SHARED_MEMORY.glob("fast*")) if _size(path)]
    if not segments:
        return
    holders = mapped_by(segments)
    ours = {process.pid for process in running_processes().graph}
    for path in segments:
        pids = holders.get(path, frozenset())
        what = "a segment of the middleware in shared memory"
        if pids & ours:
            problem = "messages of this system must not go through shared memory"
        elif not pids:
            problem = "its program is gone or hidden from this user, and it may hold messages"
        else:
            what, problem = f"{what} of another program (process {min(pids)})", ""
        yield Found(path, _size(path), what, problem)


def _links_to(*paths: Path) -> Iterator[Found]:
    """The links by which the site names its folders and files: what they lead to is looked at."""
    for path in paths:
        if path.is_symlink():
            what = f"a link to {path.resolve()}, which was looked at"
            owner = os.lstat(path).st_uid
            problem = "" if owner in (0, os.geteuid()) else f"user {owner} made this link"
            yield Found(path, _size(path), what, problem)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _guess(path: Path) -> str:
    try:
        with open_to_read(path) as file:
            head = file.read(16)
    except OSError:
        return "a file that cannot be read"
    if head[4:8] == b"ftyp":
        return "a video (MP4)"
    return next((what for magic, what in MAGIC if head.startswith(magic)), "an unknown file")
