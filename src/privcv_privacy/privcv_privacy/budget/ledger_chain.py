# SPDX-License-Identifier: Apache-2.0
"""The audit chain of a ledger, and the anchor that makes its end known elsewhere.

Each entry is hashed together with the hash of the one before. A chain alone does not show that its
end was cut off, as happens when an old copy of the file is put back; so the last hash is also kept
in an anchor, a file of two slots in another place.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from privcv_core.at_rest.keys import Key
from privcv_core.at_rest.sealed_text import seal, seal_with, unseal
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.folder import make_folder, sync_folder
from privcv_core.files.regular_file import open_regular, read_regular
from privcv_privacy.errors import LedgerError

SLOT_BYTES = 512
PLACE = "anchor of the ledger"
"""Of its slots, where they are sealed."""
HASH_BYTES = 32


@dataclass(frozen=True)
class Link:
    """One end of the chain: an entry's number and its hash. Number 0 is the start of the ledger."""

    sequence: int
    hash: bytes


def first_link(ledger_id: bytes) -> Link:
    """The start of the chain of the ledger that has this random id."""
    return Link(0, hashlib.sha256(b"privcv ledger\0" + ledger_id).digest())


def next_link(
    last: Link, key: str, payload_digest: bytes, affordable: bool, booked_digest: bytes
) -> Link:
    """The chain extended by one entry; digests, so that contents can be pruned."""
    sequence = last.sequence + 1
    parts = [
        last.hash,
        sequence.to_bytes(8, "big"),
        key.encode(),
        payload_digest,
        bytes([affordable]),
        booked_digest,
    ]
    state = hashlib.sha256()
    for part in parts:  # each with its length, so that no two entries read the same
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return Link(sequence, state.digest())


class Anchor:
    """Where the end of the chain is kept, outside of the ledger.

    Two slots are written in turn, in place: a torn write leaves the other, and a full disk cannot
    stop a write that needs no new block.
    """

    def __init__(self, path: Path, ledger_id: bytes) -> None:
        """Open or create the anchor. Raises ``LedgerError`` when it belongs to another ledger."""
        self.path = path
        self._ledger_id = ledger_id
        created = not path.exists()
        try:
            make_folder(path.parent, 0o700)
            self._file = open_regular(path, os.O_RDWR | os.O_CREAT, 0o600, follow=True)
            if created:
                os.pwrite(self._file, b" " * (2 * SLOT_BYTES), 0)
                os.fsync(self._file)
                sync_folder(path.parent)
        except OSError as error:
            raise LedgerError(f"{path}: the anchor cannot be opened: {error.strerror}") from error

    def read(self) -> Link | None:
        """The latest link that was written whole, None for a new anchor."""
        links = []
        for slot in range(2):
            text = os.pread(self._file, SLOT_BYTES, slot * SLOT_BYTES).strip(b" \n\0")
            try:
                text = unseal(PLACE, text)
                content = parse_json(text)
                link = Link(int(content["sequence"]), bytes.fromhex(content["hash"]))
                ledger = bytes.fromhex(content["ledger"])
            except (ValueError, KeyError, TypeError, OverflowError):
                continue  # empty, or torn by a crash: the other slot holds
            if ledger != self._ledger_id:
                raise LedgerError(f"{self.path}: is the anchor of another ledger; restore both")
            links.append(link)
        return max(links, key=lambda link: link.sequence, default=None)

    def write(self, link: Link) -> None:
        """Keep ``link``, durably. Raises ``OSError``."""
        content = {
            "ledger": self._ledger_id.hex(),
            "sequence": link.sequence,
            "hash": link.hash.hex(),
        }
        slot = _slot(seal(PLACE, json.dumps(content).encode()))
        os.pwrite(self._file, slot, (link.sequence % 2) * SLOT_BYTES)
        os.fdatasync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def reseal_anchor(path: Path, key: Key | None) -> None:
    """Rewrite an anchor that nobody uses under ``key``, None: in the clear.

    Raises ``KeyFileError`` and ``FileWriteError``; what is torn in it goes: the other slot holds.
    """
    content = read_regular(path, 2 * SLOT_BYTES)
    slots = []
    for begin in (0, SLOT_BYTES):
        try:
            text = unseal(PLACE, content[begin : begin + SLOT_BYTES].strip(b" \n\0"))
        except ValueError:
            text = b""
        slots.append(_slot(seal_with(key, PLACE, text) if key and text else text))
    write_atomically(Path(os.path.realpath(path)), b"".join(slots), mode=0o600)


def _slot(text: bytes) -> bytes:
    return text.ljust(SLOT_BYTES - 1) + b"\n"
