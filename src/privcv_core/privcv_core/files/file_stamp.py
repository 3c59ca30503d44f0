# SPDX-License-Identifier: Apache-2.0
"""The stamp of a file: what differs once somebody wrote, replaced, made or removed it."""

import os
from pathlib import Path


def file_stamp(path: Path) -> object:
    """Compare two for equality; None where there is no such file."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.errno
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
