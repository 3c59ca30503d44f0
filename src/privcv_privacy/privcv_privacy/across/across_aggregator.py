# SPDX-License-Identifier: Apache-2.0
"""The aggregator of a device that takes part in sums over sites."""

from collections.abc import Callable
from typing import Any

from privcv_core.event_time.calendar import Calendar
from privcv_privacy.across.joined_tasks import JoinedTasks, join_tasks
from privcv_privacy.across.task_sum import TaskSum
from privcv_privacy.across.voting_windows import VotingWindows
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.camera_windows import CameraWindows
from privcv_privacy.aggregation.release_content import Reason
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.budget.device_time import DeviceTime
from privcv_privacy.errors import LedgerError
from privcv_privacy.noise.mechanisms import NoiseMaker
from privcv_privacy.settings import PrivacySettings


def make_aggregator(
    settings: AggregationSettings,
    ledger: LedgerProtocol,
    clock_s: Callable[[], float] | None,
    monotonic_s: Callable[[], float],
) -> Aggregator:
    """The aggregator of a device with these settings, clocks as of ``Aggregator``."""
    maps, floors = settings.zone_maps, settings.joint_floors
    joined = JoinedTasks()
    if settings.across is not None and settings.across_folder is not None:
        zones = {zone for one in maps.values() for zone in one.names}
        zones |= {zone for floor in floors.values() for zone in floor.zones.names}
        joined = join_tasks(settings.across, settings, settings.across_folder, zones)
    return AcrossAggregator(
        joined, settings, maps, ledger, clock_s,
        monotonic_s=monotonic_s, calendar=settings.calendar, floors=floors,
    )  # fmt: skip


class AcrossAggregator(Aggregator):
    """Releases of the site itself, and one report of each window of each task."""

    def __init__(
        self,
        joined: JoinedTasks,
        settings: PrivacySettings,
        cameras: dict[str, ZoneMap],
        ledger: LedgerProtocol,
        clock_s: Callable[[], float] | None = None,
        **more: Any,
    ) -> None:
        """``more``: as of ``Aggregator``."""
        self._refused = joined.refused
        self.sums = [TaskSum(one, joined.key, ledger) for one in joined.tasks if joined.key]
        super().__init__(settings, cameras, ledger, clock_s, **more)

    def on_tick(self, tick: AnonymousTick) -> list[Release]:
        """See ``Aggregator``."""
        return self._and_sums(lambda: super(AcrossAggregator, self).on_tick(tick))

    def on_silence(self, camera: str) -> list[Release]:
        """See ``Aggregator``."""
        return self._and_sums(lambda: super(AcrossAggregator, self).on_silence(camera))

    def advance(self, camera: str, tick: int) -> list[Release]:
        """See ``Aggregator``."""
        return self._and_sums(lambda: super(AcrossAggregator, self).advance(camera, tick))

    def finish(self, camera: str) -> list[Release]:
        """See ``Aggregator``."""
        return self._and_sums(lambda: super(AcrossAggregator, self).finish(camera))

    def withhold(self, reason: Reason | None) -> None:
        """See ``Aggregator``; of sums, windows that end now are reported as empty."""
        super().withhold(reason)
        for one in self.sums:
            one.withheld = reason is not None

    @property
    def warnings(self) -> list[str]:
        """Why this device is not part of a task, or what is wrong with one, in words."""
        found = [f"not part of a sum over sites: {words}" for words in self._refused]
        return found + [words for one in self.sums for words in one.warnings]

    def _and_sums(self, commit: Callable[[], list[Release]]) -> list[Release]:
        """What was committed goes on; an error of the ledger is raised where nothing was, and comes
        again with the next call."""
        releases = commit()
        for one in self.sums:
            try:
                releases = [*releases, *one.deliver()]
            except LedgerError:
                if not releases:
                    raise
        return releases

    def _make_windows(
        self,
        zones: ZoneMap,
        ledger: LedgerProtocol,
        noise: NoiseMaker,
        run: str,
        time: DeviceTime,
        calendar: Calendar | None,
    ) -> CameraWindows:
        return VotingWindows(self.sums, self.settings, zones, ledger, noise, run, time, calendar)
