# SPDX-License-Identifier: Apache-2.0
"""Releases that wait for the collector, in one SQLite file that survives a power cut.

A release is safe here (WAL, ``synchronous=FULL``) before it is acknowledged inside the device. It
leaves in a *batch*: a run of releases under the next number of this device. What a batch holds is
written down before it is sent for the first time, so that each retry carries the same content and
the collector can tell it from a new one. Where much waits, several batches are planned and handed
out in one transaction, and their deliveries recorded in the next, while others are on their way:
after a crash in between, they are sent again, and the collector knows them.

Bounds: where the waiting releases exceed a size or an age, the oldest are dropped and counted. What
is handed out, or was planned before a restart, is kept, because it may have arrived. Age counts the
time that the device runs, so that a clock that jumps throws nothing away.

A row whose digest is wrong goes to quarantine; a file that SQLite cannot read is set aside and
what is whole in it is copied over. A full disk refuses a release, which is then offered again.
"""

import contextlib
import logging
import math
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from privcv_uplink.outbox.batch import Batch, Contents, batch_of
from privcv_uplink.outbox.file import StorageFull
from privcv_uplink.outbox.rows import FIRST_NUMBER, OutboxRows
from privcv_uplink.outbox.state import Planned

logger = logging.getLogger(__name__)

__all__ = ["Batch", "Contents", "Outbox", "StorageFull"]

# What is handed out at once; three such portions are in memory while the uplink catches up.
PORTION_BATCHES = 32
PORTION_BYTES = 2_000_000


class Outbox:
    """One device's outbox. Its methods may be called from any thread.

    ``max_bytes`` bounds the payloads that wait, ``max_age_s`` how long one waits. ``gap_after_s``:
    a release that others followed and that is not offered for this long is counted as missing.
    ``set_aside_s``: for so long what was set aside is kept. All are time that the outbox runs.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int = 256_000_000,
        max_age_s: float = 30 * 86400.0,
        gap_after_s: float = 600.0,
        set_aside_s: float = 30 * 86400.0,
    ) -> None:
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._gap_after_s = gap_after_s
        self._set_aside_s = set_aside_s
        self._file = OutboxRows(path)
        self._confirmed: list[Batch] = []  # delivered, but not yet recorded
        self._arrived: deque[Batch] = deque()  # noted by ``confirm``
        self._handed_out = 0  # planned batches that are with the caller, confirmed ones included
        # What an earlier process planned may have arrived without being recorded.
        plan = self._file.state.plan
        self._planned_before = plan[-1].last if plan else 0

    def keep(self, name: str, value: str) -> None:
        """Write a note down, durably; raises ``StorageFull``."""
        with self._file.transaction():
            self._file.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def kept(self, name: str) -> str | None:
        """The note of this name; raises ``StorageFull``."""
        with self._file.reading():
            rows = self._file.execute("SELECT value FROM notes WHERE name = ?", (name,))
            return next((value.decode("utf-8", "replace") for (value,) in rows), None)

    def close(self) -> None:
        """Record what was delivered and release the file."""
        with contextlib.suppress(StorageFull), self._transaction():
            self._count_arrived()
            self._record()
        self._file.close()

    def accept(self, sequence: int, payload: bytes) -> bool:
        """Store the canonical JSON of a release; True once it is on disk.

        The same one again changes nothing. False where it cannot be stored now: keep it and offer
        it again.
        """
        if sequence <= self._file.state.accepted_through:
            return True
        try:
            with self._transaction():
                self._file.insert(sequence, payload)
                self._keep_house()
        except StorageFull as error:
            logger.error("release %d waits outside the outbox: %s", sequence, error)
            return False
        return True

    def hand_out(self, now: datetime, max_releases: int, max_bytes: int) -> list[Batch]:
        """The batches to send next, in order, after those that were handed out before.

        Empty where nothing waits, or where what waits makes no full batch and others are still on
        their way. Raises ``StorageFull``.
        """
        with self._file.reading():
            self._count_arrived()
            if self._handed_out > len(self._file.state.plan):  # the file was rescued without it
                self._handed_out = len(self._confirmed)
            if batches := self._hand_out_planned():
                return batches
            on_their_way = self._handed_out > len(self._confirmed)
            if on_their_way and not self._full_batch_waits(max_releases, max_bytes):
                return []
        with self._transaction():
            self._record()
            self._keep_house()
            while len(self._file.state.plan) > self._handed_out:
                if batches := self._hand_out_planned():
                    return batches
                self._set_corrupt_aside()
            return self._plan(now, max_releases, max_bytes)

    def confirm(self, batch: Batch) -> None:
        """The collector has ``batch``, the first of those that are on their way. Never waits."""
        self._arrived.append(batch)

    def recall(self) -> None:
        """What was handed out and not confirmed comes back: the next to leave is the head again."""
        with self._file.reading():
            self._count_arrived()
            self._handed_out = len(self._confirmed)

    # What follows is for the head of what was handed out, after the rest has been recalled.

    def renumber(self, sequence: int) -> None:
        """Give the batch on its way the number that the collector expects."""
        with self._transaction():
            self._record()
            self._file.change(first_batch=sequence)

    def date(self, now: datetime) -> None:
        """Give what is planned a new time, because the collector refused the old one."""
        with self._transaction():
            self._record()
            plan = self._file.state.plan
            self._file.change(
                plan=tuple(planned._replace(at=int(now.timestamp())) for planned in plan)
            )

    def shrink(self, releases: int) -> None:
        """Keep only the first ``releases`` of the batch that the collector refused."""
        with self._transaction():
            head = self._only_head()
            rows = list(self._file.payloads(head.first, head.last))[:releases]
            self._file.change(plan=(head._replace(last=rows[-1][0]),))

    def quarantine(self, reason: str, *, in_a_row: bool = True) -> None:
        """Set aside a batch that the collector will never take; its number is used again.

        ``in_a_row``: whether it counts among ``refused_in_a_row``.
        """
        with self._transaction():
            head = self._only_head()
            for sequence, _ in list(self._file.payloads(head.first, head.last)):
                self._file.set_aside(sequence, reason)
            refused = self._file.state.refused_in_a_row + in_a_row
            self._file.change(plan=(), refused_in_a_row=refused)

    def refused_in_a_row(self) -> int:
        """How many batches went to quarantine since one was delivered, restarts included."""
        with self._file.reading():
            self._count_arrived()
            return 0 if self._confirmed else self._file.state.refused_in_a_row

    def end_set_aside(self) -> int:
        """Delete what was set aside for too long; returns how much. Raises ``StorageFull``."""
        with self._transaction():
            try:
                return self._file.end_set_aside(self._set_aside_s)
            except OSError as error:
                raise StorageFull(f"what is set aside cannot be removed: {error}") from error

    def accepted_through(self) -> int:
        """The release up to which all were accepted, since the file was made."""
        return self._file.state.accepted_through

    def record_version(self, digest: bytes, least: int = 1) -> int:
        """The version of the site record with that digest: counted up where it is another one.

        ``least``: that which the collector expects, whose memory may be better than this file's.
        Raises ``StorageFull``.
        """
        with self._transaction():
            before, known = self._file.record_version() or (0, b"")
            version = max(before if known == digest else before + 1, least, 1)
            if (version, digest) != (before, known):
                self._file.set_record_version(version, digest)
            return version

    def contents(self) -> Contents:
        """Counts since the file was made. Raises ``StorageFull`` where it cannot be read."""
        with self._file.reading():
            self._count_arrived()
            state = self._file.state
            confirmed = after = 0
            if self._confirmed:
                after = self._confirmed[-1].last
                # Not the sum of what they held: a rescue may have counted some of it as missing.
                confirmed = self._file.size(self._confirmed[0].first, after)[0]
            return Contents(
                accepted_through=state.accepted_through,
                pending=self._file.pending - confirmed,
                pending_bytes=self._file.pending_bytes,
                oldest_pending=self._file.window_start(after),
                delivered=state.delivered + confirmed,
                dropped=state.given_up,
                quarantined=state.quarantined,
                missing=state.missing,
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction after whose failure it is as before what is delivered and handed out."""
        with self._file.reading():
            before = list(self._confirmed), self._handed_out
            try:
                with self._file.transaction():
                    yield
            except BaseException:
                self._confirmed, self._handed_out = before
                raise

    # What follows runs under the lock.

    def _count_arrived(self) -> None:
        """Count each confirmed batch once; not where the file was rescued and lost its plan."""
        while self._arrived:
            batch, place = self._arrived.popleft(), len(self._confirmed)
            state = self._file.state
            planned = state.plan[place] if place < len(state.plan) else None
            known = planned is not None and planned[:2] == (batch.first, batch.last)
            if known and batch.sequence == state.first_batch + place:
                self._confirmed.append(batch)
                self._handed_out = max(self._handed_out, place + 1)

    def _full_batch_waits(self, max_releases: int, max_bytes: int) -> bool:
        state = self._file.state
        if self._handed_out != len(state.plan):
            return False  # what comes next is planned, but a row of it is corrupt
        after, through = state.plan[-1].last, state.accepted_through
        # The bytes are summed up only where few releases wait.
        return through - after >= max_releases or (
            through > after and self._file.size(after + 1, through)[1] > max_bytes
        )

    def _hand_out_planned(self) -> list[Batch]:
        """A portion of what is planned and not handed out, up to a corrupt row."""
        batches: list[Batch] = []
        size = 0
        while len(batches) < PORTION_BATCHES and size < PORTION_BYTES:
            batch = self._planned(self._handed_out)
            if batch is None:
                break
            self._handed_out += 1
            batches.append(batch)
            size += sum(map(len, batch.body_parts))
        return batches

    def _planned(self, place: int) -> Batch | None:
        """A planned batch; None where there is none, or where a row of it is corrupt."""
        state = self._file.state
        if place >= len(state.plan):
            return None
        planned = state.plan[place]
        payloads: list[bytes] = []
        for _, payload in self._file.payloads(planned.first, planned.last):
            if payload is None:
                return None
            payloads.append(payload)
        return batch_of(state, place, payloads) if payloads else None

    # What follows runs inside a transaction.

    def _plan(self, now: datetime, max_releases: int, max_bytes: int) -> list[Batch]:
        """Write down what a further portion of batches holds, and hand it out."""
        state = self._file.state
        first = state.plan[-1].last + 1 if state.plan else FIRST_NUMBER
        portion: list[dict[int, bytes]] = []
        corrupt: list[int] = []
        size = portion_size = 0
        for sequence, payload in self._file.payloads(first, state.accepted_through):
            if payload is None:
                corrupt.append(sequence)
                continue
            length = len(payload)
            if not portion or len(portion[-1]) == max_releases or size + length > max_bytes:
                if len(portion) == PORTION_BATCHES or portion_size >= PORTION_BYTES:
                    break
                portion.append({})
                size = 0
            portion[-1][sequence] = payload
            size += length
            portion_size += length
        if corrupt:
            self._file.set_aside_corrupt(corrupt[0], corrupt[-1])
        state = self._file.state
        at = int(now.timestamp())
        added = (Planned(min(rows), max(rows), at, state.given_up) for rows in portion)
        self._file.change(plan=(*state.plan, *added))
        first_place, self._handed_out = self._handed_out, len(self._file.state.plan)
        return [
            batch_of(self._file.state, first_place + index, list(rows.values()))
            for index, rows in enumerate(portion)
        ]

    def _record(self) -> None:
        """Remove what was delivered."""
        confirmed, self._confirmed = self._confirmed, []
        if not confirmed:
            return
        self._handed_out -= len(confirmed)
        delivered = self._file.remove(confirmed[0].first, confirmed[-1].last)
        state = self._file.state
        self._file.change(
            first_batch=state.first_batch + len(confirmed),
            plan=state.plan[len(confirmed) :],
            delivered=state.delivered + delivered,
            refused_in_a_row=0,
        )

    def _only_head(self) -> Planned:
        """Record what was delivered and plan no more than the head."""
        self._record()
        self._file.change(plan=self._file.state.plan[:1])
        return self._file.state.plan[0]

    def _set_corrupt_aside(self) -> None:
        head = self._only_head()
        self._file.set_aside_corrupt(head.first, head.last)
        if not self._file.size(head.first, head.last)[0]:  # its number is free again
            self._file.change(plan=())

    def _keep_house(self) -> None:
        self._file.change(running_s=math.ceil(self._file.running_s()))
        self._file.advance_accepted(self._gap_after_s)
        self._enforce_bounds()

    def _enforce_bounds(self) -> None:
        oldest = self._file.oldest(0)
        if oldest is None or self._within_bounds(oldest[1]):
            return
        self._record()
        plan = self._file.state.plan
        before = sum(planned.last <= self._planned_before for planned in plan)
        kept = plan[: max(self._handed_out, before, 1)]
        self._file.change(plan=kept)
        kept_through = kept[-1].last if kept else 0
        dropped = 0
        while oldest := self._file.oldest(kept_through):
            if self._within_bounds(oldest[1]):
                break
            dropped += self._file.remove(oldest[0], oldest[0])
        if dropped:
            logger.error("the outbox is over its bounds: its oldest %d releases dropped", dropped)
            self._file.change(dropped=self._file.state.dropped + dropped)

    def _within_bounds(self, oldest_age_s: float) -> bool:
        fresh = oldest_age_s >= self._file.running_s() - self._max_age_s
        return fresh and self._file.pending_bytes <= self._max_bytes
