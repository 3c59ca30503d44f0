# SPDX-License-Identifier: Apache-2.0
"""Rotating identities: which id a person has during one tick, and who may not be published.

A new secret alone is no protection: whoever stands at the place where an old id vanished is the
owner of the new id that appears there. So a rotation takes its time, in event time:

1. *drain*: the secret is replaced at once; who arrives gets a new id, who is there keeps the
   old one and is gone for good when they leave.
2. *withheld*: who outstays the grace period is not published for a while, and comes back under a
   new id at a moment of their own, drawn by the secret, away from where the old one was last
   published; or after a longest time.

A forced rotation skips the first: the whole camera is silent for a while, and then everybody who
was there is withheld. When which of these happens is in ``rotation``.

Nothing here depends on anybody else: whether one person is there never changes what is published
about another, nor when. Without that, the reports' bound on one visit would not hold. The one
exception, ``swap_when_close``, is off unless somebody accepts that.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from privcv_core.protocol.timestamps import ns_from_s
from privcv_privacy.anonymization.identity_settings import IdentitySettings
from privcv_privacy.anonymization.rotation import Phase, RotationSchedule
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymous_tick import CELL_M

Cell = tuple[int, int]
"""Index of a cell in x and in y."""

SWAP_DISTANCE_M = 1.5
"""The farthest apart that two people may swap, see ``IdentitySettings.swap_when_close``."""


@dataclass(frozen=True)
class Sighting:
    """What one tick may publish about one person, besides the direction."""

    cells: tuple[Cell, ...]  # where the person was, see ``CELL_M``: distinct, sorted by x, then y
    last: int  # index of the last one
    size: int  # AnonymousTrack.SIZE_*

    @property
    def last_cell(self) -> Cell:
        """The cell that the person was in last."""
        return self.cells[self.last]


@dataclass(frozen=True)
class Shown:
    """What may be published of one tick."""

    ids: dict[int, int]  # tracker's number -> published id, of those who may be shown
    dark: bool  # the whole camera is silent


@dataclass
class RotationCounts:
    """How rotations ended since the start: for measurements.

    Only the first two are published on /diagnostics: the others are exact counts of people.
    """

    rotations: int = 0  # secrets replaced, the first one not counted
    forced: int = 0  # of those, on request
    swapped: int = 0  # people who swapped close to somebody
    moved: int = 0  # people who came back away from where they were last published
    exposed: int = 0  # people who came back after the longest time, likely re-linked

    @property
    def periodic(self) -> int:
        """Rotations because the period was over: those that nobody asked for."""
        return self.rotations - self.forced


@dataclass
class _Person:
    id: int
    last_ns: int  # when last seen
    old: bool = False  # the id was made with a secret that is gone
    shown: Sighting | None = None  # last published under this id
    withheld_since_ns: int | None = None
    returns_ns: int = 0  # not published again before


class Identities:
    """The identities under one camera; call ``step`` once per tick, in order of time."""

    def __init__(self, settings: IdentitySettings, secret: Secret) -> None:
        self.counts = RotationCounts()
        self._settings = settings
        self._secret = secret
        self._people: dict[int, _Person] = {}
        self._schedule = RotationSchedule(settings)

    @property
    def phase(self) -> Phase:
        """Where the current rotation is."""
        return self._schedule.phase

    def rotate_now(self) -> None:
        """Replace the secret now; the camera falls silent at once and all old ids are forgotten."""
        self._schedule.force()
        self.counts.forced += 1
        self._renew()

    def wipe(self) -> None:
        """Forget everything, secret included."""
        self._people.clear()
        self._secret.wipe()

    def step(self, now_ns: int, seen: Mapping[int, Sighting]) -> Shown:
        """Advance to the tick at ``now_ns`` (ns of event time) with the people ``seen`` in it.

        ``seen``: by the tracker's number.
        """
        self._forget(now_ns)
        for number in seen:
            person = self._people.get(number)
            if person is None:
                self._people[number] = _Person(self._new_id(number, now_ns), now_ns)
            else:
                person.last_ns = now_ns
        self._rotate(now_ns, seen)
        if self.phase is Phase.DARK:
            return Shown({}, dark=True)
        ids: dict[int, int] = {}
        for number, sighting in seen.items():
            person = self._return(number, sighting, now_ns)
            if person.withheld_since_ns is None:
                ids[number] = person.id
                person.shown = sighting
        return Shown(ids, dark=False)

    def _rotate(self, now_ns: int, seen: Mapping[int, Sighting]) -> None:
        """Do what the schedule says of this tick."""
        step = self._schedule.advance(now_ns)
        if step.renews_secret:
            self._renew()
        if step.begins:
            for person in self._people.values():
                person.old = True
        if step.withholds:
            self._withhold_old(now_ns)
        if step.swaps:
            self._swap(now_ns, seen)

    def _withhold_old(self, now_ns: int) -> None:
        """Everybody who still has an old id falls silent."""
        for number, person in self._people.items():
            if person.old:
                self._withhold(number, now_ns)

    def _withhold(self, number: int, now_ns: int) -> None:
        person = self._people[number]
        if person.withheld_since_ns is None:
            settings = self._settings
            extra_s = max(0.0, settings.withhold_s - settings.silence_s) * self._draw(number)
            person.withheld_since_ns = now_ns
            person.returns_ns = now_ns + ns_from_s(settings.silence_s + extra_s)
            person.id = 0

    def _return(self, number: int, sighting: Sighting, now_ns: int) -> _Person:
        """The person, under a new id once the old one no longer gives it away."""
        person = self._people[number]
        if person.withheld_since_ns is None or now_ns < person.returns_ns:
            return person
        if person.shown is None or (_distance_m(person.shown, sighting) >= self._settings.away_m):
            self.counts.moved += 1
        elif now_ns - person.withheld_since_ns >= ns_from_s(self._settings.withhold_s):
            self.counts.exposed += 1
        else:
            return person
        person = self._people[number] = _Person(self._new_id(number, now_ns), now_ns)
        return person

    def _swap(self, now_ns: int, seen: Mapping[int, Sighting]) -> None:
        """Withhold together those who have old ids, are close to each other and of one size."""
        there = {
            number: place
            for number, place in seen.items()
            if self._people[number].old and self._people[number].withheld_since_ns is None
        }
        for number, place in there.items():
            if any(
                other != number
                and near.size == place.size
                and _distance_m(near, place) <= SWAP_DISTANCE_M
                for other, near in there.items()
            ):
                self.counts.swapped += 1
                self._withhold(number, now_ns)

    def _forget(self, now_ns: int) -> None:
        gone = [
            number
            for number, person in self._people.items()
            if now_ns - person.last_ns > ns_from_s(self._settings.forget_s)
        ]
        for number in gone:
            del self._people[number]

    def _renew(self) -> None:
        self._secret.renew()
        self.counts.rotations += 1

    def _new_id(self, number: int, now_ns: int) -> int:
        # The time keeps a number that a restarted tracker uses again apart from its first owner.
        return self._secret.hash64(b"identity", struct.pack(">QQ", number, now_ns))

    def _draw(self, number: int) -> float:
        """A number from 0 to 1 that is this person's own and that nobody can foresee."""
        return self._secret.hash64(b"return", struct.pack(">Q", number)) / 2**64


def _distance_m(one: Sighting, other: Sighting) -> float:
    """How near, m, ``other`` came to the last place of ``one``: with all of its cells, since all
    of them are published."""
    x, y = one.last_cell
    return CELL_M * min(math.hypot(x - cell_x, y - cell_y) for cell_x, cell_y in other.cells)
