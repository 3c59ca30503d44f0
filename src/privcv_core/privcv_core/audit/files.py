# SPDX-License-Identifier: Apache-2.0
"""Where a chain lies on disk: one file that grows, and the full ones beside it.

``lobby.detection.jsonl`` grows; ``lobby.detection.000000000001.jsonl`` is full and begins with
entry 1. Names sort in the order of the chain.

Where processes run as users of their own, each writes in a folder of its own: ``USER`` in the
folder of the audit logs. A chain that began beside these folders, as all did until 0.1.0, goes on
in its user's: readers take both as one. No link is followed, neither to read nor to write.
"""

import contextlib
import errno
import os
import pwd
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from privcv_core.at_rest.sealed_text import key_id, unseal
from privcv_core.audit.entry import CHAIN_NAME, AuditLogError
from privcv_core.audit.owners import may_own
from privcv_core.errors import KeyFileError
from privcv_core.files.regular_file import open_to_read

MAX_LINE_BYTES = 1 << 20
"""Longest line that is read, far above the longest entry: a file of zeros has none."""

AS_WHO_MAY_READ = "ask again as root, or as a user of the group that may read audit logs"
"""The fix that errors name where files of others cannot be read."""

_FULL = re.compile(r"(?P<chain>.+)\.(?P<first>\d{12})\.jsonl")


def own_folder(folder: Path) -> Path:
    """Where this user writes: the folder of its name in ``folder``, where somebody made it one."""
    try:
        own = folder / pwd.getpwuid(os.geteuid()).pw_name
        status = os.lstat(own)
    except (KeyError, OSError):
        return folder
    return own if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() else folder


def folders_in(folder: Path) -> list[Path]:
    """``folder`` itself, then the folders of users in it; links are none.

    Raises ``AuditLogError`` where it cannot be listed: who sees no file must not say there is none.
    """
    own = sorted(item.name for item in _listed(folder) if item.is_dir(follow_symlinks=False))
    return [folder, *(folder / name for name in own)]


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise AuditLogError(
            f"{folder}: audit logs cannot be listed: {error.strerror}; {AS_WHO_MAY_READ}"
        ) from error


def growing_file(folder: Path, chain: str) -> Path:
    """The file that new entries go to."""
    return folder / f"{chain}.jsonl"


def full_file(folder: Path, chain: str, first_sequence: int) -> Path:
    """The name of a full file whose first entry is ``first_sequence``."""
    return folder / f"{chain}.{first_sequence:012d}.jsonl"


def full_files(folder: Path, chain: str) -> list[Path]:
    """The full files of ``chain``, oldest first. Raises ``AuditLogError`` as ``folders_in``."""
    found = (folder / item.name for item in _listed(folder))
    growing = growing_file(folder, chain)
    return sorted(path for path in found if chain_of(path) == chain and path != growing)


def files_of(folder: Path, chain: str, since: int = 0) -> list[Path]:
    """All files of ``chain`` in the order of its entries, less those that end before ``since``.

    Files of a user who may not write it are none of it, see ``owners``.

    Raises ``AuditLogError`` as ``folders_in``.
    """
    files: list[Path] = []
    for place in folders_in(folder):
        growing = growing_file(place, chain)
        found = [*full_files(place, chain), *([growing] if os.path.lexists(growing) else [])]
        files += [path for path in found if may_own(folder, path, chain)]
    begins = [first_in_name(path) for path in files]
    passed = [place for place, begin in enumerate(begins) if begin is not None and begin <= since]
    return files[max(passed, default=0) :]


def strangers_in(folder: Path, chain: str = "") -> list[Path]:
    """Files and locks by the name of ``chain``, or of any, that are none of it: their owner may not
    write it. Raises ``AuditLogError`` as ``folders_in``."""
    strange = []
    for path in (place / item.name for place in folders_in(folder) for item in _listed(place)):
        name = named_chain(path)
        if name is not None and chain in ("", name) and not may_own(folder, path, name):
            strange.append(path)
    return sorted(strange)


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


def named_chain(path: Path) -> str | None:
    """As ``chain_of``, but for the lock of a chain too."""
    return chain_of(path.with_suffix(".jsonl") if path.suffix == ".lock" else path)


def lock_file(folder: Path, chain: str) -> Path:
    """The file by whose lock a writer has ``chain`` to itself; it stays when the writer ends."""
    return folder / f"{chain}.lock"


def chains_in(folder: Path) -> list[str]:
    """The chains that have, or had, files in ``folder``, by name: a lock outlives what it locks.

    Raises ``AuditLogError`` as ``folders_in``.
    """
    names = (Path(item.name) for place in folders_in(folder) for item in _listed(place))
    return sorted({chain for path in names if (chain := named_chain(path))})


def owners_of(folder: Path, chain: str) -> frozenset[int]:
    """Ids of the users to whom files of ``chain`` belong."""
    owners = set()
    for path in files_of(folder, chain):
        try:
            owners.add(os.lstat(path).st_uid)
        except FileNotFoundError:
            continue  # pruned meanwhile
    return frozenset(owners)


def users_of(files: Sequence[Path]) -> set[int]:
    """Whose the files are. In one folder root may stand in for its user, in several nobody may."""
    owners: dict[Path, set[int]] = {}
    for path in files:
        with contextlib.suppress(OSError):
            owners.setdefault(path.parent, set()).add(os.lstat(path).st_uid)
    found = set().union(*owners.values())
    return found - {0} if len(owners) == 1 else found


def place_of(chain: str) -> str:
    """The place of the lines of ``chain``, where they are sealed."""
    return f"audit log {chain}"


def opened_line(path: Path, line: bytes) -> bytes:
    """A line of ``path`` as it was written, with its end, if it was sealed.

    One that does not open stays as it is: it is no entry, which is for readers to tell. Raises
    ``AuditLogError`` where this process does not have its key.
    """
    if key_id(line) is None or not line.endswith(b"\n"):
        return line
    try:
        return unseal(place_of(chain_of(path) or path.name), line) + b"\n"
    except KeyFileError as error:
        raise AuditLogError(str(error)) from error
    except ValueError:
        return line


def last_line(path: Path) -> bytes:
    """The last line of one file. Raises as ``lines_in``, and ``ValueError`` where it is empty."""
    with open_to_read(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65536))
        lines = file.read().splitlines(keepends=True)
    if not lines:
        raise ValueError(f"{path.name} is empty")
    return opened_line(path, lines[-1])


def lines_in(path: Path) -> Iterator[tuple[int, bytes]]:
    """Every line of one file: its number from 1, its bytes, opened where it was sealed.

    Raises ``OSError``, and ``AuditLogError`` where it is sealed with a key that we have not.
    The last one may lack its end (``\\n``): in the growing file its writer is at work or died, and
    it was acknowledged to nobody.
    """
    with open_to_read(path) as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                raise OSError(errno.EFBIG, f"has a line of more than {MAX_LINE_BYTES} bytes")
            number += 1
            yield number, opened_line(path, line)
