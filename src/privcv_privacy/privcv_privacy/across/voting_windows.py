# SPDX-License-Identifier: Apache-2.0
"""Windows of one camera, or floor, that also vote in the sums over sites of the device."""

from collections.abc import Sequence

from privcv_core.event_time.calendar import Calendar
from privcv_privacy.across.task_sum import TaskSum
from privcv_privacy.across.task_votes import TaskVotes
from privcv_privacy.aggregation.camera_windows import CameraWindows
from privcv_privacy.aggregation.payments import Lived
from privcv_privacy.aggregation.windows import OpenWindow
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.anonymous_tick import MAX_PEOPLE, TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.budget.device_time import DeviceTime
from privcv_privacy.noise.mechanisms import NoiseMaker
from privcv_privacy.settings import PrivacySettings


class VotingWindows(CameraWindows):
    """Whatever the windows of the camera count, the windows of each task count too, bounded on
    their own: they share identities, ledger time and what is refused, and no vote."""

    def __init__(
        self,
        sums: Sequence[TaskSum],
        settings: PrivacySettings,
        zones: ZoneMap,
        ledger: LedgerProtocol,
        noise: NoiseMaker,
        run: str,
        time: DeviceTime,
        calendar: Calendar | None = None,
    ) -> None:
        super().__init__(settings, zones, ledger, noise, run, time, calendar)
        self._voting = [(one, TaskVotes(one.task, settings, zones, run, time)) for one in sums]

    def on_tick(self, tick: AnonymousTick) -> list[Release]:
        """See ``CameraWindows``."""
        in_a_row = tick.tick - 1 == self.last_tick
        try:
            return super().on_tick(tick)
        finally:  # also where the ledger failed: the tick was counted
            if in_a_row and len(tick.ids) < MAX_PEOPLE:
                for _, votes in self._voting:
                    votes.miss(tick.ids)

    def finish(self) -> list[Release]:
        """See ``CameraWindows``."""
        releases = super().finish()
        for sums, _ in self._voting:
            sums.reach(self._zones.camera, None)
        return releases

    def renew(self, tick: int) -> None:
        """See ``CameraWindows``."""
        super().renew(tick)
        for _, votes in self._voting:
            votes.renew()

    def _count(self, tick: AnonymousTick, *, follows: bool) -> None:
        super()._count(tick, follows=follows)
        zones, last = self._zones.visited(tick)
        number = self._steady_tick(tick.tick * TICK_S)
        for _, votes in self._voting:
            votes.see(number, tick, zones, last)

    def _move_to(self, now_s: int) -> None:
        super()._move_to(now_s)
        for sums, votes in self._voting:
            for part in votes.reach(now_s, self._lived_in):
                sums.put(part)
            sums.reach(self._zones.camera, now_s // sums.task.task.window_s)

    def _close_early(self, until_ns: int | None = None) -> None:
        super()._close_early(until_ns)
        for sums, votes in self._voting:
            for part in votes.end(lambda window: self._lived_in(window, until_ns)):
                sums.put(part)

    def _lived_in(self, window: OpenWindow, until_ns: int | None = None) -> Lived:
        return self._lived(window, window.time[0], until_ns)
