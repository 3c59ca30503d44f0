# SPDX-License-Identifier: Apache-2.0
"""SQLite files in folders that others may write to: made private, and looked at before SQLite is.

SQLite opens its log, index and journal without following links, but takes whatever file stands
there; and of the database itself it follows links.
"""

import errno
import os
from pathlib import Path

from privcv_core.files.regular_file import check_regular, open_regular

SUFFIXES = ("", "-wal", "-shm", "-journal")
"""The database, its write-ahead log, the index of that, and the journal of other modes."""


def make_private(path: Path) -> None:
    """Make ``path`` as 0600 where it is not there; raises ``OSError`` as ``check_database``."""
    if not check_database(path):
        try:
            os.close(open_regular(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600, follow=True))
        except FileExistsError:
            check_database(path)  # another process made it just now


def check_database(path: Path, *, writes: bool = True) -> bool:
    """Whether ``path`` is there. Raises ``OSError`` where it, or what belongs to it, is not right.

    With ``writes`` all of them must be regular files of the expected owner. Links to the database
    are followed where root or this user made them.
    """
    if not path.name:  # '.' and '/', beside which no log of a database could lie
        raise IsADirectoryError(errno.EISDIR, "is a folder")
    found = [
        check_regular(path.with_name(path.name + suffix), writes=writes, follow=not suffix)
        for suffix in SUFFIXES
    ]
    return found[0]
