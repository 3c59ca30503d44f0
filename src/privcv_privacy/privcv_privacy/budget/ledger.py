# SPDX-License-Identifier: Apache-2.0
"""The durable budget ledger: what was spent and what was released for it, in one transaction.

A release is written, together with its spend, to disk before it is published; the same key gives
the same bytes for ever, so neither a crash nor a retry can draw noise a second time or forget a
spend.
What is affordable is decided by the rule of ``privcv_privacy.budget.composition``.

Detected on opening: a corrupt file, an entry or a spend that was changed, a ledger or its anchor
that is missing, an old copy of the ledger. Not detected here: an old copy of both the ledger and
its anchor. A counter in a TPM may know (``closed_budget``), or the uplink does, and ``acknowledge``
refuses to go on when it confirms what this ledger never released.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from privcv_privacy.budget.accounting import Charge, Release, Render
from privcv_privacy.budget.charge import by_camera, camera_of, facts_of
from privcv_privacy.budget.composition import booked
from privcv_privacy.budget.device_time import DeviceTime
from privcv_privacy.budget.entries import Entries
from privcv_privacy.budget.eras import has_eras, read_moment, released_in_another_era, store_moment
from privcv_privacy.budget.joint_pools import latest, paid_together, read_floors
from privcv_privacy.budget.ledger_chain import Anchor, first_link, next_link
from privcv_privacy.budget.ledger_file import (
    MALFORMED,
    compare_with_anchor,
    connect,
    lock,
    make_tables,
    never_released,
    real_file,
    verify,
)
from privcv_privacy.budget.ledger_notes import LedgerNotes
from privcv_privacy.budget.spending import (
    ScopeBudget,
    ZoneCost,
    book_costs,
    camera_budgets,
    spent,
    zone_costs,
)
from privcv_privacy.errors import LedgerError

KEEP_PAYLOADS = 1000  # delivered releases whose bytes are kept for a late retry


class Ledger(LedgerNotes):
    """One writer per file; a second one is refused.

    ``anchor`` is where the end of the audit chain is kept, best on another disk; by default beside
    the ledger. Raises ``LedgerError`` when the file cannot be used, with the fix.
    """

    def __init__(
        self, path: Path | str, anchor: Path | str | None = None, time_zone: str = "UTC"
    ) -> None:
        self._time_zone = time_zone
        self.path = real_file(Path(path))
        anchor_path = Path(anchor) if anchor else self.path.with_name(self.path.name + ".anchor")
        self._lock = lock(self.path)
        self._fault: str | None = None
        self._times: dict[str, DeviceTime] = {}
        try:
            existed = self.path.exists()
            if not existed and anchor_path.exists():
                raise LedgerError(
                    f"{self.path}: is missing, but its anchor {anchor_path} is there: restore the "
                    "ledger; or, at the cost of all it promised before, remove the anchor too"
                )
            if existed and not anchor_path.exists() and not never_released(self.path):
                raise LedgerError(
                    f"{anchor_path}: the anchor of {self.path} is missing: restore it; without it "
                    "an old copy of the ledger cannot be told from the latest"
                )
            self._db = connect(self.path)
            with self._faults("opened"):
                make_tables(self._db)
                ledger_id = self._identify()
                self._head = verify(self._db, first_link(ledger_id), whole=False)
                self._accepted_through = self._read_accepted_through()
            self._anchor = Anchor(anchor_path, ledger_id)
            compare_with_anchor(self._db, self.path, self._head, self._anchor)
        except BaseException as error:
            os.close(self._lock)
            if isinstance(error, MALFORMED):
                raise LedgerError(
                    f"{self.path}: is corrupt: {error}; restore the latest copy"
                ) from error
            raise

    @property
    def head(self) -> int:
        """The number of the last release, 0 for a new ledger."""
        return self._head.sequence

    def release(
        self,
        key: str,
        charges: Sequence[Charge],
        render: Render,
        costs: Mapping[str, float] = MappingProxyType({}),
    ) -> Release:
        """Release once: spend ``charges`` and store what ``render(sequence, affordable)`` returns.

        A ``key`` that was released before gives the stored bytes, ``fresh`` False, without calling
        ``render``; the bytes are empty when they were delivered long ago. Otherwise ``render``
        runs once inside the transaction, and its bytes are returned only after they and the
        spend are on disk. ``affordable`` False books nothing. ``costs`` is the epsilon of this
        release per zone, for ``privcv budget``.

        Raises ``LedgerError`` when nothing could be made durable: nothing may be published then.
        """
        self._check()
        with self._faults("written"):
            stored = self._stored(key)
            if stored is not None:
                self._anchor.write(self._head)  # it may lag behind after a failure
                return stored
            self._db.execute("BEGIN IMMEDIATE")
            paid = self._book(charges)
            payload = render(self._head.sequence + 1, paid)
            entry = json.dumps(
                {
                    "charges": [facts_of(charge) for charge in charges] if paid else [],
                    "costs": dict(costs),
                },
                sort_keys=True,
            )
            digest = hashlib.sha256(payload).digest()
            booked_digest = hashlib.sha256(entry.encode()).digest()
            link = next_link(self._head, key, digest, paid, booked_digest)
            self._db.execute(
                "INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (link.sequence, key, payload, digest, paid, entry, booked_digest, link.hash),
            )
            book_costs(self._db, charges, costs, paid, self._time_zone)
            for camera in {camera_of(key), *by_camera(charges)}:
                store_moment(self._db, camera, self._times.get(camera))
            self._db.execute("COMMIT")
            self._head = link
            self._anchor.write(link)
        return Release(sequence=link.sequence, payload=payload, fresh=True, affordable=paid)

    def device_time(self, camera: str, clock_s: Callable[[], float] | None) -> DeviceTime:
        """Ledger time of a camera as the last release left it; every release writes it down.

        ``clock_s``: see ``DeviceTime``.
        """
        names = paid_together(camera, read_floors(self._db))
        moment = latest(read_moment(self._db, name) for name in names)
        self._times[camera] = DeviceTime(moment, clock_s)
        return self._times[camera]

    def acknowledge(self, sequence: int) -> None:
        """Every release up to ``sequence`` is safe elsewhere; prune the contents of old ones.

        Raises ``LedgerError``, now and at every later release, when ``sequence`` was never
        released: then this ledger is an old copy.
        """
        self._check()
        if sequence > self._head.sequence:
            self._fault = (
                f"{self.path}: the uplink holds release {sequence} but this ledger ends at "
                f"{self._head.sequence}: it is an old copy; restore the latest"
            )
            raise LedgerError(self._fault, lasting=True)
        accepted = self._accepted_through
        if sequence <= accepted:
            return
        with self._faults("written"):
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "UPDATE meta SET value = ? WHERE name = 'accepted_through'", (sequence,)
            )
            self._db.execute(
                "UPDATE releases SET payload = NULL, booked = NULL"
                " WHERE sequence <= ? AND sequence > ?",
                (sequence - KEEP_PAYLOADS, accepted - KEEP_PAYLOADS),
            )
            self._db.execute("COMMIT")
            self._accepted_through = sequence

    def end_payloads(self, through: int) -> int:
        """Forget the bytes of releases up to ``through``, which nobody fetched; returns how many.

        What was paid for them stays, and so the same key is never rendered again: see ``release``.
        Raises ``LedgerError``.
        """
        self._check()
        with self._faults("written"):
            return self._db.execute(
                "UPDATE releases SET payload = NULL, booked = NULL"
                " WHERE sequence <= ? AND payload IS NOT NULL",
                (min(through, self._head.sequence),),
            ).rowcount

    @property
    def accepted_through(self) -> int:
        """The last release that was acknowledged."""
        return self._accepted_through

    def unacknowledged(self) -> list[Release]:
        """The releases to publish again, oldest first."""
        self._check()
        rows = self._db.execute(
            "SELECT sequence, payload, affordable FROM releases WHERE sequence > ?"
            " AND payload IS NOT NULL ORDER BY sequence",
            (self.accepted_through,),
        )
        return [
            Release(sequence=number, payload=payload or b"", fresh=False, affordable=bool(paid))
            for number, payload, paid in rows
        ]

    def spent(self, scope: str, since_ns: int) -> tuple[float, float]:
        """Epsilon and delta that one unit may have paid in ``scope``, cohorts since then only."""
        return spent(self._db, scope, since_ns)

    def budgets(self, lifetime_s: float) -> list[ScopeBudget]:
        """What one unit may have paid under every camera; no visit lives longer than that."""
        return camera_budgets(self._db, lifetime_s)

    def costs(self, day: str | None = None) -> list[ZoneCost]:
        """What each zone cost on ``day``, such as "2026-01-31", or on every day."""
        return zone_costs(self._db, day)

    def close(self) -> None:
        """Close the file and let another process have it."""
        self._db.close()
        self._anchor.close()
        os.close(self._lock)

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stored(self, key: str) -> Release | None:
        row = self._db.execute(
            "SELECT sequence, payload, affordable FROM releases WHERE key = ?", (key,)
        ).fetchone()
        if row is None and self._replays(camera_of(key)):
            row = released_in_another_era(self._db, key)
        if row is None:
            return None
        return Release(sequence=row[0], payload=row[1] or b"", fresh=False, affordable=bool(row[2]))

    def _book(self, charges: Sequence[Charge]) -> bool:
        """Book all charges, or none of them; True when all are affordable."""
        paid = []
        for camera, own in by_camera(charges).items():
            together = paid_together(camera, read_floors(self._db))
            entries = Entries(self._db, together, replays=self._replays(camera))
            after = booked(own, entries)
            if after is None:
                return False
            paid.append((entries, after))
        for entries, after in paid:
            for entry in after:
                entries.store(entry)
        return True

    def _replays(self, camera: str) -> bool:
        """Whether a recording is played that an era of the live camera may have paid for."""
        time = self._times.get(camera)
        return time is not None and not time.is_live and has_eras(self._db, camera)

    def _identify(self) -> bytes:
        """The random id of this ledger, drawn when it was made."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'ledger_id'").fetchone()
        if row is None:
            self._db.execute("BEGIN IMMEDIATE")
            row = (os.urandom(16),)
            self._db.execute("INSERT INTO meta VALUES ('ledger_id', ?)", row)
            self._db.execute("INSERT INTO meta VALUES ('accepted_through', 0)")
            self._db.execute("COMMIT")
        return bytes(row[0])

    def _read_accepted_through(self) -> int:
        row = self._db.execute("SELECT value FROM meta WHERE name = 'accepted_through'").fetchone()
        return int(row[0])
