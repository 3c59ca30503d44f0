# SPDX-License-Identifier: Apache-2.0
"""Releases that wait for the collector, in one SQLite file that survives a power cut.

A release is safe here (WAL, ``synchronous=FULL``) before it is acknowledged inside the device. It
leaves in a *batch*: a run of releases under the next number of this device. What a batch holds is
written down before it is sent for the first time, so that each retry carries the same content and
the collector can tell it from a new one. Where much waits, several batches are planned in one
transaction and their deliveries recorded in the next: after a crash in between, they are sent
again, and the collector knows them.

Bounds: where the waiting releases exceed a size or an age, the oldest are dropped and counted. The
batch on its way is kept, because it may have arrived. Age counts the time that the device runs, so
that a clock that jumps throws nothing away.

A row whose digest is wrong goes to quarantine; a file that SQLite cannot read is set aside and
what is whole in it is copied over. A full disk refuses a release, which is then offered again.
"""

import contextlib
import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from privcv_uplink.envelope import canonical
from privcv_uplink.outbox_file import StorageFull
from privcv_uplink.outbox_rows import OutboxRows

logger = logging.getLogger(__name__)

__all__ = ["Batch", "Contents", "Outbox", "StorageFull"]

PLANNED_BATCHES = 64


@dataclass(frozen=True)
class Batch:
    """Releases ``first`` to ``last`` (``releases`` of them) under one number of this device."""

    sequence: int
    first: int
    last: int
    releases: int
    sent_at: datetime
    body_bytes: bytes


@dataclass(frozen=True)
class Contents:
    """What the outbox holds and has seen, in releases."""

    accepted_through: int
    pending: int
    pending_bytes: int
    oldest_pending: datetime | None
    delivered: int
    dropped: int
    quarantined: int
    missing: int


class Outbox:
    """One device's outbox. Its methods may be called from any thread.

    ``max_bytes`` bounds the payloads that wait, ``max_age_s`` how long one waits. ``gap_after_s``:
    a release that others followed and that is not offered for this long is counted as missing.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int = 256_000_000,
        max_age_s: float = 30 * 86400.0,
        gap_after_s: float = 600.0,
    ) -> None:
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._gap_after_s = gap_after_s
        self._file = OutboxRows(path)
        self._confirmed: list[Batch] = []  # delivered, but not yet recorded
        self._ahead: Batch | None = None

    def close(self) -> None:
        """Record what was delivered and release the file."""
        with contextlib.suppress(StorageFull), self._transaction():
            self._record()
        self._file.close()

    def accept(self, sequence: int, release: Mapping[str, Any]) -> bool:
        """Store a release; True once it is on disk. The same one again changes nothing.

        False where it cannot be stored now: keep it and offer it again.
        """
        if sequence <= self._file.state.accepted_through:
            return True
        payload = canonical(release)
        try:
            with self._file.transaction():
                self._file.insert(sequence, payload)
                self._keep_house()
        except StorageFull as error:
            logger.error("release %d waits outside the outbox: %s", sequence, error)
            return False
        return True

    def head(
        self, now: datetime, max_releases: int, max_bytes: int, done: Batch | None = None
    ) -> Batch | None:
        """The batch to send: the one on its way, or the next; None where nothing waits.

        ``done`` is the batch that was the head until now and that the collector has confirmed.
        Raises ``StorageFull``.
        """
        with self._file.reading():
            if done is not None:
                self._confirm(done)
            if self._confirmed and (batch := self._read_ahead() or self._planned()):
                return batch
        with self._transaction():
            while True:
                if not self._on_its_way():
                    self._record()
                    self._keep_house()
                    if not self._plan(now, max_releases, max_bytes):
                        return None
                if batch := self._planned():
                    return batch
                self._set_corrupt_aside()

    def following(self) -> Batch | None:
        """The batch after the head, if one is planned; read while the head is on its way."""
        with self._file.reading():
            self._ahead = self._planned(1)
            return self._ahead

    def renumber(self, sequence: int) -> None:
        """Give the batch on its way the number that the collector expects."""
        with self._transaction():
            self._record()
            self._file.change(first_batch=sequence)

    def date(self, now: datetime) -> None:
        """Give the batch on its way a new time, because the collector refused the old one."""
        with self._transaction():
            self._record()
            self._file.change(planned_at=int(now.timestamp()))

    def shrink(self, releases: int) -> None:
        """Keep only the first ``releases`` of the batch that the collector refused."""
        with self._transaction():
            first, last = self._only_batch()
            kept = [sequence for sequence, _ in self._file.payloads(first, last)][:releases]
            self._file.change(plan=((first, kept[-1]),))

    def quarantine(self, reason: str) -> None:
        """Set aside a batch that the collector will never take; its number is used again."""
        with self._transaction():
            first, last = self._only_batch()
            for sequence, _ in self._file.payloads(first, last):
                self._file.set_aside(sequence, reason)
            self._file.change(plan=())

    def contents(self) -> Contents:
        """Counts since the file was made. Raises ``StorageFull`` where it cannot be read."""
        with self._file.reading():
            state = self._file.state
            confirmed = sum(batch.releases for batch in self._confirmed)
            after = self._confirmed[-1].last if self._confirmed else 0
            return Contents(
                accepted_through=state.accepted_through,
                pending=self._file.pending - confirmed,
                pending_bytes=self._file.pending_bytes,
                oldest_pending=self._file.window_start(after),
                delivered=state.delivered + confirmed,
                dropped=state.dropped + state.quarantined,
                quarantined=state.quarantined,
                missing=state.missing,
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction after whose failure ``_confirmed`` is as before; for one thread only."""
        confirmed = list(self._confirmed)
        self._ahead = None
        try:
            with self._file.transaction():
                yield
        except BaseException:
            self._confirmed = confirmed
            raise

    def _confirm(self, batch: Batch) -> None:
        """Count ``batch`` as delivered, once; not where the file was rescued and lost its plan."""
        state = self._file.state
        place = len(self._confirmed)
        known = state.plan[place : place + 1] == ((batch.first, batch.last),)
        if known and batch.sequence == state.first_batch + place:
            self._confirmed.append(batch)

    def _on_its_way(self, further: int = 0) -> tuple[int, int] | None:
        """First and last release of the first planned batch that is not confirmed, or a further."""
        plan = self._file.state.plan[len(self._confirmed) + further :]
        return plan[0] if plan else None

    def _read_ahead(self) -> Batch | None:
        """What ``following`` read, where it is now the head."""
        ahead, self._ahead = self._ahead, None
        number = self._file.state.first_batch + len(self._confirmed)
        fits = (
            ahead and ahead.sequence == number and (ahead.first, ahead.last) == self._on_its_way()
        )
        return ahead if fits else None

    def _planned(self, further: int = 0) -> Batch | None:
        """The batch on its way; None where there is none, or where a row of it is corrupt."""
        planned = self._on_its_way(further)
        if planned is None:
            return None
        state = self._file.state
        payloads = []
        for _, payload in self._file.payloads(*planned):
            if payload is None:
                return None
            payloads.append(payload)
        if not payloads:
            return None
        return Batch(
            sequence=state.first_batch + len(self._confirmed) + further,
            first=planned[0],
            last=planned[1],
            releases=len(payloads),
            sent_at=datetime.fromtimestamp(state.planned_at, timezone.utc),
            body_bytes=b'{"dropped":%d,"releases":[%s]}'
            % (state.planned_dropped, b",".join(payloads)),
        )

    # What follows runs inside a transaction.

    def _plan(self, now: datetime, max_releases: int, max_bytes: int) -> bool:
        """Write down what the next batches hold; whether there are any."""
        state = self._file.state
        plan: list[tuple[int, int]] = []
        count = size = 0
        rows = self._file.sizes(state.accepted_through, max_releases * PLANNED_BATCHES)
        for sequence, length in rows:
            if plan and count < max_releases and size + length <= max_bytes:
                plan[-1] = (plan[-1][0], sequence)
            elif len(plan) < PLANNED_BATCHES:
                plan.append((sequence, sequence))
                count = size = 0
            else:
                break
            count += 1
            size += length
        self._file.change(
            plan=tuple(plan),
            planned_at=int(now.timestamp()),
            planned_dropped=state.dropped + state.quarantined + state.missing,
        )
        return bool(plan)

    def _record(self) -> None:
        """Remove what was delivered."""
        confirmed, self._confirmed = self._confirmed, []
        if not confirmed:
            return
        self._file.remove(confirmed[0].first, confirmed[-1].last)
        state = self._file.state
        self._file.change(
            first_batch=state.first_batch + len(confirmed),
            plan=state.plan[len(confirmed) :],
            delivered=state.delivered + sum(batch.releases for batch in confirmed),
        )

    def _only_batch(self) -> tuple[int, int]:
        """Record what was delivered and plan no more than the batch on its way."""
        self._record()
        self._file.change(plan=self._file.state.plan[:1])
        return self._file.state.plan[0]

    def _set_corrupt_aside(self) -> None:
        first, last = self._only_batch()
        whole = False
        for sequence, payload in self._file.payloads(first, last):
            if payload is None:
                self._file.set_aside(sequence, "its digest is wrong")
            whole = whole or payload is not None
        if not whole:  # its number is free again
            self._file.change(plan=())

    def _keep_house(self) -> None:
        self._file.change(running_s=math.ceil(self._file.running_s()))
        self._file.advance_accepted(self._gap_after_s)
        self._enforce_bounds()

    def _enforce_bounds(self) -> None:
        oldest = self._file.oldest(0)
        if oldest is None or self._within_bounds(oldest[1]):
            return
        kept_through = self._only_batch()[1] if self._on_its_way() else 0
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
