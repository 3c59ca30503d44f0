# SPDX-License-Identifier: Apache-2.0
"""A lock (flock) beside a file that one process at a time may have: ``FILE.lock``.

The kernel lets it go however the process ends; the empty file stays.
"""

import fcntl
import os
from pathlib import Path

from privcv_core.files.folder import make_folder
from privcv_core.files.regular_file import open_regular


def hold(path: Path) -> int:
    """Lock ``path`` and return the descriptor whose ``os.close`` lets it go; makes its folder.

    Raises ``BlockingIOError`` where another has it, and ``OSError``.
    """
    make_folder(path.parent, 0o700)
    held = open_regular(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        raise
    return held
