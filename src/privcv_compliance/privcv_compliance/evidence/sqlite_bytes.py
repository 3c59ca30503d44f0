# SPDX-License-Identifier: Apache-2.0
"""Bytes of SQLite files that no query shows: behind the end, free pages, the log and its index.

A query shows rows. A picture can lie behind the last page, on a page that is free, in the space
between rows, in frames of the write-ahead log that are not in force, or in its index. Here every
byte of the three files is looked at (https://sqlite.org/fileformat2.html): what is structure has to
be structure; the rest has to be what our rows leave behind, which is text with few other bytes.
"""

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from privcv_compliance.evidence.plain_text import has_data
from privcv_core.at_rest.keys import Keyring, keys_in_use
from privcv_core.at_rest.pages import DamagedPage, is_sealed, open_page
from privcv_core.errors import KeyFileError
from privcv_core.files.regular_file import open_to_read

LONGEST_STRETCH = 256
"""Most bytes without a piece of text or of zeros that our rows leave: three digests and numbers."""

LONGEST_NAMES = 150
"""More letters in a row than the texts of one row have."""

_CALM = re.compile(rb"\0{8,}|[A-Za-z0-9\"{}:,._|/+\- \[\]()\n]{8,}")
_LONG_WORD = re.compile(rb"[A-Za-z0-9+/=_-]{40,}")
_NUMBERS = re.compile(rb"[0-9, ]{800,}|(?:[%=\\]x?[0-9A-Fa-f]{2}){16,}")
_PRINTABLE = re.compile(rb"[ -~]{128,}")
_SIGNS = re.compile(rb"[!#$%&*@^~<>?;=`\\]")
_CHILDREN = re.compile(rb"(?:\0[\0-\xff]{3}[\x80-\xff]{0,8}[\0-\x7f]){4,}", re.DOTALL)
_LOG_MAGIC = (0x377F0682, 0x377F0683)
_LOG_HEADER, _FRAME_HEADER = 32, 24
_INDEX_BLOCK, _INDEX_HEADER, _INDEX_VERSION = 32768, 136, 3007000
_MOST_PAGES = 1 << 24
_LEAF_OR_INDEX = {2: 12, 10: 8, 13: 8}  # type of a b-tree page -> bytes of its header
_TABLE_INTERIOR = 5


def strange_in_database(path: Path) -> Iterator[str]:
    """What the file ``path`` holds besides pages such as we write. Raises ``OSError``."""
    with open_to_read(path, follow=True) as file:
        header = file.read(100)
        if not header:
            return  # empty: all that it holds is in its log
        if header[:16] != b"SQLite format 3\0":
            yield "it is not a database"
            return
        if any(header[72:92]):
            yield "bytes in a reserved part of its header"
        page_bytes = _page_bytes(int.from_bytes(header[16:18], "big"))
        file.seek(0)
        sealed = _keys(path, header)
        pages = int.from_bytes(header[28:32], "big")
        number = 0
        while page := file.read(page_bytes):
            number += 1
            if number > pages:
                behind = len(page) + len(file.read())
                yield f"{behind} bytes behind its last page"
                return
            if _is_strange(_opened(number, page, sealed), 100 if number == 1 else 0):
                yield f"bytes on page {number} that no row of ours leaves"


def strange_in_log(path: Path) -> Iterator[str]:
    """What the write-ahead log ``path`` holds besides such pages. Raises ``OSError``."""
    with open_to_read(path) as file:
        header = file.read(_LOG_HEADER)
        if not header:
            return
        if len(header) < _LOG_HEADER or int.from_bytes(header[:4], "big") not in _LOG_MAGIC:
            yield "it is not a write-ahead log"
            return
        database = path.with_name(path.name.removesuffix("-wal"))
        with open_to_read(database, follow=True) as beside:
            sealed = _keys(database, beside.read(100))
        yield from _strange_frames(file, _page_bytes(int.from_bytes(header[8:12], "big")), sealed)


def _keys(path: Path, header: bytes) -> Keyring | None:
    """The keys to look with at the pages of a sealed database. Raises ``KeyFileError``."""
    if not is_sealed(header):
        return None
    ring = keys_in_use()
    if ring is None:
        raise KeyFileError(f"{path}: is encrypted; name the key file (at_rest_key)")
    return ring


def _opened(number: int, page: bytes, sealed: Keyring | None) -> bytes:
    """A page as SQLite sees it; one that does not open as it lies there, which is strange."""
    try:
        return open_page(sealed, number, page) if sealed else page
    except DamagedPage:
        return page


def _strange_frames(file: IO[bytes], page_bytes: int, sealed: Keyring | None) -> Iterator[str]:
    number = 0
    while frame := file.read(_FRAME_HEADER + page_bytes):
        number += 1
        if len(frame) < _FRAME_HEADER + page_bytes:
            yield f"{len(frame)} bytes behind its last frame"
            return
        page_number, pages = struct.unpack(">II", frame[:8])
        if not 0 < page_number <= _MOST_PAGES or pages > _MOST_PAGES:
            yield f"frame {number} is none"
        elif _is_strange(
            _opened(page_number, frame[_FRAME_HEADER:], sealed), 100 if page_number == 1 else 0
        ):
            yield f"bytes in frame {number} that no row of ours leaves"


def strange_in_index(path: Path) -> Iterator[str]:
    """What the index ``path`` (``-shm``) of a log holds besides numbers. Raises ``OSError``."""
    with open_to_read(path) as file:
        number = 0
        while block := file.read(_INDEX_BLOCK):
            if len(block) < _INDEX_BLOCK:
                yield f"{len(block)} bytes behind its last block"
                return
            begin = _INDEX_HEADER if number == 0 else 0
            version = struct.unpack("=I", block[:4])[0]
            if number == 0 and version not in (0, _INDEX_VERSION):
                yield "it is not the index of a write-ahead log"
            places = struct.unpack(f"={(16384 - begin) // 4}I", block[begin:16384])
            hashes = struct.unpack("=8192H", block[16384:])
            if max(places) > _MOST_PAGES or max(hashes) > 4096:
                yield f"bytes in block {number + 1} that are no places of pages"
            number += 1


def _is_strange(page: bytes, begin: int) -> bool:
    left = _without_structure(page, begin)
    return _longest_stretch(left) > LONGEST_STRETCH or _has_long_word(left)


def _has_long_word(content: bytes) -> bool:
    """Whether there is what is text and no word of ours: two names beside each other are shorter
    than ``LONGEST_NAMES``, none is as mixed as Base64, and texts are full of no signs."""
    if _NUMBERS.search(content) or any(
        len(_SIGNS.findall(run)) > len(run) / 12 for run in _PRINTABLE.findall(content)
    ):
        return True
    for found in _LONG_WORD.finditer(content):
        word = found[0].decode("ascii")
        if len(word) >= LONGEST_NAMES or has_data(word, LONGEST_NAMES):
            return True
    return False


def _longest_stretch(content: bytes) -> int:
    """Length of the longest piece without text or zeros."""
    longest = last = 0
    for calm in _CALM.finditer(content):
        longest = max(longest, calm.start() - last)
        last = calm.end()
    return max(longest, len(content) - last)


def _without_structure(page: bytes, begin: int) -> bytes:
    """The page, zeros in the place of what is structure and fits together."""
    left = bytearray(page)
    left[:begin] = bytes(begin)
    kind = page[begin]
    cells = int.from_bytes(page[begin + 3 : begin + 5], "big")
    if kind in _LEAF_OR_INDEX or kind == _TABLE_INTERIOR:
        first = begin + _LEAF_OR_INDEX.get(kind, 12)
        end = first + 2 * cells
        if end <= len(page):
            pointers = struct.unpack(f">{cells}H", page[first:end])
            if all(end <= pointer < len(page) for pointer in pointers):
                while end + 2 <= len(page) and first < _number(page, end) < len(page):
                    end += 2  # of cells that moved to another page
                left[begin:end] = bytes(end - begin)
                if kind != _TABLE_INTERIOR:
                    return bytes(left)
                _clear_children(left, pointers)
                return _CHILDREN.sub(lambda found: bytes(len(found[0])), bytes(left))
    head, leaves = struct.unpack(">II", page[:8])
    if head <= _MOST_PAGES and 0 < leaves <= len(page) // 4 - 2:  # of the list of free pages
        numbers = struct.unpack(f">{leaves}I", page[8 : 8 + 4 * leaves])
        if all(0 < number <= _MOST_PAGES for number in numbers):
            left[: 8 + 4 * leaves] = bytes(8 + 4 * leaves)
    return bytes(left)


def _clear_children(left: bytearray, pointers: tuple[int, ...]) -> None:
    for pointer in pointers:
        if 0 < int.from_bytes(left[pointer : pointer + 4], "big") <= _MOST_PAGES:
            length = 4
            while left[pointer + length : pointer + length + 1] > b"\x7f" and length < 12:
                length += 1
            left[pointer : pointer + length + 1] = bytes(len(left[pointer : pointer + length + 1]))


def _number(page: bytes, place: int) -> int:
    return int.from_bytes(page[place : place + 2], "big")


def _page_bytes(stated: int) -> int:
    size = 65536 if stated == 1 else stated
    return size if 512 <= size <= 65536 else 4096
