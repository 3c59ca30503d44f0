# SPDX-License-Identifier: Apache-2.0
"""Votes of one camera, or floor, in the windows of one task, which begin at multiples of UTC."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_privacy.across.cells import read_cells
from privcv_privacy.across.joined_tasks import JoinedTask
from privcv_privacy.across.visit_votes import VisitVotes, Votes
from privcv_privacy.aggregation.camera_windows import MAX_CATCH_UP
from privcv_privacy.aggregation.payments import Lived, Payments
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.windows import OpenWindow
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.charge import Charge
from privcv_privacy.budget.device_time import DeviceTime
from privcv_privacy.settings import PrivacySettings


@dataclass(frozen=True)
class Part:
    """What one camera has for one window of one task."""

    camera: str
    time: int  # number of the window since 1970
    payments: Payments
    span: Span
    visits: list[Votes] = field(default_factory=list, repr=False)
    lived: Lived | None = None  # who pays; None: nobody was looked for, and nobody pays

    def charge(self, task: JoinedTask) -> Charge | None:
        """What it costs the visits under the camera, whether there were any or not."""
        if self.lived is None:
            return None
        return self.payments.across_charge(
            task.name, task.task.noise.epsilon, self.span, self.lived
        )


class TaskVotes:
    """One camera's part in one task. Parameters as of ``CameraWindows``."""

    def __init__(
        self,
        task: JoinedTask,
        settings: PrivacySettings,
        zones: ZoneMap,
        run: str,
        time: DeviceTime,
    ) -> None:
        bins = read_cells(task.task.cells)
        cells = {at: bins[name] for at, name in enumerate(zones.names) if name in bins}
        self.task, self._camera, self._time = task, zones.camera, time
        self._zones = frozenset(cells)
        self._bounds = VisitVotes(settings, len(zones.names), cells)
        votes = settings.max_cells
        self._payments = Payments(settings, zones.camera, len(cells), votes, run)
        self._window: OpenWindow | None = None
        self._generation: int | None = None

    def reach(self, now_s: int, lived: Callable[[OpenWindow], Lived]) -> Iterator[Part]:
        """Event time has reached ``now_s``: the windows that ended before it, empty ones too."""
        length_s = self.task.task.window_s
        start_s = now_s - now_s % length_s
        if self._window is not None and self._window.start_s < start_s:
            yield self._close(self._window, lived)
            skipped = range(self._window.end_s, start_s, length_s)
            for missed_s in skipped if len(skipped) <= MAX_CATCH_UP else ():
                span = Span(self._camera, missed_s, length_s, 0.0)
                yield Part(self._camera, missed_s // length_s, self._payments, span)
            self._window = None
        if self._window is None:
            self._window = OpenWindow(start_s, length_s, self._time.current)

    def end(self, lived: Callable[[OpenWindow], Lived]) -> Iterator[Part]:
        """Close the window that is open before its end: the source ended, or the clock was set."""
        if self._window is not None:
            yield self._close(self._window, lived)
        self._window = None

    def see(
        self,
        number: int,
        tick: AnonymousTick,
        zones: Sequence[Sequence[int]],
        last: npt.NDArray[np.int64],
    ) -> None:
        """Everybody under the camera during one tick; as ``Contributions.add``."""
        if self._generation not in (None, tick.generation):
            self._bounds.end_all()
        self._generation = tick.generation
        if self._window is not None:
            self._window.observed_s += TICK_S * tick.observed_percent / 100
        counted = [[zone for zone in entered if zone in self._zones] for entered in zones]
        self._bounds.add(number, tick.ids, counted, last, tick.direction)

    def miss(self, ids: npt.NDArray[np.uint64]) -> None:
        """As ``Contributions.miss``."""
        self._bounds.miss(ids)

    def renew(self) -> None:
        """No identity of so far counts from now on, and none of them pays any more."""
        self._bounds.retire()
        self._payments.renew()
        if self._window is not None:
            self._window.observed_s = 0.0

    def _close(self, window: OpenWindow, lived: Callable[[OpenWindow], Lived]) -> Part:
        length_s = window.length_s
        span = Span(self._camera, window.start_s, length_s, window.coverage)
        visits = self._bounds.close_visits()
        self._bounds.forget(window.time[1] // (TICK_S * NS_PER_S))
        paying = lived(window) if window.observed_s > 0 and self._zones else None
        if paying is None:
            visits = []
        time = window.start_s // length_s
        return Part(self._camera, time, self._payments, span, visits, paying)
