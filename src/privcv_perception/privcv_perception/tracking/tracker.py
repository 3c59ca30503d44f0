# SPDX-License-Identifier: Apache-2.0
"""The tracker: boxes of single frames become people with a number, a place and a velocity.

Each frame: everybody moves on, sure boxes are paired with known people, then unsure ones with
whom is left (Zhang et al. 2022), then with candidates; what is over starts a candidate. A frame
becomes final ``lag_s`` later, when it is known who was believed in and where they went next.
Deterministic, and all state is in the instance.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats, constant
from privcv_perception.calibration.calibration import Calibration
from privcv_perception.calibration.person_size import LOG_BODY, PER_M, PersonSize
from privcv_perception.detection.detector import Detections
from privcv_perception.tracking.association import (
    Innovations,
    Pair,
    close_pairs,
    innovations,
    overlap,
    pair,
)
from privcv_perception.tracking.fixed_lag_smoother import Moment, look_back
from privcv_perception.tracking.frame_order import FrameClock
from privcv_perception.tracking.measurements import MOST_PEOPLE, Boxes, Limits, usable_boxes
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tentative import candidates
from privcv_perception.tracking.track_states import FEET, HEIGHT, Population, standing_edges
from privcv_perception.tracking.tracks import Tracks

SETTLED_S = 1.0
"""A candidate seen for longer that has not moved is taken for a thing that looks like somebody:
it keeps its place and its box, so that neither takes over the other when somebody walks past."""

SURE_OR_NOT = np.array((1.0, 2.0))
"""So much more variance has the position of a box of low score."""

GROWTH, GROWTH_UNKNOWN = 0.03, 0.1
"""Drift of the log height, per root of a second, with and without a calibration."""

LEFT_PX = 5
"""Feet this far beside the image have left it; below it, a share ``BELOW`` of its height."""
BELOW = 0.25

LONG_AGO_S = -1e9


class Tracker:
    """Follows the people under one camera. Give it every frame's boxes, in order of time."""

    def __init__(
        self, settings: TrackerSettings, calibration: Calibration, image_size: tuple[int, int]
    ) -> None:
        self._settings = settings
        self._size = PersonSize(calibration, image_size)
        self._least = np.array((-LEFT_PX, 0.0))
        self._most = np.array((image_size[0] + LEFT_PX, image_size[1] * (1 + BELOW)))
        self._limits = Limits(settings)
        self._gate, self._low_gate = constant(settings.gate), constant(settings.low_gate)
        self._box_noise = constant(settings.box_noise)
        self._smoothing_s = constant(settings.smoothing_s)
        self._longest_s = max(settings.lost_s, settings.lag_s)
        self._shortest_s = min(settings.lost_s, settings.unsure_s, settings.lag_s)
        self._history = 16
        self._people = Population.empty(self._history)
        self._doubted = 0
        self._stamps = np.full(self._history, LONG_AGO_S)
        self._pending: deque[Moment] = deque()
        self._frames = 0
        self._next_number = 0
        self._clock = FrameClock()
        self._newest_s = -np.inf
        self.dropped_boxes = 0
        """Rows that were no boxes or no place for a person."""

    @property
    def dropped_frames(self) -> int:
        """Frames that were not later than the one before."""
        return self._clock.dropped

    @property
    def alive(self) -> int:
        """How many people are followed now, those not yet believed in included."""
        return int(np.count_nonzero(self._people.here))

    def update(
        self, detections: Detections, stamp_s: float, frame: int | None = None
    ) -> tuple[Tracks, ...]:
        """Take in the boxes of the frame taken at ``stamp_s`` (event time, s).

        ``frame``: its index, default the number of frames before it. Returns the frames that
        became final, oldest first: about one a call, none during the first ``lag_s``. A frame
        that is not later than the one before is dropped and counted.
        """
        if not self._clock.accept(stamp_s):
            return ()
        passed_s = stamp_s - self._newest_s
        # A clock that was set back, or a long gap: nothing from before can be continued.
        final = () if 0 < passed_s <= self._longest_s else self.flush()
        if len(self._people):
            self._move_on(passed_s)
        self._newest_s = stamp_s
        slot = self._open_slot(stamp_s, frame)
        boxes, dropped = usable_boxes(detections, self._size, self._limits)
        self.dropped_boxes += dropped
        free = self._match(boxes, slot)
        if free:
            self._begin(boxes, np.array(free), slot)
        if self._doubted:
            self._believe()
        self._part()
        return final + self._finish(stamp_s - self._settings.lag_s)

    def flush(self) -> tuple[Tracks, ...]:
        """End here: make every frame final, and forget everybody. Numbers are not used again."""
        final = self._finish(np.inf)
        self._people = Population.empty(self._history)
        self._doubted = 0
        self._stamps[:] = LONG_AGO_S
        return final

    def _open_slot(self, stamp_s: float, frame: int | None) -> int:
        while self._pending and 2 * len(self._pending) + 2 > self._history:
            self._lengthen_history()
        slot = self._frames % self._history
        number = self._frames if frame is None else frame
        self._pending.append(Moment(stamp_s, number, slot))
        self._frames += 1
        self._stamps[slot] = stamp_s
        self._people.seen[:, slot] = 0.0
        return slot

    def _lengthen_history(self) -> None:
        """Double the rings: more frames fit into the lag than there was room for."""
        old, new = self._history, 2 * self._history
        frames = np.arange(max(0, self._frames - old), self._frames)
        source, target = frames % old, frames % new
        people = self._people
        stamps, seen = self._stamps, people.seen
        self._stamps = np.full(new, LONG_AGO_S)
        self._stamps[target] = stamps[source]
        people.seen = np.zeros((len(people), new, 3))
        people.seen[:, target] = seen[:, source]
        self._history = new
        renumbered = [
            Moment(moment.stamp_s, moment.frame, (self._frames - back) % new)
            for back, moment in zip(range(len(self._pending), 0, -1), self._pending, strict=True)
        ]
        self._pending = deque(renumbered)

    def _move_on(self, passed_s: float) -> None:
        people, settings = self._people, self._settings
        if self._doubted:
            thing = (people.number < 0) & (people.last_s - people.first_s > SETTLED_S)
            people.rest(thing & (people.moved_m < settings.still_m))
        people.predict(
            passed_s, settings.acceleration_mps2, GROWTH if self._size.known else GROWTH_UNKNOWN
        )
        found = self._size.at(people.state[:, FEET])
        lost = np.isnan(found[:, 0])
        if any(lost.tolist()):
            people.here &= ~lost
            found[lost, LOG_BODY] = people.log_body[lost]
            found[lost, PER_M] = people.px_per_m[lost]
        people.log_body = found[:, LOG_BODY]
        if self._size.metric:
            people.px_per_m = found[:, PER_M]
        else:
            height = np.exp(people.log_body + people.state[:, HEIGHT])
            people.px_per_m = self._size.px_per_m(found, height)

    def _match(self, boxes: Boxes, slot: int) -> list[int]:
        """Give boxes to people; returns the rows of ``boxes`` that are over."""
        people = self._people
        count = len(boxes.scores)
        if not len(people) or not count:
            return list(range(count))
        new = innovations(people, boxes.edges, boxes.log_sizes[:, 1], self._box_noise)
        pairs = self._pairs(new, sum((boxes.scores >= self._limits.sure_score).tolist()))
        if pairs:
            self._learn(sorted(pairs), new, boxes, slot)
        taken = {box for _, box in pairs}
        return [box for box in range(count) if box not in taken]

    def _pairs(self, new: Innovations, sure: int) -> list[Pair]:
        """Whose box is whose; the first ``sure`` boxes have a high score."""
        people = self._people
        known = [True] * len(people)
        if self._doubted:
            settled_s = people.last_s - people.first_s
            known = ((people.number >= 0) | (settled_s > SETTLED_S)).tolist()
        here = people.here.tolist()
        near = [each for each in close_pairs(new.distance, self._gate) if here[each[0]]]
        pairs = pair(
            new.distance,
            [(who, box) for who, box in near if known[who] and box < sure],
            self._gate,
        )
        if sure < new.distance.shape[1]:
            fed = {who for who, _ in pairs}
            left = [
                (who, box + sure)
                for who, box in close_pairs(new.distance[:, sure:], self._low_gate)
                if here[who] and known[who] and who not in fed
            ]
            pairs = pairs + pair(new.distance, left, self._low_gate)
        if self._doubted:
            taken = {box for _, box in pairs}
            left = [(who, box) for who, box in near if not known[who] and box not in taken]
            pairs = pairs + pair(new.distance, left, self._gate)
        return pairs

    def _learn(self, pairs: list[Pair], new: Innovations, boxes: Boxes, slot: int) -> None:
        """Correct people by the boxes they are paired with; ``pairs`` are in order of people."""
        people = self._people
        who, which = np.array(pairs).T
        values, noise = new.of_pairs(who, which, boxes.log_sizes)
        scores = boxes.scores.take(which)
        unsure = scores < self._limits.sure_score
        if any(unsure.tolist()):
            noise[:, FEET] *= SURE_OR_NOT.take(unsure)[:, None]
        rows = slice(None) if len(who) == len(people) else who
        seen_feet = people.state[rows, FEET] + values[:, FEET]
        people.correct(who, values, noise)
        self._see(rows, seen_feet, scores, slot)

    def _see(self, rows: NDArray[np.intp] | slice, feet: Floats, scores: Floats, slot: int) -> None:
        people = self._people
        people.seen[rows, slot, 0] = 1.0
        people.seen[rows, slot, 1:] = feet
        people.last_s[rows] = self._newest_s
        if self._doubted:
            counts = scores >= self._settings.birth_score
            people.hits[rows] += counts
            people.evidence[rows] += scores * counts
            way = np.abs(people.state[:, FEET] - people.born).max(axis=1) / people.px_per_m[:, 0]
            seen = people.seen[:, slot, 0] > 0
            np.maximum(people.moved_m, way, out=people.moved_m, where=seen)

    def _begin(self, boxes: Boxes, free: NDArray[np.intp], slot: int) -> None:
        """Start a candidate from each free box that is good enough and nobody's double."""
        settings, people = self._settings, self._people
        free = free[boxes.scores[free] >= settings.candidate_score]
        if self._size.known:
            free = free[boxes.tall[free] >= np.log(settings.shortest)]
        if not len(free):
            return
        seen = people.seen[:, slot, 0] > 0
        taken = standing_edges(people.state[seen, FEET], np.exp(people.log_sizes()[seen]))
        edges = boxes.edges[free]
        same = overlap(edges, np.concatenate((taken, edges))) > settings.same_overlap
        new: list[int] = []
        for row in range(len(free)):
            others = [len(taken) + earlier for earlier in new]
            if not same[row, : len(taken)].any() and not same[row, others].any():
                new.append(row)
        chosen = free[new][: max(0, MOST_PEOPLE - len(people))]
        if len(chosen):
            people.extend(
                candidates(boxes, chosen, self._newest_s, self._history, self._size, settings)
            )
            self._doubted += len(chosen)
            self._see(slice(-len(chosen), None), boxes.feet[chosen], boxes.scores[chosen], slot)

    def _believe(self) -> None:
        """Number the candidates that have earned it."""
        people, settings = self._people, self._settings
        earned = (people.number < 0) & (people.hits >= settings.birth_hits)
        if not earned.any():
            return
        mean = people.evidence / np.maximum(people.hits, 1)
        earned &= (people.moved_m > settings.still_m) | (mean > settings.still_score)
        count = int(np.count_nonzero(earned))
        people.number[earned] = np.arange(self._next_number, self._next_number + count)
        self._next_number += count
        self._doubted -= count

    def _part(self) -> None:
        """Let go of who left the image or was not seen for too long."""
        people, settings = self._people, self._settings
        if not len(people):
            return
        feet = people.state[:, FEET]
        within = (feet >= self._least) & (feet <= self._most)
        oldest_s = constant(self._newest_s - self._shortest_s)
        staying = np.count_nonzero(people.here) + np.count_nonzero(people.last_s >= oldest_s)
        if staying + np.count_nonzero(within) == 4 * len(people):
            return
        inside = within[:, 0] & within[:, 1]
        unseen_s = self._newest_s - people.last_s
        believed = people.number >= 0
        settled = believed | (people.last_s - people.first_s > SETTLED_S)
        limit_s = np.where(settled, settings.lost_s, settings.unsure_s)
        people.here &= inside & (unseen_s <= limit_s + 1e-9)
        keep = people.here | (believed & (unseen_s <= settings.lag_s + 1e-9))
        if np.count_nonzero(keep) < len(keep):
            people.keep(keep)
            self._doubted = int(np.count_nonzero(people.number < 0))

    def _finish(self, until_s: float) -> tuple[Tracks, ...]:
        final = []
        while self._pending and self._pending[0].stamp_s <= until_s + 1e-9:
            final.append(
                look_back(
                    self._pending.popleft(), self._people, self._stamps, self._size,
                    self._smoothing_s,
                )
            )  # fmt: skip
        return tuple(final)
