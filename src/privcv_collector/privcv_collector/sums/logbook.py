# SPDX-License-Identifier: Apache-2.0
"""The transparency log of a collector: what waits in the queue becomes entries, a checkpoint states
them each minute or as it is set, and witnesses cosign it."""

import logging
import threading
from collections.abc import Callable, Mapping

from sqlalchemy import Engine

from privcv_across.errors import LogError
from privcv_across.transparency.checkpoint_note import TreeHead, cosigned_at
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.log_file import LogWriter
from privcv_across.transparency.log_proof import LogProof
from privcv_across.transparency.policy import Policy
from privcv_across.transparency.signed_note import NoteKey, NoteSignature, SignedNote
from privcv_across.transparency.witness import AddCheckpoint
from privcv_collector.errors import CollectorError
from privcv_collector.storage.database import writing
from privcv_collector.sums.log_queue import (
    count_numbered,
    number_entries,
    number_of,
    numbered_entries,
)
from privcv_collector.sums.settings import LogSettings
from privcv_core.errors import PrivcvError
from privcv_core.files.folder import make_folder
from privcv_core.files.input_file import read_input
from privcv_core.protocol.person_keys import load_key

_log = logging.getLogger(__name__)

AskWitness = Callable[[str, AddCheckpoint], NoteSignature | int]
"""(address, request) -> its cosignature, or the size that it cosigned last; ``CollectorError``."""


class Logbook:
    """One process at a time writes the log; others of the same collector wait for it to end."""

    def __init__(self, engine: Engine, settings: LogSettings, ask: AskWitness) -> None:
        """Raises ``PrivcvError`` naming the file that cannot be used."""
        self._engine, self._settings, self._ask = engine, settings, ask
        self._key = load_key(settings.key)
        self._policy = _policy(settings)
        self._writer: LogWriter | None = None
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._next = 0.0
        make_folder(settings.folder, 0o700)

    def write(self, now: float) -> None:
        """Write what waits, and from time to time a checkpoint that witnesses are asked to cosign.

        Raises ``LogError`` for a log that cannot be continued, and ``SQLAlchemyError``.
        """
        with self._lock:
            writer = self._opened()
            while True:
                with writing(self._engine).begin() as connection:
                    number_entries(connection)
                with self._engine.connect() as connection:
                    entries = numbered_entries(connection, len(writer))
                    self._check_length(writer, count_numbered(connection))
                if not entries:
                    break
                writer.append(entries)
            if now < self._next:
                return
            note = writer.checkpoint()
            self._next = now + self._settings.checkpoint_every_s
            for address in self._settings.witnesses:
                self._cosigned(writer, note, address)

    def checkpoint(self) -> SignedNote:
        """The newest one; raises ``LogError`` where this process does not write the log."""
        with self._lock:
            return self._held().newest

    def prove(self, entry: LogEntry) -> LogProof | None:
        """That ``entry`` is in the log; ``None`` as long as no checkpoint states it.

        Raises ``LogError`` where this process does not write the log.
        """
        with self._lock:
            writer = self._held()
            with self._engine.connect() as connection:
                number = number_of(connection, entry)
            if number is None or number >= TreeHead.parse(writer.newest.text).size:
                return None
            return writer.prove(number)

    def close(self) -> None:
        """Let the log go."""
        with self._lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _opened(self) -> LogWriter:
        if self._writer is None:
            settings = self._settings
            self._writer = LogWriter(settings.folder, settings.origin, self._key)
        return self._writer

    def _held(self) -> LogWriter:
        if self._writer is None:
            raise LogError("log: another process of this collector writes it; ask that one")
        return self._writer

    def _check_length(self, writer: LogWriter, numbered: int) -> None:
        if len(writer) > numbered:
            raise LogError(
                f"{self._settings.folder}: has more entries than the database knows of: the "
                "database was put back from an older copy; begin a new log, under another name"
            )

    def _cosigned(self, writer: LogWriter, note: SignedNote, address: str) -> None:
        try:
            found = self._ask(address, writer.request_to_witness(self._sizes.get(address, 0)))
            if isinstance(found, int):  # it cosigned more, or less, than we remember
                self._sizes[address] = found
                found = self._ask(address, writer.request_to_witness(found))
            if isinstance(found, int):
                raise CollectorError(f"{address}: asks for {found} entries again")
            signed = SignedNote(note.text, (*note.signatures, found))
            if not any(cosigned_at(signed, one) for one in self._policy.values()):
                raise CollectorError(f"{address}: cosigned with a key that the policy has not")
        except PrivcvError as error:
            _log.warning("the log's checkpoint was not cosigned: %s", error)
            return
        writer.add_cosignature(found)
        self._sizes[address] = TreeHead.parse(note.text).size


def _policy(settings: LogSettings) -> Mapping[str, NoteKey]:
    if settings.policy is None:
        return {}
    try:
        text = read_input(settings.policy, 1 << 20).decode("utf-8", "replace")
    except OSError as error:
        raise CollectorError(f"{settings.policy}: cannot be read: {error.strerror}") from error
    return Policy.parse(text).witnesses
