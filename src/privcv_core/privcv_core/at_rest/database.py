# SPDX-License-Identifier: Apache-2.0
"""Opens SQLite files, sealed where this process has keys; and never takes a sealed one for damaged.

SQLite that does not know of the seal would find a broken database with an empty log, and on closing
remove the log with all that was committed to it. So every file of ours is opened here.
"""

import os
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

from privcv_core.at_rest.keys import Keyring, keys_for, keys_in_use
from privcv_core.at_rest.pages import HEADER_BYTES, PAGE_BYTES, empty_database, is_sealed, key_id_of
from privcv_core.at_rest.vfs import SealedVfs
from privcv_core.errors import KeyFileError
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.database_file import check_database, make_private
from privcv_core.files.regular_file import open_to_read

SEAL = "stop what uses it and run 'privcv at-rest seal --site FILE'"


def open_database(
    path: Path,
    *,
    writes: bool = True,
    lenient: bool = False,
    or_clear: bool = False,
    **options: Any,
) -> sqlite3.Connection:
    """A connection; ``options`` are those of ``sqlite3.connect``.

    With ``writes`` a file that is missing is made, readable by its owner only, and one in the clear
    is refused where this process has keys, unless ``or_clear``. ``lenient``: damaged pages are
    opened as far as can be.
    Raises ``KeyFileError`` where it is sealed with a key that this process has not; otherwise what
    SQLite and the file system raise.
    """
    return open_with(
        keys_in_use(), path, writes=writes, lenient=lenient, or_clear=or_clear, **options
    )


def open_with(
    ring: Keyring | None,
    path: Path,
    *,
    writes: bool = True,
    lenient: bool = False,
    or_clear: bool = False,
    **options: Any,
) -> sqlite3.Connection:
    """``open_database`` with other keys than those of this process; None: what is sealed is not
    opened, and a new file is in the clear."""
    if writes:
        _make(path, ring)
    vfs = _vfs(ring, lenient)
    if vfs is None:
        _refuse_sealed(path)
    name = f"&vfs={vfs.name}" if vfs else ""
    mode = "rwc" if writes else "ro"
    try:
        db: sqlite3.Connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}{name}", uri=True, **options
        )
    except sqlite3.OperationalError:
        if vfs is not None and (refused := vfs.refused()):
            keys_for(str(path), refused)
        raise
    if ring is None or vfs is None:
        return db
    if writes and not or_clear and vfs.is_clear():
        db.close()
        raise KeyFileError(f"{path}: is in the clear, and at_rest_key is set: {SEAL}")
    db.execute("PRAGMA temp_store = MEMORY")
    return db


def is_sealed_database(path: Path) -> bool:
    """Whether the file is sealed; False for none. Raises ``OSError``.

    Not for a file that this process has open: closing it would let go SQLite's locks.
    """
    try:
        with open_to_read(path, follow=True) as file:
            return is_sealed(file.read(HEADER_BYTES))
    except FileNotFoundError:
        return False


def _make(path: Path, ring: Keyring | None) -> None:
    if ring is None:
        make_private(path)
    elif not check_database(path) or os.stat(path).st_size == 0:  # of a crash while it was made
        write_atomically(Path(os.path.realpath(path)), empty_database(ring.newest), mode=0o600)


@lru_cache(maxsize=32)
def _vfs(ring: Keyring | None, lenient: bool) -> SealedVfs | None:
    try:
        return SealedVfs(ring, lenient=lenient)
    except (KeyFileError, MemoryError, OSError):
        if ring is not None:
            raise
        return None


def _refuse_sealed(path: Path) -> None:
    """Where SQLite cannot be asked; see ``is_sealed_database``."""
    if is_sealed_database(path):
        with open_to_read(path, follow=True) as file:
            keys_for(str(path), key_id_of(file.read(PAGE_BYTES)))
