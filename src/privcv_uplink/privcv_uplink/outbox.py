# SPDX-License-Identifier: Apache-2.0
"""Releases that wait for the collector, in one SQLite file that survives a power cut.

A release is safe here (WAL, ``synchronous=FULL``) before it is acknowledged inside the device. It
leaves in a *batch*: a run of releases under the next number of this device. What a batch holds is
written down before it is sent for the first time, so that each retry carries the same content and
the collector can tell it from a new one.

Bounds: where the waiting releases exceed a size or an age, the oldest are dropped and counted. A
batch already formed is kept, because it may have arrived. Age counts the time that the device runs,
so that a clock that jumps throws nothing away.

A row whose digest is wrong goes to quarantine; a file that SQLite cannot read is set aside and
what is whole in it is copied over. A full disk refuses a release, which is then offered again.
"""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from privcv_uplink.envelope import canonical
from privcv_uplink.outbox_file import OutboxFile, StorageFull, digest

logger = logging.getLogger(__name__)

__all__ = ["Batch", "Contents", "Outbox", "StorageFull"]

BATCH_RELEASES = 1000
QUARANTINE_ROWS = 1000


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
        self._file = OutboxFile(path)

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def accept(self, sequence: int, release: Mapping[str, Any]) -> bool:
        """Store a release; True once it is on disk. The same one again changes nothing.

        False where it cannot be stored now: keep it and offer it again.
        """
        if sequence <= self._state["accepted_through"]:
            return True
        payload = canonical(release)
        try:
            with self._file.transaction():
                if self._execute("SELECT 1 FROM releases WHERE sequence = ?", (sequence,)):
                    return True
                self._execute(
                    "INSERT INTO releases VALUES (?, ?, ?, ?)",
                    (sequence, payload, digest(sequence, payload), self._file.running_s()),
                )
                self._file.pending += 1
                self._file.pending_bytes += len(payload)
                self._keep_house()
        except StorageFull as error:
            logger.error("release %d waits outside the outbox: %s", sequence, error)
            return False
        return True

    def head(
        self, now: datetime, max_releases: int, max_bytes: int, done: Batch | None = None
    ) -> Batch | None:
        """The batch to send: the one on its way, or a new one; None where nothing waits.

        ``done`` is a batch that the collector has confirmed; it is removed in the same transaction.
        Raises ``StorageFull``.
        """
        with self._file.transaction():
            if done is not None:
                self._settle(done)
            self._keep_house()
            while self._state["batch"] or self._form(now, max_releases, max_bytes):
                batch = self._load()
                if batch is not None:
                    return batch
                self._free_number()  # every release in it went to quarantine
            return None

    def renumber(self, sequence: int) -> None:
        """Give the batch on its way the number that the collector expects."""
        with self._file.transaction():
            self._state.update(batch=sequence, next_batch=sequence + 1)

    def date(self, now: datetime) -> None:
        """Give the batch on its way a new time, because the collector refused the old one."""
        with self._file.transaction():
            self._state["batch_sent_at"] = int(now.timestamp())

    def shrink(self, releases: int) -> None:
        """Keep only the first ``releases`` of the batch that the collector refused."""
        with self._file.transaction():
            kept = self._execute(
                "SELECT sequence FROM releases WHERE sequence >= ? ORDER BY sequence LIMIT ?",
                (self._state["batch_first"], releases),
            )
            self._state["batch_last"] = kept[-1][0]

    def quarantine(self, batch: Batch, reason: str) -> None:
        """Set aside a batch that the collector will never take; its number is used again."""
        with self._file.transaction():
            rows = self._execute(
                "SELECT sequence FROM releases WHERE sequence BETWEEN ? AND ?",
                (batch.first, batch.last),
            )
            for (sequence,) in rows:
                self._set_aside(sequence, reason)
            self._free_number()

    def contents(self) -> Contents:
        """Counts since the file was made. Raises ``StorageFull`` where it cannot be read."""
        with self._file.transaction():
            oldest = self._execute("SELECT payload FROM releases ORDER BY sequence LIMIT 1")
            return Contents(
                accepted_through=self._state["accepted_through"],
                pending=self._file.pending,
                pending_bytes=self._file.pending_bytes,
                oldest_pending=_window_start(oldest[0][0]) if oldest else None,
                delivered=self._state["delivered"],
                dropped=self._state["dropped"] + self._state["quarantined"],
                quarantined=self._state["quarantined"],
                missing=self._state["missing"],
            )

    # What follows runs inside a transaction.

    @property
    def _state(self) -> dict[str, int]:
        return self._file.state

    def _form(self, now: datetime, max_releases: int, max_bytes: int) -> bool:
        rows = self._execute(
            "SELECT sequence, length(payload) FROM releases WHERE sequence <= ?"
            " ORDER BY sequence LIMIT ?",
            (self._state["accepted_through"], min(max_releases, BATCH_RELEASES)),
        )
        chosen: list[int] = []
        size = 0
        for sequence, length in rows:
            size += length
            if chosen and size > max_bytes:
                break
            chosen.append(sequence)
        if not chosen:
            return False
        given_up = sum(self._state[name] for name in ("dropped", "quarantined", "missing"))
        self._state.update(
            batch=self._state["next_batch"],
            batch_first=chosen[0],
            batch_last=chosen[-1],
            batch_sent_at=int(now.timestamp()),
            batch_dropped=given_up,
            next_batch=self._state["next_batch"] + 1,
        )
        return True

    def _load(self) -> Batch | None:
        first, last = self._state["batch_first"], self._state["batch_last"]
        payloads = []
        rows = self._execute(
            "SELECT sequence, payload, digest FROM releases WHERE sequence BETWEEN ? AND ?"
            " ORDER BY sequence",
            (first, last),
        )
        for sequence, payload, expected in rows:
            if isinstance(payload, bytes) and digest(sequence, payload) == expected:
                payloads.append(payload)
            else:
                self._set_aside(sequence, "its digest is wrong")
        if not payloads:
            return None
        return Batch(
            sequence=self._state["batch"],
            first=first,
            last=last,
            releases=len(payloads),
            sent_at=datetime.fromtimestamp(self._state["batch_sent_at"], timezone.utc),
            body_bytes=b'{"dropped":%d,"releases":[%s]}'
            % (self._state["batch_dropped"], b",".join(payloads)),
        )

    def _settle(self, batch: Batch) -> None:
        self._remove("sequence BETWEEN ? AND ?", (batch.first, batch.last))
        self._state["batch"] = 0
        self._state["delivered"] += batch.releases

    def _free_number(self) -> None:
        self._state.update(next_batch=self._state["batch"], batch=0)

    def _set_aside(self, sequence: int, reason: str) -> None:
        logger.error("release %d is set aside: %s", sequence, reason)
        self._execute(
            "INSERT INTO quarantine (sequence, payload, reason)"
            " SELECT sequence, payload, ? FROM releases WHERE sequence = ?",
            (reason, sequence),
        )
        self._execute(
            "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?",
            (QUARANTINE_ROWS,),
        )
        self._remove("sequence = ?", (sequence,))
        self._state["quarantined"] += 1

    def _keep_house(self) -> None:
        self._state["running_s"] = math.ceil(self._file.running_s())
        self._advance_accepted()
        self._enforce_bounds()

    def _advance_accepted(self) -> None:
        """Move ``accepted_through`` over what is stored without a gap."""
        through = self._state["accepted_through"]
        while True:
            following, age_s = self._execute(
                "SELECT min(sequence), min(CAST(age_s AS REAL)) FROM releases WHERE sequence > ?",
                (through,),
            )[0]
            if following is None:
                break
            if following > through + 1:
                if self._file.running_s() - age_s < self._gap_after_s:
                    break
                if through > 0:  # a new outbox does not know where its device's numbers begin
                    logger.error("releases %d to %d never came", through + 1, following - 1)
                    self._state["missing"] += following - through - 1
            through = following
        self._state["accepted_through"] = through

    def _enforce_bounds(self) -> None:
        kept_through = self._state["batch_last"] if self._state["batch"] else 0
        too_old_s = self._file.running_s() - self._max_age_s
        dropped = 0
        while oldest := self._execute(
            "SELECT sequence, CAST(age_s AS REAL) FROM releases WHERE sequence > ?"
            " ORDER BY sequence LIMIT 1",
            (kept_through,),
        ):
            sequence, age_s = oldest[0]
            if self._file.pending_bytes <= self._max_bytes and age_s >= too_old_s:
                break
            dropped += self._remove("sequence = ?", (sequence,))
        if dropped:
            logger.error("the outbox is over its bounds: its oldest %d releases dropped", dropped)
            self._state["dropped"] += dropped

    def _remove(self, where: str, values: tuple[float, ...]) -> int:
        count, size = self._execute(
            f"SELECT count(*), coalesce(sum(length(payload)), 0) FROM releases WHERE {where}",
            values,
        )[0]
        if count:
            self._execute(f"DELETE FROM releases WHERE {where}", values)
            self._file.pending -= count
            self._file.pending_bytes -= size
        return int(count)

    def _execute(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self._file.execute(statement, values)


def _window_start(payload: bytes) -> datetime | None:
    """Start of the first window in a stored release, if it can be read."""
    try:
        release = json.loads(payload)
        text = (
            release["zones"][0]["window_start"]
            if release.get("zones")
            else release["dwell"][0]["period_start"]
        )
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
