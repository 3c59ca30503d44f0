# SPDX-License-Identifier: Apache-2.0
"""Worlds for tests of the promise: tracks that differ in one unit, and what is counted of them.

A world is tracks in metres, frame by frame, or the ticks that were made of them. The product's own
anonymizer and aggregator turn it into true histograms, taken where noise would have been added.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np
from anonymous_ticks import tick_in_cells
from noise_doubles import Recorder
from tick_sequences import row_of_zones

from privcv_core.event_time.calendar import ALWAYS_UTC, Calendar, Period
from privcv_core.protocol.release import Release
from privcv_privacy.aggregation import footfall, hour_sums, publisher
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.anonymization import anonymizer
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.line_settings import LineSettings
from privcv_privacy.noise import continual
from privcv_privacy.noise.estimation import Estimate, Levels
from privcv_privacy.settings import PrivacySettings

S = 1_000_000_000
START_S = 1_700_006_400 // 86400 * 86400
LENGTH_S = 600
FRAMES_PER_S = 1
ZONES = 3
CELLS_OF_A_ZONE = 8  # in x
LEFT_M, RIGHT_M = -3.0, 4.0 * ZONES + 3.0  # people also walk beside the zones
IDENTITIES = {
    "period_s": 200.0,
    "grace_s": 20.0,
    "silence_s": 10.0,
    "withhold_s": 60.0,
    "away_m": 3.0,
}
FORGET_S = 10.0
LINES = {"a": LineSettings(ends_m=[4, 0, 4, 4]), "b": LineSettings(ends_m=[8, 0, 8, 4])}
LINE_STEP_S = 20  # windows begin at multiples of it
HOUR_S = 120
LEAF_S, BRANCH = 60, 3  # of footfall: small, so that a world has branches

Row = tuple[float, float, float, float]  # x, y, m; vx, vy, m/s
World = dict[int, dict[int, Row]]  # frame -> tracker's number -> where


@dataclass(frozen=True)
class Walk:
    """A stay of one person, in legs of 10 s: each stands, strolls or walks one way or the other."""

    first_s: int
    x_m: float
    legs_mps: Sequence[float]
    absent_legs: frozenset[int] = frozenset()  # not tracked meanwhile

    def rows(self) -> Iterator[tuple[int, Row]]:
        """(frame, row) of each sample."""
        x_m = self.x_m
        for leg, speed_mps in enumerate(self.legs_mps):
            for frame in range(10 * FRAMES_PER_S):
                x_m += speed_mps / FRAMES_PER_S
                if not LEFT_M <= x_m <= RIGHT_M:
                    x_m, speed_mps = float(np.clip(x_m, LEFT_M, RIGHT_M)), -speed_mps
                if leg not in self.absent_legs:
                    yield (
                        (self.first_s + 10 * leg) * FRAMES_PER_S + frame,
                        (x_m, 1.9, speed_mps, 0.0),
                    )


@dataclass(frozen=True)
class Events:
    """What happens to the device, s since the start; it never depends on who is there."""

    forced_s: frozenset[int] = frozenset()  # all identities are replaced
    restarts_s: frozenset[int] = frozenset()  # the aggregation loses its memory
    renewing: bool = False  # and has all identities replaced, as the node does


@dataclass
class Counted:
    """True histograms before noise, release by release; ``ids`` are all that were told."""

    counts: list[np.ndarray] = field(default_factory=list)
    dwell: list[np.ndarray] = field(default_factory=list)
    bias: list[np.ndarray] = field(default_factory=list)
    presence: list[np.ndarray] = field(default_factory=list)
    entries: list[np.ndarray] = field(default_factory=list)
    footfall: list[np.ndarray] = field(default_factory=list)
    hours: list[list[np.ndarray]] = field(default_factory=lambda: [[], []])  # presence, entries
    ids: set[int] = field(default_factory=set)
    rotations: list[int] = field(default_factory=list)  # ticks at which secrets were replaced


def world(walks: Sequence[Walk]) -> World:
    """The tracks of everybody; the tracker's numbers are places in ``walks``."""
    frames: World = {}
    for number, walk in enumerate(walks):
        for frame, row in walk.rows():
            if frame < LENGTH_S * FRAMES_PER_S:
                frames.setdefault(frame, {})[number] = row
    return frames


def without(frames: World, number: int, gone: frozenset[int]) -> World:
    """The same tracks, but for one person in the frames ``gone``."""
    return {
        frame: {n: row for n, row in rows.items() if n != number or frame not in gone}
        for frame, rows in frames.items()
    }


def whole_stay(frames: World, number: int, at_frame: int) -> frozenset[int]:
    """Frames of one stay of a person: no gap in it is longer than ``FORGET_S``."""
    mine = sorted(frame for frame, rows in frames.items() if number in rows)
    stays: list[list[int]] = []
    for frame in mine:
        if not stays or frame - stays[-1][-1] > FORGET_S * FRAMES_PER_S:
            stays.append([])
        stays[-1].append(frame)
    nearest = sorted(stays, key=lambda stay: abs(stay[0] - at_frame))
    return frozenset(nearest[0]) if nearest else frozenset()


def one_window(frames: World, number: int, at_frame: int, window_s: int) -> frozenset[int]:
    """Frames of a person in the window that holds a frame."""
    length = window_s * FRAMES_PER_S
    return frozenset(
        frame
        for frame, rows in frames.items()
        if number in rows and frame // length == at_frame // length
    )


@dataclass(frozen=True)
class Event:
    """What the ticks tell of one person in one zone and window."""

    ids: frozenset[int]  # of the person
    zone: int
    window_s: int
    at_s: int  # within the window

    def taken_out(self, tick: AnonymousTick) -> AnonymousTick:
        """The tick without the cells of the event. What else it tells of the person stays: other
        cells and the direction; another cell is named the last where that was one of them."""
        start_s = tick.tick * TICK_S - START_S
        if start_s // self.window_s != self.at_s // self.window_s:
            return tick
        people, begin = [], 0
        for id, cells, last, direction in zip(
            tick.ids.tolist(), tick.cells.tolist(), tick.last.tolist(), tick.direction.tolist(),
            strict=True,
        ):  # fmt: skip
            path = [tuple(cell) for cell in tick.cell_xy[begin : begin + cells].tolist()]
            begin += cells
            path.append(path[last])
            if id in self.ids:
                path = [cell for cell in path if cell[0] // CELLS_OF_A_ZONE != self.zone]
            if path:
                people.append((id, path, direction))
        return tick_in_cells(
            tick.camera, tick.tick, people, seen=tick.observed_percent, epoch_s=tick.epoch_s,
            generation=tick.generation,
            crossed=dict(zip(tick.ids.tolist(), tick.crossed.tolist(), strict=True)),
        )  # fmt: skip


def events_of(frames: World, number: int, settings: PrivacySettings, events: Events) -> list[Event]:
    """All that the ticks tell of one person, by zone and window."""
    alone = {
        frame: {n: row for n, row in rows.items() if n == number} for frame, rows in frames.items()
    }
    found: dict[tuple[int, int], set[int]] = {}

    def look(tick: AnonymousTick) -> AnonymousTick:
        start_s = tick.tick * TICK_S - START_S
        for id, cell_x in zip(tick.ids[tick.owner].tolist(), tick.cell_xy[:, 0], strict=True):
            if 0 <= (zone := int(cell_x) // CELLS_OF_A_ZONE) < ZONES:
                found.setdefault((start_s // settings.window_s, zone), set()).add(id)
        return tick

    count(alone, settings, events, look)
    return [
        Event(frozenset(ids), zone, settings.window_s, window * settings.window_s)
        for (window, zone), ids in sorted(found.items())
    ]


def untouched(tick: AnonymousTick) -> AnonymousTick:
    """The tick as the anonymizer made it."""
    return tick


def count(
    frames: World,
    settings: PrivacySettings,
    events: Events = Events(),
    told: Callable[[AnonymousTick], AnonymousTick] = untouched,
) -> Counted:
    """What the real chain counts of a world, one anonymizer, one ledger.

    ``told``: what becomes of each tick between the anonymizer and the aggregation.
    What comes after the noise is left out: it is free, and takes nine tenths of the time.
    """
    with (
        patch.object(publisher, "filter_window", unfiltered),
        patch.object(footfall, "LEAF_S", LEAF_S),
        patch.object(hour_sums, "hour_of", _short_hour),
        patch.object(anonymizer, "LINE_STEP_S", LINE_STEP_S),
        patch.object(continual, "BRANCH", BRANCH),
        patch.object(Release, "canonical", lambda release: b"bytes"),
    ):
        return _count(frames, settings, events, told)


def _short_hour(calendar: Calendar, at_s: int) -> Period:
    return Period("hour", at_s // HOUR_S * HOUR_S, (at_s // HOUR_S + 1) * HOUR_S)


def unfiltered(
    noisy: np.ndarray, scale: float, noise: str, length_s: int, *before: Any
) -> tuple[Estimate, Levels]:
    size = noisy.size
    levels = Levels(np.zeros(size), np.eye(size), length_s)
    return Estimate(np.maximum(noisy, 0).astype(float), np.ones(len(noisy))), levels


def _count(
    frames: World,
    settings: PrivacySettings,
    events: Events,
    passed: Callable[[AnonymousTick], AnonymousTick],
) -> Counted:
    camera = Anonymizer(
        AnonymizationSettings(identities={**IDENTITIES, "forget_s": FORGET_S}),
        "lobby",
        Secret("worlds"),
        epoch_s=settings.epoch_s,
        lines=LINES,
    )
    ledger, recorders, told = MemoryLedger(), [], Counted()

    def start() -> Aggregator:
        recorders.append(Recorder())
        zones = row_of_zones("lobby", ZONES, list(LINES))
        calendar = ALWAYS_UTC if settings.hour_share else None
        return Aggregator(
            settings, {"lobby": zones}, ledger, noise=recorders[-1], calendar=calendar
        )

    device, renewed = start(), -1
    for frame in range(LENGTH_S * FRAMES_PER_S + 1):
        if frame % FRAMES_PER_S == 0:
            now_s = frame // FRAMES_PER_S
            if now_s in events.restarts_s:
                device = start()
            if now_s in events.forced_s or (now_s in events.restarts_s and events.renewing):
                camera.rotate_now("test")
            if now_s in events.restarts_s and events.renewing:
                renewed = camera.next_tick
        rows = frames.get(frame, {})
        x_m, y_m, vx_mps, vy_mps = (
            [list(column) for column in zip(*rows.values(), strict=True)] if rows else [[]] * 4
        )
        stamp_ns = START_S * S + frame * S // FRAMES_PER_S
        for tick in camera.update(
            stamp_ns, list(rows), x_m, y_m, vx_mps, vy_mps, [0.5] * len(rows)
        ):
            replaced = camera.rotation_counts.rotations - len(told.rotations)
            told.rotations += [tick.tick] * replaced
            if 0 <= renewed <= tick.tick:
                device.identities_renewed("lobby", tick.tick)
                renewed = -1
            device.on_tick(passed(tick))
            told.ids.update(tick.ids.tolist())
    device.advance("lobby", (START_S + 2 * LENGTH_S) // TICK_S)
    for recorder in recorders:
        kinds = iter(recorder.made)
        told.counts += next(kinds).seen
        told.dwell += next(kinds).seen if settings.dwell_epsilon else []
        told.bias += next(kinds).seen if settings.bias_epsilon else []
        told.presence += next(kinds).seen if settings.presence_epsilon else []
        told.entries += next(kinds).seen if settings.entries_epsilon else []
        for hours in told.hours if settings.hour_share else []:
            hours += next(kinds).seen
        told.footfall += next(kinds).seen if settings.footfall_epsilon else []
    return told


def moved(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> np.ndarray:
    """By how much each release differs, entry by entry; releases must be the same ones."""
    assert [len(a) for a in one] == [len(b) for b in other]
    if not one:
        return np.zeros((0, 0), dtype=np.int64)
    return np.array([a - b for a, b in zip(one, other, strict=True)])
