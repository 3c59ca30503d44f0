# SPDX-License-Identifier: Apache-2.0
"""Traffic: how many visits begin, when, and what a visit does; assumed, or from a recording.

Of a recording only this is kept: shapes of visits in ticks and zones, how many began, and how that
changed over its parts. A forecast draws new visits from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from privcv_privacy.aggregation.contribution import CellStay, in_own_order
from privcv_privacy.aggregation.zones import OUTSIDE, ZoneMap
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.errors import PrivacyError

PARTS = 96
"""Parts of a recording, at the most, over which the rate of visits may change."""

PART_S = 10
"""A part is at least so long, s."""

SHAPES = 400
"""Different visits that are assumed where nothing was recorded."""


@dataclass(frozen=True)
class ZoneStay:
    """Time in one zone without a gap: first and last tick since the visit began."""

    zone: int
    first: int
    last: int
    bin: int  # of the histogram: standing, or a heading


@dataclass(frozen=True)
class VisitShape:
    """What one visit does, in the order in which it enters zones."""

    stays: tuple[ZoneStay, ...]
    ended_in: tuple[int, ...] = ()  # the zone in which each of its ticks ended, or OUTSIDE

    @property
    def ticks(self) -> int:
        """How long it lasts in zones."""
        return max((stay.last + 1 for stay in self.stays), default=0)


@dataclass(frozen=True)
class Traffic:
    """Visits under one camera: shapes to draw from, and how many begin an hour.

    ``profile``: rates of equal parts of the time, relative to each other.
    """

    zones: ZoneMap
    shapes: tuple[VisitShape, ...]
    per_hour: float
    source: str
    profile: tuple[float, ...] = (1.0,)

    @property
    def cells_at(self) -> float:
        """Zones that a visit enters, on average."""
        return float(np.mean([len({stay.zone for stay in one.stays}) for one in self.shapes]))

    @property
    def mean_s(self) -> float:
        """Time that a visit spends in zones, on average, s."""
        return TICK_S * float(np.mean([_inside(one) for one in self.shapes]))

    @property
    def times_s(self) -> npt.NDArray[np.int64]:
        """Time in zones of each shape (n,), s."""
        return TICK_S * np.array([_inside(one) for one in self.shapes], dtype=np.int64)


@dataclass
class _Seen:
    first: int
    last: int
    open: dict[int, tuple[int, int, CellStay]] = field(default_factory=dict)  # number, since, votes
    stays: list[tuple[int, ZoneStay]] = field(default_factory=list)  # with their number
    entered: int = 0
    ended_in: list[int] = field(default_factory=list)

    def close(self, gone: Sequence[int], last: int) -> None:
        for zone in gone:
            number, since, stay = self.open.pop(zone)
            self.stays.append((number, ZoneStay(zone, since, last, stay.vote())))

    def be_in(self, zone: int, offset: int, direction: int) -> None:
        if zone not in self.open:
            self.open[zone] = (self.entered, offset, CellStay())
            self.entered += 1
        self.open[zone][2].add(direction)


def recorded_traffic(
    ticks: Sequence[AnonymousTick], zones: ZoneMap, length_s: float, source: str
) -> Traffic:
    """The traffic in the ticks of a recording of ``length_s``.

    Raises ``PrivacyError`` where nobody is in any zone.
    """
    seen: dict[int, _Seen] = {}
    for tick in ticks:
        entered, last = zones.visited(tick)
        for key, places, end, direction in zip(
            tick.ids.tolist(), entered, last.tolist(), tick.direction.tolist(), strict=True
        ):
            visit = seen.setdefault(key, _Seen(tick.tick, tick.tick))
            offset, before = tick.tick - visit.first, visit.last - visit.first
            visit.close([zone for zone in visit.open if zone not in places], before)
            for zone in in_own_order(key, places, end):
                visit.be_in(zone, offset, direction)
            visit.ended_in += [OUTSIDE] * (offset - len(visit.ended_in)) + [end]
            visit.last = tick.tick
    for visit in seen.values():
        visit.close(list(visit.open), visit.last - visit.first)
    shapes = tuple(_shape(visit) for visit in seen.values())
    if not any(shape.stays for shape in shapes):
        raise PrivacyError(f"{source}: nobody is in any zone: are they on the same floor, in m?")
    begin = ticks[0].tick
    parts = int(np.clip(length_s // PART_S, 1, PARTS))
    began = [(visit.first - begin) * TICK_S / length_s for visit in seen.values()]
    profile = np.histogram(np.clip(began, 0, 1), bins=parts, range=(0, 1))[0]
    per_hour = len(shapes) / length_s * 3600
    return Traffic(zones, shapes, per_hour, source, tuple(profile.astype(float).tolist()))


def assumed_traffic(
    zones: ZoneMap, per_hour: float, stay_s: float, zones_per_visit: float, seed: int = 0
) -> Traffic:
    """Visits of ``stay_s`` on average (exponential), through ``zones_per_visit`` zones (1 and more
    of a Poisson number), one after the other and each as long; half of them stand in a zone.
    """
    random = np.random.default_rng(seed)
    count = len(zones.names)
    shapes = []
    for _ in range(SHAPES):
        ticks = max(1, int(random.exponential(stay_s) / TICK_S + 0.5))
        number = int(np.clip(1 + random.poisson(max(zones_per_visit - 1, 0)), 1, min(count, ticks)))
        edges = [ticks * place // number for place in range(number + 1)]
        stays = tuple(
            ZoneStay(int(zone), begin, max(end - 1, begin), _bin(random))
            for zone, begin, end in zip(
                random.choice(count, number, replace=False), edges[:-1], edges[1:], strict=True
            )
        )
        ended = tuple(stay.zone for stay in stays for _ in range(stay.first, stay.last + 1))
        shapes.append(VisitShape(stays, (*ended, OUTSIDE)))
    source = f"assumed: {per_hour:g} visits an hour of {stay_s:g} s in {zones_per_visit:g} zones"
    return Traffic(zones, tuple(shapes), per_hour, source)


def _bin(random: np.random.Generator) -> int:
    return 0 if random.random() < 0.5 else int(random.integers(1, 5))


def _shape(visit: _Seen) -> VisitShape:
    stays = sorted(visit.stays, key=lambda numbered: numbered[0])
    return VisitShape(tuple(stay for _, stay in stays), tuple(visit.ended_in))


def _inside(shape: VisitShape) -> int:
    """Moments between two ticks at which it is in a zone."""
    return sum(zone != OUTSIDE for zone in shape.ended_in[:-1])
