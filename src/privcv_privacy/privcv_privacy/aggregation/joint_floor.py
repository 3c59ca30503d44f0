# SPDX-License-Identifier: Apache-2.0
"""A floor under several cameras: their ticks are joined, and counted as those of one.

So sums over cameras are added before the noise, and a place is counted by the camera that owns it.
Identities are of one camera: whoever is counted by two is two visits, and counts once in each.

A tick of the floor counts when every camera has told it; until then it waits. Where one has not,
since it is silent, nothing of that tick is counted and it is unobserved: windows close without it
when the silence is known, and their coverage tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from privcv_privacy.aggregation.camera_windows import CameraWindows
from privcv_privacy.aggregation.cell_ownership import Ownership
from privcv_privacy.aggregation.release_queue import ReleaseQueue
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.budget.accounting import Release

MAX_WAITING = 720
"""Ticks that wait for a camera, an hour of them; the oldest are lost beyond."""

SAME_STEP = 12
"""Ticks within which the cameras of a device step together when its clock is set."""

CAMERA_BITS = 56
"""The bits of an identity above these are told apart by camera."""

NEVER = 2**62
"""The tick that a camera has reached whose source has ended."""


@dataclass(frozen=True)
class Seen:
    """What one camera counts of a floor."""

    cells: Ownership
    lines: tuple[int, ...] = ()  # of its lines, in their order, the numbers on the floor

    def of(self, tick: AnonymousTick) -> AnonymousTick:
        """A tick of the camera as one of the floor."""
        crossed: npt.NDArray[np.uint32] = np.zeros_like(tick.crossed)
        for index, line in enumerate(self.lines):
            ways = (tick.crossed >> np.uint32(2 * index)) & np.uint32(3)
            crossed |= ways << np.uint32(2 * line)
        return replace(self.cells.of(tick), crossed=crossed)


@dataclass(frozen=True)
class Floor:
    """What several cameras count together."""

    zones: ZoneMap
    cameras: Mapping[str, Seen]


class JointFloor:
    """The windows of one floor, filled by several cameras."""

    def __init__(
        self, windows: CameraWindows, cameras: Mapping[str, Seen], *, of_visits: bool
    ) -> None:
        self.windows = windows
        self._cameras = dict(cameras)
        self._of_visits = of_visits
        self._waiting: dict[int, dict[str, AnonymousTick]] = {}  # until every camera told it
        self._reached: dict[str, int] = {}  # the tick that the event time of each has reached
        self._told: dict[str, int] = {}  # the tick before which each tells nothing more
        self._generations: tuple[int, ...] = ()
        self._replaced = 0  # how often they changed
        self._renewed: dict[str, int] = {}
        self._stepped: int | None = None
        self._releases: list[Release] = []  # where a later one of the same call failed

    def members(self) -> dict[str, "FloorMember"]:
        """The cameras, each as the aggregator sees one."""
        return {name: FloorMember(self, name) for name in self._cameras}

    def on_tick(self, camera: str, tick: AnonymousTick) -> list[Release]:
        """One tick of one camera, later than all before of it."""
        if self._reached.get(camera) == NEVER:
            del self._reached[camera], self._told[camera]  # its source began again
        self._waiting.setdefault(tick.tick, {})[camera] = self._cameras[camera].of(tick)
        while len(self._waiting) > MAX_WAITING:
            del self._waiting[min(self._waiting)]
        return self.reach(camera, tick.tick, told=tick.tick + 1)

    def reach(self, camera: str, tick: int, told: int | None = None) -> list[Release]:
        """Event time of a camera has reached the start of ``tick``, and it tells nothing more of
        what was before ``told``, by default the same; count what is complete."""
        self._reached[camera] = max(tick, self._reached.get(camera, 0))
        self._told[camera] = max(tick if told is None else told, self._told.get(camera, 0))
        if len(self._reached) < len(self._cameras):
            return []  # one has told nothing yet
        now, complete = min(self._reached.values()), min(self._told.values())
        for number in sorted(number for number in self._waiting if number < complete):
            ticks = self._waiting.pop(number)
            if len(ticks) == len(self._cameras):
                joined = self._joined([ticks[name] for name in self._cameras])
                self._releases += self.windows.on_tick(joined)
        self._releases += self.windows.advance(now) if now < NEVER else self.windows.finish()
        releases, self._releases = self._releases, []
        return releases

    def step(self, camera: str, tick: int) -> list[Release]:
        """The device's clock was set: what waits is of the time before it."""
        self._waiting.clear()
        stepped, self._stepped = self._stepped, tick
        if stepped is not None and abs(tick - stepped) <= SAME_STEP and self._reached:
            self._reached[camera] = self._told[camera] = tick
            return []
        self._reached, self._told = {camera: tick}, {camera: tick}
        return self.windows.step(tick)

    def renew(self, camera: str, tick: int) -> None:
        """All identities of a camera are new; those of the floor are when those of all are."""
        self._renewed[camera] = tick
        if len(self._renewed) == len(self._cameras):
            self.windows.renew(max(self._renewed.values()))
            self._renewed = {}

    def _joined(self, ticks: Sequence[AnonymousTick]) -> AnonymousTick:
        """Everybody whom the cameras told of in one tick; a camera that looked least says for how
        much of it the floor was observed."""
        generations = tuple(tick.generation for tick in ticks)
        # Of visits: identities of one camera may go on where those of another were replaced.
        self._replaced += not self._of_visits and self._generations not in ((), generations)
        self._generations = generations

        return replace(
            ticks[0],
            observed_percent=min(tick.observed_percent for tick in ticks),
            generation=self._replaced,
            # Also where two cameras gave two people the same one, they are two.
            ids=np.concatenate(
                [tick.ids ^ np.uint64(index << CAMERA_BITS) for index, tick in enumerate(ticks)]
            ),
            cells=np.concatenate([tick.cells for tick in ticks]),
            last=np.concatenate([tick.last for tick in ticks]),
            cell_xy=np.concatenate([tick.cell_xy for tick in ticks]),
            size=np.concatenate([tick.size for tick in ticks]),
            direction=np.concatenate([tick.direction for tick in ticks]),
            crossed=np.concatenate([tick.crossed for tick in ticks]),
        )


class FloorMember:
    """One camera of a floor, with the face of ``CameraWindows``."""

    def __init__(self, floor: JointFloor, name: str) -> None:
        self._floor, self._name = floor, name
        self.last_tick: int | None = None

    @property
    def queue(self) -> ReleaseQueue:
        """Of the floor."""
        return self._floor.windows.queue

    @property
    def overlong(self) -> int:
        """Of the floor: sightings of identities that were older than any may be."""
        return self._floor.windows.overlong

    @property
    def open_since_s(self) -> int:
        """Of the floor: start of the window that is open; 0 before the first tick."""
        return self._floor.windows.open_since_s

    def on_tick(self, tick: AnonymousTick) -> list[Release]:
        """Count one tick that is later than all before."""
        self.last_tick = tick.tick
        return self._floor.on_tick(self._name, tick)

    def advance(self, tick: int) -> list[Release]:
        """Event time of the camera has reached the start of ``tick``, and it told nothing."""
        return self._floor.reach(self._name, tick)

    def finish(self) -> list[Release]:
        """The source has ended for good; the floor has when those of all have."""
        return self._floor.reach(self._name, NEVER)

    def step(self, tick: int) -> list[Release]:
        """The device's clock was set, and the next tick is ``tick``."""
        self.last_tick = None
        return self._floor.step(self._name, tick)

    def renew(self, tick: int) -> None:
        """No identity of the camera from before the start of ``tick`` counts from now on."""
        self._floor.renew(self._name, tick)
