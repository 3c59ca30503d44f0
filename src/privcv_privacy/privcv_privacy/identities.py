# SPDX-License-Identifier: Apache-2.0
"""Rotating identities: which id a person has during one tick, and when nobody may be told.

A new secret alone is no protection: whoever stands at the place where an old id vanished is the
owner of the new id that appears there. So a rotation goes through phases, all in event time:

1. *drain*: the secret is replaced at once; who arrives gets a new id, who is there keeps the
   old one and is gone for good when they leave. An empty scene ends the rotation here.
2. *swap* (late in the grace period): people who stay long and come close to each other fall
   silent together and come back with new ids.
3. *dark*: whoever still has an old id when the grace period ends makes the whole camera silent for a
   while.
4. *withheld*: after that, a person comes back only where another vanished id could as well be theirs,
   or after a longest time.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from privcv_node.settings import Settings
from pydantic import Field, model_validator

from privcv_privacy.secret import Secret

S = 1_000_000_000


class IdentitySettings(Settings):
    """When identities change, and how much silence that may cost."""

    period_s: float = Field(
        default=3600.0, ge=30.0, le=86400.0, description="Time between rotations, s of event time."
    )
    grace_s: float = Field(
        default=600.0,
        ge=0.0,
        le=7200.0,
        description="Longest time, s, that a person who is there when identities rotate keeps the "
        "old one; who leaves within it cannot be linked.",
    )
    swap_after_s: float = Field(
        default=300.0,
        ge=0.0,
        le=7200.0,
        description="Time, s, after the start of a rotation from which people who come close to each "
        "other swap to new identities together.",
    )
    swap_distance_m: float = Field(
        default=1.5,
        ge=0.0,
        le=10.0,
        description="Distance, m, at which people are close to each other.",
    )
    silence_s: float = Field(
        default=60.0,
        ge=0.0,
        le=600.0,
        description="Length, s, of the silent gap of the camera when somebody outstays the grace "
        "period, or when a rotation is forced.",
    )
    withhold_s: float = Field(
        default=600.0,
        ge=0.0,
        le=7200.0,
        description="Longest time, s, after which a person is shown again although the place gives "
        "the old identity away.",
    )
    forget_s: float = Field(
        default=10.0,
        ge=0.0,
        le=600.0,
        description="Time, s, after which a person who is no longer tracked has left.",
    )
    unsafe_test_secret: bool = Field(
        default=False,
        description="TESTS ONLY: take the secret from the environment variable "
        "PRIVCV_UNSAFE_TEST_SECRET, so that a replay gives the same identities. Refused without it.",
    )

    @model_validator(mode="after")
    def _rotations_end_before_the_next(self) -> "IdentitySettings":
        if self.grace_s + self.silence_s >= self.period_s:
            raise ValueError("grace_s + silence_s must be shorter than period_s")
        return self


class Phase(Enum):
    """Where a rotation is."""

    STEADY = "steady"
    DRAIN = "drain"
    DARK = "dark"
    WITHHOLD = "withhold"


@dataclass(frozen=True)
class Sighting:
    """What one tick may tell about one person."""

    cell_x: int  # index of the cell
    cell_y: int
    size: int  # AnonymousTrack.SIZE_*


@dataclass(frozen=True)
class Shown:
    """What may be published of one tick."""

    ids: dict[int, int]  # tracker's number -> published id, of those who may be shown
    dark: bool  # the whole camera is silent
    withheld: int  # people who are there and not shown although the camera is not silent


@dataclass
class RotationCounts:
    """How rotations ended since the start; for /diagnostics."""

    rotations: int = 0  # secrets replaced, the first one not counted
    forced: int = 0  # of those, on request
    left: int = 0  # people who left with their old id: nothing to link
    swapped: int = 0  # people who swapped close to somebody
    darkened: int = 0  # people who outstayed the grace period
    mixed: int = 0  # people who came back where another id could be theirs
    exposed: int = 0  # people who came back after the longest time, likely re-linked
    dark_ticks: int = 0
    withheld_ticks: int = 0  # person-ticks


@dataclass
class _Person:
    id: int
    last_ns: int  # when last seen
    old: bool = False  # the id was made with a secret that is gone
    shown: Sighting | None = None  # last published under this id
    withheld_since_ns: int | None = None


@dataclass
class Identities:
    """The identities under one camera; call ``step`` once per tick, in order of time."""

    settings: IdentitySettings
    secret: Secret
    cell_m: float = 0.5
    counts: RotationCounts = field(default_factory=RotationCounts)
    phase: Phase = Phase.STEADY
    _people: dict[int, _Person] = field(default_factory=dict)
    _vanished: list[Sighting] = field(default_factory=list)
    _next_ns: int | None = None
    _phase_since_ns: int = 0
    _forced: bool = False

    def rotate_now(self) -> None:
        """Replace the secret now; everybody falls silent at once and all old ids are forgotten."""
        self._forced = True
        self.counts.forced += 1
        self._renew()

    def wipe(self) -> None:
        """Forget everything, secret included."""
        self._people.clear()
        self._vanished.clear()
        self.secret.wipe()

    def step(self, now_ns: int, seen: Mapping[int, Sighting]) -> Shown:
        """Advance to the tick at ``now_ns`` with the people ``seen`` in it, by tracker's number."""
        for number in seen:
            person = self._people.get(number)
            if person is None or now_ns - person.last_ns > self._ns(self.settings.forget_s):
                self._leave(number)
                self._people[number] = _Person(self._new_id(number, now_ns), now_ns)
            else:
                person.last_ns = now_ns
        self._forget(now_ns)
        self._advance(now_ns, seen)
        if self.phase is Phase.DARK:
            self.counts.dark_ticks += 1
            return Shown({}, True, 0)
        self._release(now_ns, seen)
        ids: dict[int, int] = {}
        for number, sighting in seen.items():
            person = self._people[number]
            if person.withheld_since_ns is None:
                ids[number] = person.id
                person.shown = sighting
        withheld = len(seen) - len(ids)
        self.counts.withheld_ticks += withheld
        return Shown(ids, False, withheld)

    def _advance(self, now_ns: int, seen: Mapping[int, Sighting]) -> None:
        """Move between the phases of a rotation."""
        settings = self.settings
        if self._next_ns is None:
            self._next_ns = now_ns + self._ns(settings.period_s)
        if self._forced:
            self._forced = False
            self._next_ns = now_ns + self._ns(settings.period_s)
            for person in self._people.values():
                person.old = True
            self._darken(now_ns)
        elif self.phase is Phase.STEADY and now_ns >= self._next_ns:
            self._next_ns = now_ns + self._ns(settings.period_s)
            self._renew()
            for person in self._people.values():
                person.old = True
            self._enter(Phase.DRAIN, now_ns)
        if self.phase is Phase.DARK and now_ns - self._phase_since_ns >= self._ns(
            settings.silence_s
        ):
            self._enter(Phase.WITHHOLD, now_ns)
        if self.phase is Phase.DRAIN:
            if now_ns - self._phase_since_ns >= self._ns(settings.swap_after_s):
                self._swap(now_ns, seen)
            if any(
                person.old and person.withheld_since_ns is None for person in self._people.values()
            ):
                if now_ns - self._phase_since_ns >= self._ns(settings.grace_s):
                    self._darken(now_ns)
            else:
                self._enter(Phase.WITHHOLD, now_ns)
        if self.phase is Phase.WITHHOLD and not any(p.old for p in self._people.values()):
            self._vanished.clear()
            self._enter(Phase.STEADY, now_ns)

    def _darken(self, now_ns: int) -> None:
        """The whole camera falls silent: withhold everybody who has an old id."""
        for person in self._people.values():
            if person.old:
                self.counts.darkened += 1
                self._withhold(person, now_ns)
        someone = any(person.old for person in self._people.values())
        self._enter(Phase.DARK if someone else Phase.WITHHOLD, now_ns)

    def _swap(self, now_ns: int, seen: Mapping[int, Sighting]) -> None:
        """Withhold together those long-stayers who are close to each other and look alike."""
        there = [
            (self._people[number], sighting)
            for number, sighting in seen.items()
            if self._people[number].old and self._people[number].withheld_since_ns is None
        ]
        for person, sighting in there:
            for other, place in there:
                if (
                    other is not person
                    and place.size == sighting.size
                    and self._distance_m(place, sighting) <= self.settings.swap_distance_m
                ):
                    self.counts.swapped += 1
                    self._withhold(person, now_ns)
                    break

    def _withhold(self, person: _Person, now_ns: int) -> None:
        if person.withheld_since_ns is None:
            person.withheld_since_ns = now_ns
            person.id = 0
            if person.shown is not None:
                self._vanished.append(person.shown)

    def _release(self, now_ns: int, seen: Mapping[int, Sighting]) -> None:
        """Show those again, under a new id, whom their place does not give away."""
        for number, sighting in seen.items():
            person = self._people[number]
            if person.withheld_since_ns is None:
                continue
            silent_ns = now_ns - person.withheld_since_ns
            if silent_ns < self._ns(self.settings.silence_s):
                continue
            if person.shown is None or self._has_rival(person.shown, sighting):
                self.counts.mixed += 1
            elif silent_ns >= self._ns(self.settings.withhold_s):
                self.counts.exposed += 1
            else:
                continue
            self._people[number] = _Person(self._new_id(number, now_ns), now_ns)

    def _has_rival(self, own: Sighting, place: Sighting) -> bool:
        """Could another id that vanished as well be the one that appears at ``place``?"""
        reach_m = self._distance_m(own, place) + self.cell_m
        rivals = [
            gone
            for gone in self._vanished
            if gone.size == own.size and self._distance_m(gone, place) <= reach_m
        ]
        return len(rivals) >= 2  # one of them is the person's own

    def _forget(self, now_ns: int) -> None:
        gone = [
            number
            for number, person in self._people.items()
            if now_ns - person.last_ns > self._ns(self.settings.forget_s)
        ]
        for number in gone:
            self._leave(number)

    def _leave(self, number: int) -> None:
        person = self._people.pop(number, None)
        if person is not None and person.old:
            self.counts.left += 1

    def _renew(self) -> None:
        self.secret.renew()
        self.counts.rotations += 1

    def _enter(self, phase: Phase, now_ns: int) -> None:
        self.phase = phase
        self._phase_since_ns = now_ns

    def _new_id(self, number: int, now_ns: int) -> int:
        # The time keeps a number that a restarted tracker uses again apart from its first owner.
        return self.secret.hash64(b"identity", struct.pack(">QQ", number, now_ns))

    def _distance_m(self, a: Sighting, b: Sighting) -> float:
        return float(((a.cell_x - b.cell_x) ** 2 + (a.cell_y - b.cell_y) ** 2) ** 0.5) * self.cell_m

    @staticmethod
    def _ns(seconds: float) -> int:
        return round(seconds * S)
