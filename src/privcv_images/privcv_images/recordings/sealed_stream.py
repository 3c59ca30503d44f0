# SPDX-License-Identifier: Apache-2.0
"""Secret parts of many pictures, one after the other, sealed for a custodian who alone opens them.

Beside a video or bag that was redacted with P3 lies ``NAME.p3``: a line that says what it is, a
random number, and a record for each picture: eight bytes by which to find it, its length, and the
secret part by HPKE (RFC 9180), bound to that number, its place, and what the caller binds it to.
The last record holds nothing and is bound to the whole, so that none can be cut off.
"""

import hashlib
import secrets
import struct
from pathlib import Path
from typing import IO

from privcv_across.errors import AcrossError
from privcv_across.messages.basic import HpkeCiphertext
from privcv_across.sealing.hpke import KEY_SIZE, HpkeConfig, HpkeKey
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError
from privcv_images.errors import ImagesError

HEAD = b"privcv p3 stream v1\n"
ID_BYTES, TAG_BYTES = 16, 8
RECORD = struct.Struct(">8sI")
LONGEST_BYTES = 1 << 28
INFO = b"privcv p3 stream v1"
ONLY_KEY = 0
END = b"end"


def sealed_beside(place: Path) -> Path:
    """Where the secret parts of ``place``, a picture, a video or a bag, lie."""
    return place.with_name(f"{place.name}.p3")


class SealedStream:
    """Writes secret parts into ``file``, for the holder of the key ``custodian``.

    Raises ``ImagesError`` for what is no public key.
    """

    def __init__(self, file: IO[bytes], custodian: str) -> None:
        try:
            self._config = HpkeConfig(ONLY_KEY, base64url.decode(custodian))
        except (EnvelopeError, AcrossError, ValueError) as error:
            raise ImagesError(f"redaction.custodian: is no public key: {error}") from error
        self._file, self._id, self._count = file, secrets.token_bytes(ID_BYTES), 0
        file.write(HEAD + self._id)

    def add(self, secret: bytes, bound: bytes) -> None:
        """The secret part of the next picture, which is told by ``bound``; it may be empty."""
        aad = _aad(self._id, self._count, bound)
        self._count += 1
        sealed = b""
        if secret or bound.startswith(END):
            try:
                made = self._config.seal(secret, INFO, aad)
            except AcrossError as error:
                raise ImagesError(f"redaction.custodian: {error}") from error
            sealed = made.encapsulated + made.payload
        self._file.write(RECORD.pack(_tag(bound), len(sealed)) + sealed)

    def end(self, whole: bytes) -> None:
        """Nothing follows; ``whole`` tells the video or bag."""
        self.add(b"", END + whole)


class SealedReader:
    """Reads what ``SealedStream`` wrote. Raises ``ImagesError``, naming ``where``."""

    def __init__(self, file: IO[bytes], key: HpkeKey, where: str) -> None:
        self._file, self._key, self._where = file, key, where
        if file.read(len(HEAD)) != HEAD:
            raise ImagesError(f"{where}: holds no secret parts of a video or bag")
        self._id, self._count = file.read(ID_BYTES), 0
        self._next = self._read()

    def has(self, bound: bytes) -> bool:
        """Whether the next record is that of ``bound``."""
        return self._next is not None and self._next[0] == _tag(bound)

    def next(self, bound: bytes) -> bytes:
        """The secret part of the next picture, ``bound``; empty where nothing was hidden."""
        if not self.has(bound):
            raise ImagesError(f"{self._where}: is cut off, or of another video or bag")
        assert self._next is not None
        sealed = self._next[1]
        aad = _aad(self._id, self._count, bound)
        self._count += 1
        self._next = self._read()
        if not sealed and not bound.startswith(END):
            return b""
        made = HpkeCiphertext(ONLY_KEY, sealed[:KEY_SIZE], sealed[KEY_SIZE:])
        try:
            return self._key.open(made, INFO, aad)
        except (AcrossError, ValueError) as error:
            raise ImagesError(
                f"{self._where}: does not open: it is for another custodian, of another video or "
                "bag, or changed"
            ) from error

    def end(self, whole: bytes) -> None:
        """Check that this was all, of ``whole``."""
        self.next(END + whole)

    def _read(self) -> tuple[bytes, bytes] | None:
        head = self._file.read(RECORD.size)
        if len(head) != RECORD.size:
            return None
        tag, length = RECORD.unpack(head)
        sealed = self._file.read(length) if length <= LONGEST_BYTES else b""
        return (tag, sealed) if len(sealed) == length else None


def _tag(bound: bytes) -> bytes:
    return hashlib.sha256(bound).digest()[:TAG_BYTES]


def _aad(stream: bytes, count: int, bound: bytes) -> bytes:
    return hashlib.sha256(stream + struct.pack(">Q", count) + bound).digest()
