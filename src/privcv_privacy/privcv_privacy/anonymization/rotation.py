# SPDX-License-Identifier: Apache-2.0
"""Rotation schedule: when the identities of a camera change. Only event time decides, never people.

A rotation on schedule *drains*: the secret is replaced at once, and people who are there keep their
ids for the grace period. A forced one goes *dark*: the whole camera is silent for a while.
"""

from dataclasses import dataclass
from enum import Enum

from privcv_core.protocol.timestamps import ns_from_s
from privcv_privacy.anonymization.identity_settings import IdentitySettings


class Phase(Enum):
    """Where a rotation is."""

    STEADY = "steady"
    DRAIN = "drain"
    DARK = "dark"


@dataclass(frozen=True)
class RotationStep:
    """What is to be done at one tick, in this order."""

    renews_secret: bool = False
    begins: bool = False  # every id there is of the old secret from now on
    withholds: bool = False  # whoever still has an old id is withheld
    swaps: bool = False  # people close to each other may swap


class RotationSchedule:
    """The phases of a rotation; call ``advance`` once per tick, in order of time."""

    def __init__(self, settings: IdentitySettings) -> None:
        self.phase = Phase.STEADY
        self._settings = settings
        self._next_ns: int | None = None  # when the next rotation begins
        self._phase_since_ns = 0
        self._forced = False

    def force(self) -> None:
        """Go dark at the next tick; the caller has replaced the secret."""
        self._forced = True

    def advance(self, now_ns: int) -> RotationStep:
        """Move to the tick at ``now_ns``, ns of event time, and say what it brings."""
        settings = self._settings
        if self._next_ns is None:
            self._next_ns = now_ns + ns_from_s(settings.period_s)
        renews = begins = withholds = swaps = False
        if self._forced:
            self._forced = False
            begins = withholds = True
            self._begin(Phase.DARK, now_ns)
        elif self.phase is Phase.STEADY and now_ns >= self._next_ns:
            renews = begins = True
            self._begin(Phase.DRAIN, now_ns)
        in_phase_ns = now_ns - self._phase_since_ns
        if self.phase is Phase.DRAIN:
            if in_phase_ns >= ns_from_s(settings.grace_s):
                withholds = True
                self._enter(Phase.STEADY, now_ns)
            else:
                half_ns = ns_from_s(settings.grace_s / 2)
                swaps = settings.swap_when_close and in_phase_ns >= half_ns
        elif self.phase is Phase.DARK and in_phase_ns >= ns_from_s(settings.silence_s):
            self._enter(Phase.STEADY, now_ns)
        return RotationStep(renews, begins, withholds, swaps)

    def _begin(self, phase: Phase, now_ns: int) -> None:
        self._next_ns = now_ns + ns_from_s(self._settings.period_s)
        self._enter(phase, now_ns)

    def _enter(self, phase: Phase, now_ns: int) -> None:
        self.phase = phase
        self._phase_since_ns = now_ns
