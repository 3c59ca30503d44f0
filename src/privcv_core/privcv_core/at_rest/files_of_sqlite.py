# SPDX-License-Identifier: Apache-2.0
"""Reads and writes of SQLite's files, through encryption: the database, its log, temporary files.

Each has the platform's own read and write, which take an address, an amount and an offset and
return a result code of SQLite. Offsets and amounts are SQLite's; nothing moves.
"""

import ctypes
import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from privcv_core.at_rest.keys import Keyring
from privcv_core.at_rest.pages import (
    FRAME_HEADER_BYTES,
    HEADER_BYTES,
    PAGE_BYTES,
    DamagedPage,
    key_id_of,
    mask_frame,
    open_page,
    seal_page,
)

Native = Callable[[int, int, int, int], int]
"""file, address, amount, offset -> result code."""

_OK, _CORRUPT, _MISUSE = 0, 11, 21
_SHORT_READ = 522
_LOG_HEADER_BYTES = 32
_FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES
NO_KEYS = Keyring((), "nothing")
_LOOKED_AT = 64
"""So many pages are asked for their key before it is said that there is none of theirs."""


class SealedFile:
    """A database, or with ``is_log`` the write-ahead log of one."""

    def __init__(
        self,
        file: int,
        read: Native,
        write: Native,
        ring: Keyring | None,
        *,
        lenient: bool = False,
        is_log: bool = False,
    ) -> None:
        self._file, self._native_read, self._native_write = file, read, write
        self._ring, self._lenient, self._is_log = ring or NO_KEYS, lenient, is_log

    def raw(self, offset: int, amount: int) -> bytes:
        """What lies there; zeros behind the end."""
        return self._raw(offset, amount)[1]

    def keys_of_pages(self, size: int) -> tuple[bool, bytes]:
        """Whether a page is sealed with a key of this process; and the id that most pages name."""
        last = size // PAGE_BYTES
        ids = [
            key_id_of(self.raw((number - 1) * PAGE_BYTES, PAGE_BYTES))
            for number in {*range(1, min(last, _LOOKED_AT) + 1), *range(last, last + 1)}
            if number
        ]
        return any(self._ring.find(id) for id in ids), max(ids, key=ids.count, default=b"")

    def read(self, buffer: int, amount: int, offset: int) -> int:
        """SQLite's ``xRead``."""
        if self._is_log:
            return self._read_log(buffer, amount, offset)
        if offset + amount <= HEADER_BYTES:
            return self._native_read(self._file, buffer, amount, offset)
        first, skipped = divmod(offset, PAGE_BYTES)
        if skipped + amount > PAGE_BYTES:
            return _MISUSE
        code, page = self._raw(first * PAGE_BYTES, PAGE_BYTES)
        if code not in (_OK, _SHORT_READ):
            return code
        if code == _SHORT_READ:  # behind the end
            ctypes.memmove(buffer, page[skipped:], amount)
            return code
        return self._give(buffer, first + 1, page, skipped, amount)

    def write(self, content: bytes, offset: int) -> int:
        """SQLite's ``xWrite``."""
        if len(content) == PAGE_BYTES:
            if not self._is_log:
                number, at = divmod(offset, PAGE_BYTES)
                sealed = seal_page(self._ring.newest, number + 1, content)
                return _MISUSE if at else self._put(sealed, offset)
            number = self._frame_page(offset - FRAME_HEADER_BYTES)
            return self._put(seal_page(self._ring.newest, number, content), offset)
        if self._is_log and len(content) == _LOG_HEADER_BYTES and offset == 0:
            return self._put(content, offset)
        if self._is_log and len(content) == FRAME_HEADER_BYTES:
            return self._put(mask_frame(self._ring.newest, content, offset), offset)
        return _MISUSE  # a part of a page: nothing that could be sealed

    def _read_log(self, buffer: int, amount: int, offset: int) -> int:
        code, content = self._raw(offset, amount)
        if code != _OK or offset + amount <= _LOG_HEADER_BYTES:
            ctypes.memmove(buffer, content, amount)
            return code
        if amount == PAGE_BYTES:
            number = self._frame_page(offset - FRAME_HEADER_BYTES)
            return self._give(buffer, number, content, 0, amount)
        if amount == _FRAME_BYTES:
            content = self._opened_frame(content, offset)
        elif amount == FRAME_HEADER_BYTES:
            tail = self.raw(offset + FRAME_HEADER_BYTES, PAGE_BYTES)
            content = self._opened_frame(content + tail, offset)[:FRAME_HEADER_BYTES]
        else:
            return _MISUSE
        ctypes.memmove(buffer, content, amount)
        return _OK

    def _opened_frame(self, frame: bytes, offset: int) -> bytes:
        """A frame as SQLite wrote it. A torn one stays as it is: its checksum does not fit then."""
        header, page = frame[:FRAME_HEADER_BYTES], frame[FRAME_HEADER_BYTES:]
        key = self._ring.find(key_id_of(page))
        if key is None:
            return frame
        try:
            opened = open_page(self._ring, int.from_bytes(header[:4], "big"), page)
        except DamagedPage:
            return frame
        return mask_frame(key, header, offset) + opened

    def _frame_page(self, frame_offset: int) -> int:
        return int.from_bytes(self.raw(frame_offset, 4), "big")

    def _give(self, buffer: int, number: int, page: bytes, skipped: int, amount: int) -> int:
        try:
            opened = open_page(self._ring, number, page, lenient=self._lenient)
        except DamagedPage:
            return _CORRUPT
        ctypes.memmove(buffer, opened[skipped : skipped + amount], amount)
        return _OK

    def _raw(self, offset: int, amount: int) -> tuple[int, bytes]:
        content = ctypes.create_string_buffer(amount)
        code = int(self._native_read(self._file, ctypes.addressof(content), amount, offset))
        return code, content.raw

    def _put(self, content: bytes, offset: int) -> int:
        return _put(self._native_write, self._file, content, offset)


class TemporaryFile:
    """A file that SQLite makes for a statement and removes: its key is forgotten with it."""

    def __init__(self, file: int, read: Native, write: Native) -> None:
        self._file, self._native_read, self._native_write = file, read, write
        self._key = os.urandom(32)

    def read(self, buffer: int, amount: int, offset: int) -> int:
        """SQLite's ``xRead``."""
        content = ctypes.create_string_buffer(amount)
        code = int(self._native_read(self._file, ctypes.addressof(content), amount, offset))
        opened = self._stream(content.raw, offset) if code == _OK else content.raw
        ctypes.memmove(buffer, opened, amount)
        return code

    def write(self, content: bytes, offset: int) -> int:
        """SQLite's ``xWrite``."""
        return _put(self._native_write, self._file, self._stream(content, offset), offset)

    def _stream(self, content: bytes, offset: int) -> bytes:
        """Counter mode, its counter the place: the same for sealing and opening."""
        block, skipped = divmod(offset, 16)
        cipher = Cipher(algorithms.AES(self._key), modes.CTR(block.to_bytes(16, "big")))
        return cipher.encryptor().update(bytes(skipped) + content)[skipped:]


def _put(write: Native, file: int, content: bytes, offset: int) -> int:
    held = ctypes.create_string_buffer(content, len(content))
    return int(write(file, ctypes.addressof(held), len(content), offset))
