# SPDX-License-Identifier: Apache-2.0
"""A virtual file system (VFS) of SQLite whose pages are sealed on their way to disk and back.

SQLite asks its VFS for every read and write (https://sqlite.org/vfs.html). This one has the
platform's own open a file and puts two functions of ours in the place of its read and write; locks,
syncs, sizes and shared memory stay the platform's. So transactions, the write-ahead log and what
they promise after a crash are SQLite's own, whatever the tables are.

- the database and its log: sealed page by page, see ``pages``;
- temporary files of statements: encrypted with a key that nobody keeps;
- a rollback journal, which a database in write-ahead mode never has, is refused.

A function of ours that is interrupted by an exception of a signal handler before its first line
could not tell SQLite: a process that writes has handlers that raise nothing, as those of
``privcv_core.node`` are. What it raises itself becomes an error of the disk; see ``last_error``.
"""

import atexit
import ctypes
import itertools
import os
import threading
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from typing import Any

from privcv_core.at_rest.files_of_sqlite import SealedFile, TemporaryFile
from privcv_core.at_rest.keys import Keyring
from privcv_core.at_rest.pages import HEADER_BYTES, MAGIC, is_sealed
from privcv_core.errors import KeyFileError

_OK, _IO_ERROR, _CANTOPEN = 0, 10, 14
_MAIN_DB, _TEMP_DB, _TRANSIENT_DB = 0x100, 0x200, 0x400
_MAIN_JOURNAL, _TEMP_JOURNAL, _SUBJOURNAL, _SUPER_JOURNAL = 0x800, 0x1000, 0x2000, 0x4000
_WAL = 0x80000
_TEMPORARY = _TEMP_DB | _TRANSIENT_DB | _TEMP_JOURNAL | _SUBJOURNAL

_Read = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Close = CFUNCTYPE(c_int, c_void_p)
_Size = CFUNCTYPE(c_int, c_void_p, POINTER(c_int64))
# The name as an address: the platform keeps it, so it has to be SQLite's own, not a copy.
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)


class _Methods(Structure):
    """``sqlite3_io_methods``, version 2: without mapped pages, which nothing could open."""

    _fields_ = [
        ("version", c_int),
        *[(name, c_void_p) for name in ("close", "read", "write", "truncate", "sync", "size")],
        *[(f"other_{number}", c_void_p) for number in range(10)],
    ]


class _File(Structure):
    _fields_ = [("methods", POINTER(_Methods))]


class _Vfs(Structure):
    _fields_ = [
        *[(name, c_int) for name in ("version", "file_bytes", "longest_path")],
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        *[(f"other_{number}", c_void_p) for number in range(14)],
    ]


class SealedVfs:
    """The VFS of one set of keys, registered with SQLite under ``name`` for as long as we run.

    ``ring`` None: what is sealed is refused, the rest opened. ``lenient``: damaged pages are opened
    as far as they can be, to rescue what is whole. Raises ``KeyFileError`` where this Python's
    SQLite cannot be reached.
    """

    _numbers = itertools.count(1)
    _kept: "list[SealedVfs]" = []  # noqa: RUF012 SQLite holds their addresses until the process ends

    def __init__(self, ring: Keyring | None, *, lenient: bool = False) -> None:
        self.name = f"privcv-sealed-{next(self._numbers)}"
        self.last_error: BaseException | None = None
        self._ring, self._lenient = ring, lenient
        self._files: dict[int, SealedFile | TemporaryFile] = {}
        self._clear: set[bytes] = set()
        self._opened = threading.local()
        self._tables: dict[int, _Methods] = {}
        library = _library()
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        self._platform = library.sqlite3_vfs_find(None)
        self._platform_open = _Open(self._platform.contents.open)
        self._functions = (_Open(self._open), _Read(self._read), _Read(self._write))
        self._vfs = _Vfs.from_buffer_copy(self._platform.contents)
        self._vfs.next = None
        self._vfs.name = self.name.encode()
        self._vfs.open = ctypes.cast(self._functions[0], c_void_p)
        library.sqlite3_vfs_register(ctypes.byref(self._vfs), 0)
        self._nothing = ctypes.cast(library.sqlite3_libversion_number, c_void_p)
        self._kept.append(self)
        atexit.register(self._end)

    def is_clear(self) -> bool:
        """Whether the database that this thread opened last is in the clear."""
        return getattr(self._opened, "is_clear", False)

    def refused(self) -> bytes | None:
        """The id of the key that the database has which this thread could not open just now."""
        return getattr(self._opened, "refused", None)

    def _end(self) -> None:
        """Have SQLite see errors from now on, before the interpreter forgets our functions.

        It closes what is open only after that, and would take whatever came back for success. So
        its log stays as it is, as after a crash. A function of its own is put in their place that
        takes no argument and never returns 0, which is success.
        """
        self._vfs.open = self._nothing
        for table in self._tables.values():
            table.read = table.write = self._nothing

    def _open(
        self, vfs: int, address: int | None, file: int, flags: int, out_flags: int | None
    ) -> int:
        try:
            name = ctypes.string_at(address) if address else b""
            is_journal = flags & (_MAIN_JOURNAL | _SUPER_JOURNAL)
            if is_journal and name.removesuffix(b"-journal") not in self._clear:
                return _CANTOPEN
            platform = ctypes.cast(self._platform, c_void_p).value
            code = int(self._platform_open(platform, address, file, flags, out_flags))
            return self._wrap(name, file, flags) if code == _OK else code
        except BaseException as error:
            return self._failed(error)

    def _wrap(self, name: bytes, file: int, flags: int) -> int:
        """Give an open file our read and write, where it is one of those that are sealed."""
        handle = ctypes.cast(file, POINTER(_File)).contents
        original = handle.methods
        table = original.contents
        read, write = _Read(table.read), _Read(table.write)
        if flags & _TEMPORARY:
            self._files[file] = TemporaryFile(file, read, write)
        elif flags & _MAIN_DB:
            database = SealedFile(file, read, write, self._ring, lenient=self._lenient)
            size = c_int64()
            _Size(table.size)(file, ctypes.byref(size))
            known, unknown = database.keys_of_pages(size.value)
            # A header that is damaged does not put the rest in the clear.
            header = database.raw(0, HEADER_BYTES)
            sealed = known or is_sealed(header)
            self._opened.refused = None
            self._opened.is_clear = not sealed and header.startswith(MAGIC)
            (self._clear.discard if sealed else self._clear.add)(name)
            if not sealed:
                return _OK
            if not known:
                _Close(table.close)(file)
                handle.methods = POINTER(_Methods)()
                self._opened.refused = unknown
                return _CANTOPEN
            self._files[file] = database
        elif flags & _WAL and name.removesuffix(b"-wal") not in self._clear:
            self._files[file] = SealedFile(
                file, read, write, self._ring, lenient=self._lenient, is_log=True
            )
        else:
            return _OK
        key = ctypes.addressof(table)
        if key not in self._tables:
            ours = _Methods.from_buffer_copy(table)
            ours.version = min(table.version, 2)
            ours.read = ctypes.cast(self._functions[1], c_void_p)
            ours.write = ctypes.cast(self._functions[2], c_void_p)
            self._tables[key] = ours
        handle.methods = ctypes.pointer(self._tables[key])
        return _OK

    def _read(self, file: int, buffer: int, amount: int, offset: int) -> int:
        try:
            return self._files[file].read(buffer, amount, offset)
        except BaseException as error:
            return self._failed(error)

    def _write(self, file: int, buffer: int, amount: int, offset: int) -> int:
        try:
            return self._files[file].write(ctypes.string_at(buffer, amount), offset)
        except BaseException as error:
            return self._failed(error)

    def _failed(self, error: BaseException) -> int:
        self.last_error = error
        if isinstance(error, KeyboardInterrupt):
            import _thread

            _thread.interrupt_main()  # again, once SQLite has returned
        return _IO_ERROR


def _library() -> Any:
    """The library of SQLite that the module ``sqlite3`` of this Python calls."""
    import _sqlite3

    try:
        library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        for name in ("sqlite3_vfs_find", "sqlite3_vfs_register"):
            getattr(library, name)
    except (OSError, AttributeError) as error:
        raise KeyFileError(
            "at_rest_key: the SQLite of this Python cannot be reached, so that its files cannot be "
            "encrypted: use a Python whose sqlite3 is linked to libsqlite3, as those of Debian and "
            f"Ubuntu are ({os.path.basename(str(error))[:60]})"
        ) from error
    return library
