# SPDX-License-Identifier: Apache-2.0
"""Ticks of all cameras in, releases out: the one place where true counts become noisy reports.

Event time only. A window closes when a later tick of its camera arrives or ``advance`` says that
event time has passed; every zone then reports, whatever was seen.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from privcv_core.event_time.calendar import Calendar
from privcv_core.node.refusals import Refusals
from privcv_privacy.aggregation.camera_windows import CameraWindows
from privcv_privacy.aggregation.joint_floor import Floor, FloorMember, JointFloor
from privcv_privacy.aggregation.release_content import Reason
from privcv_privacy.aggregation.time_policy import Refuse, Step, TimePolicy
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.budget.device_time import DeviceTime
from privcv_privacy.errors import PrivacyError
from privcv_privacy.noise.mechanisms import NoiseMaker, exact_noise
from privcv_privacy.settings import PrivacySettings

FOLLOWED = "it is followed once three ticks in a row agree with this device's clock"


@dataclass
class AggregationCounts:
    """Ticks that changed nothing, since the start, and why; for /diagnostics."""

    accepted: int = 0
    late: int = 0  # of a window that is closed
    duplicate: int = 0  # the tick that was the last one
    out_of_order: int = 0  # before the last one, in the window that is open
    future: int = 0  # ahead of the clock
    ahead: int = 0  # of a clock that may have been set ahead, not confirmed
    clock_steps: int = 0  # not refused: the clock was set
    unknown_camera: int = 0
    of_another_length: int = 0  # not TICK_S: its number is of another moment
    of_another_unit: int = 0  # identities that last longer or shorter than those of the unit
    overlong: int = 0  # sightings of identities older than their lifetime: not counted


class Aggregator:
    """The bounded, noised, suppressed and paid-for totals of all cameras of a device.

    ``clock_s``: event time now, s since the Unix epoch (the node's ROS clock), by which the ticks
    of live cameras are judged, see ``TimePolicy``; None, in a replay, accepts any that is later.
    ``monotonic_s``: a clock that nobody sets, s. ``noise`` is only ever replaced by measurements.
    ``calendar``: by whose clock windows begin, and hours, days and weeks, which are released too;
    None: UTC, and windows only. ``floors``: those that several cameras
    count together, none of which is one of ``cameras``.

    Raises ``PrivacyError`` for settings that do not fit together, ``LedgerError`` when a release
    could not be committed: nothing left then, and the next call tries the same release again.
    """

    def __init__(
        self,
        settings: PrivacySettings,
        cameras: Mapping[str, ZoneMap],
        ledger: LedgerProtocol,
        clock_s: Callable[[], float] | None = None,
        noise: NoiseMaker = exact_noise,
        monotonic_s: Callable[[], float] | None = None,
        calendar: Calendar | None = None,
        floors: Mapping[str, Floor] = MappingProxyType({}),
    ) -> None:
        if not cameras and not floors:
            raise PrivacyError("no camera has zones: there is nothing to aggregate")
        self.settings = settings
        self.counts = AggregationCounts()
        self._clock_s = clock_s
        self._monotonic_s = monotonic_s
        run = secrets.token_hex(8)  # cohorts of this run: what its memory bounds together

        def windows(name: str, zones: ZoneMap) -> CameraWindows:
            time = ledger.device_time(name, clock_s)
            return self._make_windows(zones, ledger, noise, run, time, calendar)

        self._cameras: dict[str, CameraWindows | FloorMember] = {}
        for name, zones in cameras.items():
            self._cameras[name] = windows(name, zones)
        for name, floor in floors.items():
            ledger.join(name, floor.cameras)
            joint = JointFloor(
                windows(name, floor.zones), floor.cameras, of_visits=settings.unit == "visit"
            )
            self._cameras |= joint.members()
        self._policies = {
            name: TimePolicy(settings.future_tolerance_s) for name in self._cameras if clock_s
        }
        self._refusals = {name: Refusals(f"{name}: ticks refused") for name in self._cameras}

    def _make_windows(
        self,
        zones: ZoneMap,
        ledger: LedgerProtocol,
        noise: NoiseMaker,
        run: str,
        time: DeviceTime,
        calendar: Calendar | None,
    ) -> CameraWindows:
        return CameraWindows(self.settings, zones, ledger, noise, run, time, calendar)

    @property
    def warnings(self) -> list[str]:
        """What is wrong with what this device sums up with others, in words."""
        return []

    def on_tick(self, tick: AnonymousTick) -> list[Release]:
        """Take one tick of one camera; returns the releases of windows that closed before it."""
        camera = self._cameras.get(tick.camera)
        if camera is None:
            self.counts.unknown_camera += 1
            return []
        if tick.tick_s != TICK_S:
            self.counts.of_another_length += 1
            return camera.queue.deliver()
        policy, refusals = self._policies.get(tick.camera), self._refusals[tick.camera]
        if tick.epoch_s != self.settings.epoch_s:
            self.counts.of_another_unit += 1
            refusals.refuse(
                f"their identities are not those of the unit '{self.settings.unit}': set epoch_s "
                f"of its anonymization to {self.settings.epoch_s}, not {tick.epoch_s}"
            )
            return camera.queue.deliver()
        judged = policy.judge(tick.tick, *self._clocks()) if policy else None
        if isinstance(judged, Refuse):
            self._count_refused(judged, tick.tick, camera, refusals)
            return camera.queue.deliver()
        releases: list[Release] = []
        if isinstance(judged, Step):
            self.counts.clock_steps += 1
            releases += camera.step(tick.tick)
        elif self._count_late(tick.tick, camera, refusals):
            return camera.queue.deliver()
        self.counts.accepted += 1
        refusals.accept()
        overlong = camera.overlong
        try:
            return releases + camera.on_tick(tick)
        finally:
            self.counts.overlong += camera.overlong - overlong

    def on_silence(self, camera: str) -> list[Release]:
        """A live camera sends nothing: close what its time, by the device's clock, has passed."""
        policy = self._policies.get(camera)
        reached = policy.silent(*self._clocks()) if policy else None
        if reached is None:
            return self._cameras[camera].queue.deliver()
        tick, judged = reached
        if isinstance(judged, Refuse):
            return self._cameras[camera].queue.deliver()
        releases: list[Release] = []
        if isinstance(judged, Step):
            self.counts.clock_steps += 1
            releases += self._cameras[camera].step(tick)
        return releases + self._cameras[camera].advance(tick)

    def advance(self, camera: str, tick: int) -> list[Release]:
        """Event time of a camera has reached the start of ``tick``: close what ended before it.

        For cameras that are silent; their unobserved time lowers the coverage.
        """
        if self._is_future(tick):
            self.counts.future += 1
            return []
        return self._cameras[camera].advance(tick)

    def finish(self, camera: str) -> list[Release]:
        """The camera's source has ended for good: close the window that is open as it is."""
        return self._cameras[camera].finish()

    def identities_renewed(self, camera: str, tick: int) -> None:
        """The camera made all its identities new before the start of ``tick``.

        Earlier identities do not count any more, and what an earlier run of this process released
        about them no longer holds back this one.
        """
        self._cameras[camera].renew(tick)

    def withhold(self, reason: Reason | None) -> None:
        """Suppress what is released from now on for this reason, at no cost; None: no more."""
        for camera in self._cameras.values():
            camera.queue.withheld = reason

    @property
    def refused(self) -> list[str]:
        """Cameras whose ticks are refused now: since when, how many and why, in words."""
        found = (refusals.warning for refusals in self._refusals.values())
        return [warning for warning in found if warning is not None]

    @property
    def pending(self) -> int:
        """Closed windows that the ledger could not commit yet."""
        return sum(map(len, {camera.queue for camera in self._cameras.values()}))

    @property
    def exhausted(self) -> dict[str, int]:
        """Cameras whose last release the budget did not allow, with the event time, s, from which
        windows are sure to be affordable again."""
        return {
            name: camera.queue.exhausted_until_s
            for name, camera in self._cameras.items()
            if camera.queue.exhausted_until_s is not None
        }

    def _clocks(self) -> tuple[float, float | None]:
        assert self._clock_s is not None
        return self._clock_s(), self._monotonic_s() if self._monotonic_s else None

    def _count_refused(
        self, judged: Refuse, tick: int, camera: CameraWindows | FloorMember, refusals: Refusals
    ) -> None:
        """Count a tick that the time policy refused, and say why."""
        if judged.reason in ("behind", "not later"):
            if not self._count_late(tick, camera, refusals, judged.off_s):
                self.counts.late += 1
        elif judged.reason == "ahead":
            self.counts.ahead += 1
            refusals.refuse(f"its time jumped by {judged.off_s:.0f} s; {FOLLOWED}")
        else:
            self.counts.future += 1
            refusals.refuse(f"{judged.off_s:.0f} s ahead of this device's clock: set one of them")

    def _count_late(
        self,
        tick: int,
        camera: CameraWindows | FloorMember,
        refusals: Refusals,
        off_s: float = 0.0,
    ) -> bool:
        """Whether the tick is not later than what was counted; if so, count it, and say why."""
        last = camera.last_tick
        is_late = tick * TICK_S < camera.open_since_s
        if not is_late and (last is None or tick > last):
            return False
        if tick == last:
            self.counts.duplicate += 1  # sent twice on the way: nothing is missing
            return True
        self.counts.late += is_late
        self.counts.out_of_order += not is_late
        off_s = off_s or float(tick - (last or 0)) * TICK_S
        followed = f"; {FOLLOWED}" if self._clock_s else ""
        refusals.refuse(f"its time is back by {-off_s:.0f} s{followed}")
        return True

    def _is_future(self, tick: int) -> bool:
        if self._clock_s is None:
            return False
        return (tick + 1) * TICK_S > self._clock_s() + TICK_S + self.settings.future_tolerance_s
