# SPDX-License-Identifier: Apache-2.0
"""What really lies on disk: every file under the folders of a site, named and judged.

A file is *known* only where its name and its content are those of something that this project
writes. Everything else is a *leftover*: it is named in every answer until somebody removes it.
"""

import os
import pwd
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from privcv_compliance.evidence.audit_texts import strange_log
from privcv_compliance.evidence.folder_walk import FOLDER, Met, has_hole, walk
from privcv_compliance.evidence.known_files import Judge, known_files
from privcv_compliance.evidence.plain_text import is_data
from privcv_compliance.evidence.running_processes import mapped_by, running_processes
from privcv_compliance.evidence.said_names import MOST_UNKNOWN, names_of
from privcv_compliance.evidence.small_files import strange_end
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.files import chain_of, folders_in, named_chain
from privcv_core.authorization.pause_note import FOLDER as PAUSES
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

_OF_DEVICE = frozenset({"operator", "aggregation", "guard", "uplink", "desk"})
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


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
    judged = {path.resolve(): judge for path, judge in known_files(site).items()}
    audits: dict[str, str] = {}
    found = list(_links_to(site.state, site.audit.folder, *also))
    for met in (met for folder in folders for met in walk(folder)):
        if met.what == FOLDER and met.path in folders:
            continue
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


def _judge(met: Met, judged: Mapping[Path, Judge], site: SiteFile, audits: dict[str, str]) -> Found:
    path, size = met.path, met.bytes
    if met.problem:
        return Found(path, size, met.what, met.problem)
    if met.what == FOLDER:
        known = {(site.state / PAUSES).resolve(), site.audit.folder.resolve()}
        is_known = path in known or _is_of_a_user(path, site)
        problem = "" if is_known else "nothing in this system makes such a folder here"
        return Found(path, size, FOLDER, problem)
    try:
        if path.suffix != ".db-shm" and has_hole(path, size):
            return Found(path, size, _guess(path), "a part of it was never written (sparse file)")
        if path.resolve() in judged:
            what, problem = judged[path.resolve()](path)
            return Found(path, size, what, problem)
        in_audit = path.parent in folders_in(site.audit.folder.resolve())
        if in_audit and (found := _judge_log(met, site, audits)):
            return found
    except OSError as error:
        hint = "" if os.geteuid() == 0 else "; ask again as root"
        words = f"what is in it is not known: {error.strerror or error}{hint}"
        return Found(path, size, "a file that cannot be read", words)
    except (PrivcvError, ValueError) as error:
        return Found(path, size, _guess(path), f"cannot be read as what its name says: {error}")
    return Found(path, size, _guess(path), "nothing in this system writes such a file here")


def _judge_log(met: Met, site: SiteFile, audits: dict[str, str]) -> Found | None:
    """A file of a chain, or its lock; ``audits``: what is wrong with a chain that was read."""
    path, folder = met.path, site.audit.folder.resolve()
    if path.parent != folder and not _is_of_a_user(path.parent, site):
        problem = "its folder is none of the user whose name it has"
        return Found(path, met.bytes, _guess(path), problem)
    chain = named_chain(path)
    if chain is None:
        return None
    if chain_of(path) is None:  # a lock
        has_chain = any(chain_of(other) == chain for other in path.parent.iterdir())
        problem = "" if has_chain and not met.bytes else "it is not empty"
        if not has_chain:
            problem = "there is no log beside it"
        return Found(path, met.bytes, "the lock of an audit log", problem)
    if chain not in audits:
        names = names_of(site)
        audits[chain] = strange_log(folder, chain, names)
        strange = [one for one in audits if one.partition(".")[0] not in names | _OF_DEVICE]
        if len(strange) > MOST_UNKNOWN:
            audits[chain] = f"more than {MOST_UNKNOWN} names that the site does not know"
    return Found(path, met.bytes, f"the audit log '{chain}'", audits[chain] or strange_end(path))


def _is_of_a_user(path: Path, site: SiteFile) -> bool:
    """Whether ``path`` is the folder of the user in the audit folder whose name it has."""
    if path.parent != site.audit.folder.resolve() or not _USER.fullmatch(path.name):
        return False
    owner = path.lstat().st_uid
    try:
        return pwd.getpwuid(owner).pw_name == path.name
    except KeyError:  # on the disk of another machine
        return not is_data(path.name)


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
