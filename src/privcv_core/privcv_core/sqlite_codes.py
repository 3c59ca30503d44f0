# SPDX-License-Identifier: Apache-2.0
"""What kind of error SQLite met: its result code, never a word of its message where it has one."""

import sqlite3

ERROR = 1
"""SQLITE_ERROR: of a known statement, the file's schema is not what it was."""
BUSY = 5
"""SQLITE_BUSY: another connection holds the file."""
READONLY = 8
"""SQLITE_READONLY: the file, or the format that its header names, may only be read."""
FULL = 13
"""SQLITE_FULL: the disk has no room; nothing reached it, and room may come back."""

# Python 3.10 does not tell the code. SQLite's own text of these (sqlite3_errstr) is a constant of
# the library and is not translated; whole texts only, so that no path or name can be mistaken.
_TEXTS = {
    "database is locked": BUSY,
    "attempt to write a readonly database": READONLY,
    "database or disk is full": FULL,
}


def result_code(error: sqlite3.Error) -> int | None:
    """The primary result code of ``error`` (https://sqlite.org/rescode.html), None if unknown."""
    code = getattr(error, "sqlite_errorcode", None)  # from Python 3.11, where SQLite raised it
    return _TEXTS.get(str(error)) if code is None else int(code) & 0xFF
