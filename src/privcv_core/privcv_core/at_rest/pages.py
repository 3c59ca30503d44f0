# SPDX-License-Identifier: Apache-2.0
"""Sealed pages of SQLite: AES-256-GCM in the bytes that SQLite reserves at the end of each page.

A page of ``PAGE_BYTES`` ends with ``RESERVED_BYTES`` that SQLite leaves to others (byte 20 of the
file's header, https://sqlite.org/fileformat2.html): nonce (12), tag (16), id of the key (4). All
before them is encrypted, but for the 100 bytes of the header on page 1, which are authenticated.
Each write draws a new nonce. The number of a page is authenticated too: it opens nowhere else.

In the clear stay the header (page size, number of pages, counters of changes), the numbers of pages
in the write-ahead log and its index, the lengths of the files, and what time each was written.
"""

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privcv_core.at_rest.keys import ID_BYTES, Key, Keyring

PAGE_BYTES = 4096
NONCE_BYTES, TAG_BYTES = 12, 16
RESERVED_BYTES = NONCE_BYTES + TAG_BYTES + ID_BYTES
HEADER_BYTES = 100
FRAME_HEADER_BYTES = 24
_RESERVED_AT = 20
_CHECKSUM_AT = 16
MAGIC = b"SQLite format 3\0"


class DamagedPage(Exception):
    """A page that no key of this process sealed as it is."""


def is_sealed(header: bytes) -> bool:
    """Whether the database that begins with ``header`` has sealed pages."""
    return header.startswith(MAGIC) and header[_RESERVED_AT] == RESERVED_BYTES


def seal_page(key: Key, number: int, page: bytes) -> bytes:
    """The page ``number``, from 1, as it lies on disk."""
    begin = _begin(number)
    nonce = os.urandom(NONCE_BYTES)
    sealed = _gcm(key).encrypt(nonce, page[begin:-RESERVED_BYTES], _place(number, page[:begin]))
    return page[:begin] + sealed[:-TAG_BYTES] + nonce + sealed[-TAG_BYTES:] + key.id


def open_page(ring: Keyring, number: int, page: bytes, *, lenient: bool = False) -> bytes:
    """The inverse; the reserved bytes are zero. Raises ``DamagedPage``.

    ``lenient`` opens also what was damaged: flipped bits of the page are flipped in what it
    returns, for those who rescue rows and judge each by a digest of its own.
    """
    begin, end = _begin(number), len(page) - RESERVED_BYTES
    nonce, tag = page[end : end + NONCE_BYTES], page[end + NONCE_BYTES : -ID_BYTES]
    key = ring.find(page[-ID_BYTES:]) or (ring.newest if lenient else None)
    if key is None:
        raise DamagedPage(number)
    try:
        inner = _gcm(key).decrypt(nonce, page[begin:end] + tag, _place(number, page[:begin]))
    except InvalidTag as error:
        if not lenient:
            raise DamagedPage(number) from error
        # GCM is counter mode; the first block of its stream is for the tag (NIST SP 800-38D, 7).
        counter = modes.CTR(nonce + b"\0\0\0\2")
        inner = (
            Cipher(algorithms.AES(key.derive("pages")), counter).decryptor().update(page[begin:end])
        )
    return page[:begin] + inner + bytes(RESERVED_BYTES)


def empty_database(key: Key) -> bytes:
    """The one page of a sealed database without tables, in write-ahead mode."""
    header = bytearray(HEADER_BYTES)
    header[:16] = MAGIC
    header[16:24] = PAGE_BYTES.to_bytes(2, "big") + bytes([2, 2, RESERVED_BYTES, 64, 32, 32])
    header[24:32] = (1).to_bytes(4, "big") * 2  # changes, pages
    header[44:48] = (4).to_bytes(4, "big")  # format of the schema
    header[56:60] = (1).to_bytes(4, "big")  # UTF-8
    header[92:96] = (1).to_bytes(4, "big")  # the count of pages is that of change 1
    header[96:100] = (3_037_000).to_bytes(4, "big")
    tree = b"\x0d\0\0\0\0" + (PAGE_BYTES - RESERVED_BYTES).to_bytes(2, "big") + b"\0"
    page = bytes(header) + tree
    return seal_page(key, 1, page + bytes(PAGE_BYTES - len(page)))


def mask_frame(key: Key, frame_header: bytes, offset: int) -> bytes:
    """The header of a frame of the log with its checksum masked, or unmasked again.

    The checksum is of the page in the clear, by which a guess of it could be confirmed. The mask is
    one block of AES over the log's salt, which changes with every new log, and the place.
    """
    stream = _block(key, frame_header[8:_CHECKSUM_AT] + offset.to_bytes(8, "big"))
    masked = bytes(a ^ b for a, b in zip(frame_header[_CHECKSUM_AT:], stream, strict=False))
    return frame_header[:_CHECKSUM_AT] + masked


def key_id_of(page: bytes) -> bytes:
    """The id of the key that a page says sealed it."""
    return page[-ID_BYTES:]


def _begin(number: int) -> int:
    return HEADER_BYTES if number == 1 else 0


def _place(number: int, header: bytes) -> bytes:
    return number.to_bytes(8, "big") + header


@lru_cache(maxsize=8)
def _gcm(key: Key) -> AESGCM:
    return AESGCM(key.derive("pages"))


def _block(key: Key, block: bytes) -> bytes:
    # One block of a permutation, used as a pseudorandom function: no message is encrypted so.
    return Cipher(algorithms.AES(key.derive("frames")), modes.ECB()).encryptor().update(block)  # noqa: S305
