# SPDX-License-Identifier: Apache-2.0
"""The audit log: append-only, hash-chained, on disk before ``append`` returns.

::

    log = AuditLog(AuditSettings(folder="/var/lib/privcv/audit"), "lobby.detection")
    log.append("frames", camera="lobby", frames=600, wiped=600, seconds=60.0)

Every writer, that is every node, has a chain of its own, so writers never wait for one another
and a process can be denied the files of the others. A lock refuses a second writer of a chain.
Where an entry cannot be made durable ``append`` raises ``AuditLogError``, and whoever
processes personal data must stop (fail closed).

A chain alone shows an edit, a deletion and a change of order. That its end was cut off, or cut
off and written anew, shows only against checkpoints kept elsewhere: see ``checkpoints``.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from privcv_core.at_rest.sealed_text import seal
from privcv_core.audit.chain_lock import lock_chain
from privcv_core.audit.device_age import device_age_s
from privcv_core.audit.entry import (
    CHAIN_NAME,
    VERSION,
    AuditLogError,
    Entry,
    Head,
    make_entry,
)
from privcv_core.audit.events import MAX_TEXT, WORDS, Fact, check_facts
from privcv_core.audit.files import (
    full_file,
    full_files,
    growing_file,
    own_folder,
    place_of,
)
from privcv_core.audit.resumed import Resumed, before_growing, resume
from privcv_core.audit.retention import DAY_S, SHARE, OutdatedFile, outdated
from privcv_core.audit.settings import AuditSettings
from privcv_core.files.folder import remove, rename, sync_folder
from privcv_core.files.regular_file import make_regular, open_regular
from privcv_core.masking import mask
from privcv_core.protocol.timestamps import from_ns, parse_iso8601, rfc3339_milli

__all__ = ["AuditLog", "AuditLogError", "AuditSettings", "Entry", "Head"]


class AuditLog:
    """The one writer of ``chain``. Raises ``AuditLogError`` where the log cannot be continued.

    ``clock`` gives the wall-clock time in ns since the epoch: it is only noted. ``monotonic``, s,
    counts how long writers of the chain have run: by that the log ages. ``wait_s`` is how long to
    wait for another writer of the same chain to close it. ``of_device``: a chain that is written
    for moments ages by the running time of the device, see ``device_age_s``. ``needs``: the
    first entry that must not be deleted yet, whatever its age. ``place``: where the chain lies, if
    not in this user's own folder.
    """

    def __init__(
        self,
        settings: AuditSettings,
        chain: str,
        *,
        clock: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
        wait_s: float = 0.0,
        of_device: bool = False,
        needs: Callable[[], int] | None = None,
        place: Path | None = None,
    ) -> None:
        if not CHAIN_NAME.fullmatch(chain):
            raise ValueError(f"'{chain}' is not a name of an audit chain")
        self.chain = chain
        self.settings = settings
        self._folder = place or own_folder(settings.folder)
        self._path = growing_file(self._folder, chain)
        self._clock = clock
        self._monotonic = monotonic
        self._opened_s = monotonic()
        self._mutex = threading.Lock()
        self._file: int | None = None
        self._head: Head
        self._last_event: str
        self._last_time: str
        self._ran_before_s: int
        self._first: int
        self._first_s: int | None
        self._size: int
        self._stand(Resumed())
        self._needs = needs
        self._lock: int | None = lock_chain(self._folder, chain, wait_s)
        try:
            torn_bytes = self._open()
            if of_device:
                age_s = device_age_s(settings.folder, self._ran_before_s, self._passed_s())
                self._ran_before_s = max(self._ran_before_s, age_s)
            if torn_bytes:
                self.append("log.repaired", bytes=torn_bytes)
            if self._head.sequence == 0:
                self.append("log.opened", version=VERSION)
        except BaseException:
            self.close()
            raise

    @property
    def last_event(self) -> str:
        """The event of the last entry; empty where there is none yet."""
        return self._last_event

    @property
    def head(self) -> Head:
        """The last entry on disk."""
        return self._head

    def append(self, event: str, **facts: Fact) -> Entry:
        """Write one entry and wait until it is on disk.

        Raises ``AuditLogError`` where that fails: nothing more may be processed then. Raises
        ``ValueError`` for an event or a fact that ``events`` does not know.
        """
        facts = {name: _masked(name, value) for name, value in facts.items()}
        check_facts(event, facts)
        with self._mutex:
            if self._file is None:
                raise AuditLogError(f"{self._path}: audit log is closed after a failure")
            try:
                self._make_room()
                return self._write(event, facts)
            except (OSError, ValueError) as error:
                # What the disk holds is not known now; only opening the log again tells.
                self._close_file()
                raise AuditLogError(
                    f"{self._path}: audit log cannot be written, so processing stops: "
                    f"{getattr(error, 'strerror', None) or error}"
                ) from error

    def close(self) -> None:
        """Let another writer have the chain."""
        self._close_file()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> "AuditLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, event: str, facts: dict[str, Fact]) -> Entry:
        now = rfc3339_milli(from_ns(self._clock()))
        entry = make_entry(self.chain, self._head, now, event, facts, self._running_s())
        line = seal(place_of(self.chain), entry.line()[:-1]) + b"\n"
        file = self._own_file()
        if os.write(file, line) != len(line):
            raise OSError(28, "No space left on device")
        os.fsync(file)
        self._size += len(line)
        if self._first_s is None:
            self._first_s = entry.running_s
        self._head = entry.head
        self._last_event = event
        return entry

    @property
    def running_s(self) -> int:
        """For how long writers of this chain have run, s, this one included."""
        return self._running_s()

    def _running_s(self) -> int:
        """For how long writers of this chain have run, s, as far as entries on disk tell."""
        return self._ran_before_s + int(self._monotonic() - self._opened_s)

    def _own_file(self) -> int:
        """The open file, after a look that it is still the one on disk, and as long as we left it.

        Somebody who moves, cuts or writes the file under a running process stops it.
        """
        assert self._file is not None
        here, there = os.fstat(self._file), os.lstat(self._path)
        if (here.st_ino, here.st_dev, here.st_size) != (there.st_ino, there.st_dev, self._size):
            raise OSError(0, "the file was changed by someone else")
        return self._file

    def keep_house(self) -> int:
        """End what is old enough, without waiting for a next entry; returns how many files went.

        Raises ``AuditLogError`` as ``append``.
        """
        before = set(full_files(self._folder, self.chain))
        with self._mutex:
            try:
                self._make_room()
                if set(full_files(self._folder, self.chain)) == before:
                    self._delete(self._outdated())
                if self._size == 0:  # a chain whose growing file has no entry is no whole one
                    self._write("log.rotated", {"reason": "age"})
            except (OSError, ValueError) as error:
                self._close_file()
                raise AuditLogError(f"{self._path}: cannot be kept: {error}") from error
        return len(before - set(full_files(self._folder, self.chain)))

    def _is_full(self) -> bool:
        """By its size; or by its age, so that also a file that never fills comes to its end."""
        aged_s = 0 if self._first_s is None else self._running_s() - self._first_s
        return self._size >= self.settings.file_bytes or (
            aged_s > self.settings.retain_days * DAY_S // SHARE
        )

    def _outdated(self) -> list[OutdatedFile]:
        full = full_files(self._folder, self.chain)
        old = outdated(full, self._running_s(), self.settings.retain_days)
        needed = self._needs() if old and self._needs else None
        return [file for file in old if needed is None or file.last.sequence < needed]

    def _make_room(self) -> None:
        if not self._is_full():
            return
        self._own_file()
        full = full_files(self._folder, self.chain)
        old = self._outdated()
        kept = sum(path.lstat().st_size for path in full[len(old) :]) + self._size
        if kept + self.settings.file_bytes > self.settings.chain_bytes:
            raise OSError(28, f"the chain has reached chain_bytes ({self.settings.chain_bytes})")
        rename(self._path, full_file(self._folder, self.chain, self._first).name)
        self._close_file()
        self._create(self._head)
        self._delete(old)

    def _delete(self, old: list[OutdatedFile]) -> None:
        for file in old:
            self._write("log.pruned", file.facts())
            remove(file.path)

    def _open(self) -> int:
        """Open the growing file at its end; returns how many bytes of a torn line were cut off."""
        try:
            before = before_growing(self.settings.folder, self.chain, self._path)
            if not os.path.lexists(self._path):
                self._stand(before or Resumed())
                self._create(self._head)
                return 0
            self._file = open_regular(self._path, os.O_RDWR | os.O_APPEND)
            end = resume(before, self.chain, self._path, self._file)
            self._stand(end)
            os.ftruncate(self._file, end.bytes)
            return end.torn_bytes
        except OSError as error:
            raise AuditLogError(
                f"{self._path}: audit log cannot be opened: {error.strerror}"
            ) from error
        except ValueError as error:
            raise AuditLogError(
                f"{self._path}: audit log is damaged: {error}; see 'privcv audit log verify'"
            ) from error

    def _passed_s(self) -> float:
        """Wall time since the last entry, s; 0 where there is none, or where it is no time."""
        try:
            return (from_ns(self._clock()) - parse_iso8601(self._last_time)).total_seconds()
        except (ValueError, TypeError, OverflowError):  # TypeError: without an offset
            return 0.0

    def _stand(self, end: Resumed) -> None:
        self._last_time = end.time
        self._head, self._last_event, self._ran_before_s = end.head, end.last_event, end.ran_s
        self._first, self._first_s, self._size = end.first, end.first_s, end.bytes

    def _create(self, head: Head) -> None:
        self._file = make_regular(self._path, os.O_WRONLY | os.O_APPEND, 0o640)
        sync_folder(self._folder)
        self._head, self._first, self._size = head, head.sequence + 1, 0
        self._first_s = None

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _masked(name: str, fact: Fact) -> Fact:
    """A log is kept, shown and checkpointed: its words name no secret, whoever wrote them."""
    if name not in WORDS or not isinstance(fact, str):
        return fact
    masked = mask(fact)
    return fact if masked == fact else masked[:MAX_TEXT]
