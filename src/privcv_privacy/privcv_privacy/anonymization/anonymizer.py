# SPDX-License-Identifier: Apache-2.0
"""Anonymizer: tracks in metres to pseudonymous ones, cells for places and ticks for times.

One ``AnonymousTick`` per camera and tick of event time, in shuffled order, also when empty.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privcv_core.event_time.frame_times import FrameTime, FrameTimes
from privcv_core.protocol.timestamps import ns_from_s
from privcv_privacy.anonymization.crowding import columns_of, fit_a_message
from privcv_privacy.anonymization.epoch_identities import EpochIdentities
from privcv_privacy.anonymization.identities import Identities, RotationCounts, Shown, Sighting
from privcv_privacy.anonymization.line_crossings import LineCrossings
from privcv_privacy.anonymization.person_features import TickSamples
from privcv_privacy.anonymization.rotation import Phase
from privcv_privacy.anonymization.secret import Secret, test_secret_from_environment
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import CELL_M, MAX_PEOPLE, TICK_S, AnonymousTick
from privcv_privacy.line_settings import LINE_STEP_S, LineSettings

TICK_NS = ns_from_s(TICK_S)
NO_LINES: Mapping[str, LineSettings] = {}


@dataclass
class AnonymizationCounts:
    """What did not pass, since the start; for /diagnostics."""

    frames: int = 0
    backwards: int = 0  # frames not later than the one before: ignored
    future: int = 0  # frames too far ahead: ignored
    clock_steps: int = 0  # how often the clock was set
    skipped_ticks: int = 0  # empty ticks not published because there were too many at once
    invalid: int = 0  # people without a finite place within reach of a cell
    crowded_out: int = 0  # people beyond the 256 of a tick
    cells_over: int = 0  # cells beyond the 32 of a person and tick, of those who were told
    cells_crowded_out: int = 0  # cells beyond the 4,096 of a tick


class Anonymizer:
    """Turns the tracks of one camera into anonymous ticks.

    Pass every frame that was looked at to ``update``, also without people. The secret comes from
    the operating system unless ``settings.identities.unsafe_test_secret`` and the environment
    variable PRIVCV_UNSAFE_TEST_SECRET are both set; see ``unsafe``.

    ``epoch_s``: 0 for the unit ``visit``; for the weaker units the length of their dwell period, s:
    then ids last from one multiple of it to the next, and nothing else decides about them.
    ``lines``: what people cross, by name; under the weaker units no crossing is told that began
    before the last multiple of ``LINE_STEP_S``.
    """

    def __init__(
        self,
        settings: AnonymizationSettings,
        camera: str,
        secret: Secret | None = None,
        epoch_s: int = 0,
        lines: Mapping[str, LineSettings] = NO_LINES,
    ) -> None:
        if secret is None:
            allowed = settings.identities.unsafe_test_secret
            secret = Secret(test_secret_from_environment(allowed))
        self.counts = AnonymizationCounts()
        self._settings = settings
        self._camera = camera
        self._secret = secret
        self._epoch_s = epoch_s
        self._identities = (
            EpochIdentities(settings.identities, secret)
            if epoch_s
            else Identities(settings.identities, secret)
        )
        self._lines = LineCrossings(lines, settings.identities.forget_s)
        self._tick: int | None = None
        self._last_ns = 0
        self._observed_ns = 0
        self._samples: dict[int, TickSamples] = {}
        self._times = FrameTimes(ns_from_s(settings.jump_tolerance_s))
        self._shift_ns = 0  # steady time less event time: what no setting of a clock changes
        self._steady_ns = 0  # of the last tick

    @property
    def unsafe(self) -> bool:
        """True when identities come from a test secret: report it, never run it in production."""
        return self._secret.unsafe

    @property
    def secret_locked(self) -> bool:
        """True when the secret cannot be swapped to a disk."""
        return self._secret.locked

    @property
    def next_tick(self) -> int:
        """The earliest tick that is not published yet; 0 before the first frame."""
        return self._tick or 0

    @property
    def generation(self) -> int:
        """How often all identities were replaced on request: that of the next tick."""
        return self._identities.counts.forced

    @property
    def phase(self) -> Phase:
        """Where the current rotation of identities is."""
        return self._identities.phase

    @property
    def rotation_counts(self) -> RotationCounts:
        """How rotations ended since the start."""
        return self._identities.counts

    def update(
        self,
        stamp_ns: int,
        ids: Sequence[int] | npt.NDArray[np.uint32],
        x_m: Sequence[float] | npt.NDArray[np.float32],
        y_m: Sequence[float] | npt.NDArray[np.float32],
        vx_mps: Sequence[float] | npt.NDArray[np.float32],
        vy_mps: Sequence[float] | npt.NDArray[np.float32],
        width_m: Sequence[float] | npt.NDArray[np.float32],
        era: int = 0,
    ) -> list[AnonymousTick]:
        """Take one frame, arrays of one length (n,); returns the ticks that it ended, oldest first.

        A frame whose stamp is not later than the last one is counted and changes nothing, unless
        the clock was set: then ``era`` is another one, or frames go on so (``FrameTimes``). The
        tick under way is ended then; who is withheld, and how long ids live, goes by the time
        that really passed.
        """
        judged = self._times.judge(stamp_ns, era) if stamp_ns >= 0 else FrameTime.STRAY
        self._count_times()
        if judged is FrameTime.STRAY:
            return []
        is_step = judged is FrameTime.STEP
        ended = self._step_to(stamp_ns) if is_step else self._move_to(stamp_ns)
        self.counts.frames += 1
        for number, x, y, vx, vy, width in zip(ids, x_m, y_m, vx_mps, vy_mps, width_m, strict=True):
            if not all(map(math.isfinite, (x, y, vx, vy, width))) or not _within_reach(
                float(x), float(y)
            ):
                self.counts.invalid += 1
                continue
            samples = self._samples.setdefault(int(number), TickSamples())
            width = width if self._settings.size_classes else 0.0
            samples.add(float(x), float(y), float(vx), float(vy), float(width))
            now_ns = stamp_ns + self._shift_ns
            samples.crossed |= self._lines.see(int(number), now_ns, float(x), float(y))
        return ended

    def flush(self) -> list[AnonymousTick]:
        """End of the stream: the tick that is under way, if any."""
        if self._tick is None:
            return []
        return self._end_ticks_before(self._tick + 1)

    def rotate_now(self, reason: str) -> str:
        """Replace the secret now and forget every identity made with the old one.

        Nobody who is there now is shown for a while, see ``IdentitySettings.silence_s``. Returns a
        line for the audit log; it holds no identity.
        """
        self._identities.rotate_now()
        self._lines.clear()
        words = "".join(c if c.isprintable() else " " for c in reason)[:64]
        return f"identities of camera '{self._camera}' replaced and forgotten: {words}"

    def close(self) -> None:
        """Overwrite the secret and forget all people."""
        self._identities.wipe()
        self._lines.clear()
        self._samples.clear()

    def _count_times(self) -> None:
        times, counts = self._times, self.counts
        counts.backwards, counts.future = times.behind, times.ahead
        counts.clock_steps = times.steps

    def _step_to(self, stamp_ns: int) -> list[AnonymousTick]:
        """The clock was set: end the tick under way as it is, and go on in that of ``stamp_ns``."""
        tick = stamp_ns // TICK_NS
        ended = [] if self._tick in (None, tick) else self.flush()
        self._tick, self._last_ns = tick, stamp_ns
        self._shift_ns = self._times.steady_ns - stamp_ns
        if self._epoch_s:  # what is open is closed as it is
            self._lines.clear()
        return ended

    def _move_to(self, stamp_ns: int) -> list[AnonymousTick]:
        """Count the time since the last frame as observed, and end the ticks that are over."""
        tick = stamp_ns // TICK_NS
        if self._tick is None:
            self._tick, self._last_ns = tick, stamp_ns
            return []
        looked = stamp_ns - self._last_ns <= ns_from_s(self._settings.gap_tolerance_s)
        ended = []
        if tick > self._tick:
            if looked:
                self._observed_ns += max(0, (self._tick + 1) * TICK_NS - self._last_ns)
            ended = self._end_ticks_before(tick)
            self._last_ns = max(self._last_ns, tick * TICK_NS)
        if looked:
            self._observed_ns += stamp_ns - self._last_ns
        self._last_ns = stamp_ns
        return ended

    def _end_ticks_before(self, tick: int) -> list[AnonymousTick]:
        assert self._tick is not None
        first = self._tick
        start = max(first + 1, tick - self._settings.catch_up_ticks)
        ended = [self._end_tick(first)]
        self.counts.skipped_ticks += start - (first + 1)
        ended.extend(self._end_tick(missing) for missing in range(start, tick))
        self._tick = tick
        # Where another unit pays for another window, no way goes on from one to the next.
        if self._epoch_s and first * TICK_S // LINE_STEP_S != tick * TICK_S // LINE_STEP_S:
            self._lines.clear()
        self._lines.forget(tick * TICK_NS + self._shift_ns)
        return ended

    def _end_tick(self, tick: int) -> AnonymousTick:
        # Steady time: a clock that is set neither ends nor prolongs grace and withholding.
        now_ns = self._steady_ns = max(self._steady_ns, tick * TICK_NS + self._shift_ns)
        samples = dict(self._samples)
        self._samples.clear()
        seen = {number: of_one.sighting() for number, of_one in samples.items()}
        shown = self._shown(tick, now_ns, seen)
        # Only frames and the schedule of rotations decide this, never people: it is released as is.
        observed = (100 * self._observed_ns + TICK_NS // 2) // TICK_NS
        self._observed_ns = 0
        order = sorted(shown.ids, key=lambda number: self._shuffled(tick, shown.ids[number]))
        self.counts.crowded_out += max(0, len(order) - MAX_PEOPLE)
        order = order[:MAX_PEOPLE]
        people, wanted = [samples[n] for n in order], [seen[n] for n in order]
        told = fit_a_message(people, wanted)
        cells, most, all_cells = (sum(map(_cells, each)) for each in (told, wanted, people))
        self.counts.cells_over += all_cells - most
        self.counts.cells_crowded_out += most - cells
        return AnonymousTick(
            camera=self._camera,
            tick=tick,
            tick_s=TICK_S,
            observed_percent=0 if shown.dark else min(100, observed),
            ids=np.array([shown.ids[number] for number in order], dtype=np.uint64),
            **columns_of(people, told),
            epoch_s=self._epoch_s,
            generation=self.generation,
        )

    def _shown(self, tick: int, now_ns: int, seen: dict[int, Sighting]) -> Shown:
        if isinstance(self._identities, EpochIdentities):
            return self._identities.step(now_ns, seen, tick * TICK_S // self._epoch_s)
        return self._identities.step(now_ns, seen)

    def _shuffled(self, tick: int, id: int) -> int:
        """A place in an order that nobody without the secret can tell from a random one."""
        return self._secret.hash64(b"order", struct.pack(">QQ", tick, id))


def _cells(one: Sighting | TickSamples) -> int:
    return len(one.cells)


def _within_reach(x_m: float, y_m: float) -> bool:
    """Can an int16 hold the cell?"""
    return max(abs(x_m), abs(y_m)) < 32767 * CELL_M
