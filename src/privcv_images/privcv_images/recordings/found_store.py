# SPDX-License-Identifier: Apache-2.0
"""What was found in a video so far, kept so that a run that was killed goes on where it was.

Looking takes nearly all of the time. A hidden file beside the output holds, frame by frame, what
the detectors said: boxes of people, so it is encrypted (AES-256-GCM) by a key that only whoever
signs has, for one input, settings and version alone, and removed at the end. What was torn off by a
power cut, or belongs to another run, is left out.
"""

import contextlib
import hashlib
import hmac
import json
import secrets
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privcv_core.errors import FileWriteError
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.folder import remove
from privcv_core.files.regular_file import open_to_append, open_to_read
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.signing import SigningKey
from privcv_images.hiding.found import Found
from privcv_images.redactions.redaction import Region
from privcv_perception.detection.detector import Detections

PREFIX = b"privcv found v1\n"
NONCE_BYTES, TAG_BYTES = 12, 16
LONGEST = 1 << 20
KEPT_EVERY = 32
"""Frames that are written together: so many are looked at again at most."""


class FoundStore:
    """What was found in the frames of one video, in their order.

    ``facts``: what makes it the same run. Raises ``FileWriteError``.
    """

    def __init__(self, path: Path, key: SigningKey, facts: Mapping[str, Any]) -> None:
        secret = hmac.digest(key.secret, PREFIX + canonical(dict(facts)), "sha256")
        self._cipher = AESGCM(hashlib.sha256(secret).digest())
        self.path = path
        self.before: list[Found] = []
        """What an earlier run found, from the first frame on."""
        self._count = 0
        self._pending = bytearray()
        kept = self._read()
        write_atomically(path, kept, mode=0o600)
        try:
            self._file: IO[bytes] | None = open_to_append(path, 0o600)
        except OSError as error:
            raise FileWriteError(f"{path}: cannot be written: {error.strerror}") from error

    def add(self, found: Found) -> None:
        """Note what was found in the next frame. Raises ``FileWriteError``."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, _written(found), _place(self._count))
        self._pending += struct.pack(">I", len(sealed)) + sealed
        self._count += 1
        if self._count % KEPT_EVERY == 0:
            self._flush()

    def close(self, *, done: bool) -> None:
        """Keep it for the next run, or, where the output is ``done``, remove it."""
        if self._file is not None:
            if not done:
                with contextlib.suppress(FileWriteError):
                    self._flush()
            self._file.close()
            self._file = None
        if done:
            with contextlib.suppress(OSError):
                remove(self.path)

    def _flush(self) -> None:
        assert self._file is not None
        try:
            self._file.write(self._pending)
            self._file.flush()
        except OSError as error:
            raise FileWriteError(f"{self.path}: cannot be written: {error.strerror}") from error
        self._pending.clear()

    def _read(self) -> bytes:
        """Take in what is whole and ours, and return it as it stands."""
        kept = bytearray()
        try:
            file = open_to_read(self.path)
        except OSError:
            return b""
        with file:
            while len(head := file.read(4)) == 4:
                (length,) = struct.unpack(">I", head)
                sealed = file.read(length) if length <= LONGEST else b""
                if len(sealed) != length or length < NONCE_BYTES + TAG_BYTES:
                    break
                try:
                    content = self._cipher.decrypt(
                        sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(self._count)
                    )
                except InvalidTag:
                    break
                self.before.append(_read_found(content))
                self._count += 1
                kept += head + sealed
        return bytes(kept)


def _place(count: int) -> bytes:
    return struct.pack(">Q", count)


def _written(found: Found) -> bytes:
    content = {
        "stamp_s": found.stamp_s,
        "boxes": found.people.boxes.tolist(),
        "scores": found.people.scores.tolist(),
        "others": [[r.kind, r.left, r.top, r.right, r.bottom, r.track] for r in found.others],
        "sure_faces": list(found.sure_faces),
        "failed": found.failed,
    }
    return json.dumps(content).encode()


def _read_found(content: bytes) -> Found:
    """What ``_written`` wrote: nobody else can have written it."""
    read = json.loads(content)
    boxes = np.array(read["boxes"], np.float32).reshape(-1, 4)
    people = Detections(boxes, np.array(read["scores"], np.float32))
    others = tuple(Region(*one) for one in read["others"])
    return Found(read["stamp_s"], people, others, tuple(read["sure_faces"]), read["failed"])
