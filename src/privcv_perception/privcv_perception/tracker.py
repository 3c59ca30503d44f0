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

from privcv_perception.association import innovations, overlap, pair
from privcv_perception.calibration import Calibration
from privcv_perception.detection import Detections
from privcv_perception.hindsight import Moment, look_back
from privcv_perception.lens import Floats
from privcv_perception.person_size import PersonSize
from privcv_perception.population import Population
from privcv_perception.settings import TrackerSettings
from privcv_perception.tracks import Tracks

MOST_PEOPLE = 256
"""As many as a message holds."""

BACKWARD_FRAMES = 10
"""So many frames in a row before the last one's time are a clock set back, not stray frames."""

SETTLED_S = 1.0
"""A candidate seen for longer that has not moved is taken for a thing that looks like somebody: it
keeps its place and its box, so that it is not taken over by who walks past it, nor takes them over."""

ASPECT = 0.38
"""Width over height of a walking adult's box."""


class Tracker:
    """Follows the people under one camera. Give it every frame's boxes, in order of time."""

    def __init__(
        self, settings: TrackerSettings, calibration: Calibration, image_size: tuple[int, int]
    ) -> None:
        self._settings = settings
        self._calibration = calibration
        self._image_size = image_size
        self._size = PersonSize(calibration, image_size)
        self._history = 64
        self._people = Population.empty(self._history)
        self._stamps = np.full(self._history, np.inf)
        self._pending: deque[Moment] = deque()
        self._frames = 0
        self._next_number = 0
        self._backward: list[float] = []
        self._newest_s = -np.inf
        self.dropped_boxes = 0
        """Rows that were no boxes or no place for a person."""
        self.dropped_frames = 0
        """Frames that were not later than the one before."""

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
        if not self._accept_time(stamp_s):
            return ()
        final = self.flush() if self._restart(stamp_s) else ()
        passed_s = max(stamp_s - self._newest_s, 0.0) if len(self._people) else 0.0
        self._newest_s = stamp_s
        slot = self._open_slot(stamp_s, frame)
        boxes, scores, found = self._usable(detections)
        people = self._people
        if len(people):
            self._move_on(passed_s)
        free = self._match(boxes, scores, slot)
        self._begin(boxes, scores, found, free, slot)
        self._believe()
        people = self._people
        people.path[:, slot] = people.feet
        self._part()
        return final + self._finish(stamp_s - self._settings.lag_s)

    def flush(self) -> tuple[Tracks, ...]:
        """End here: make every frame final, and forget everybody. Numbers are not used again."""
        final = self._finish(np.inf)
        self._people = Population.empty(self._history)
        self._stamps[:] = np.inf
        return final

    def _accept_time(self, stamp_s: float) -> bool:
        if np.isfinite(stamp_s) and stamp_s > self._newest_s:
            self._backward.clear()
            return True
        self.dropped_frames += 1
        if np.isfinite(stamp_s) and (not self._backward or stamp_s > self._backward[-1]):
            self._backward.append(stamp_s)
        else:
            self._backward.clear()
        if len(self._backward) < BACKWARD_FRAMES:
            return False
        self.dropped_frames -= 1
        return True

    def _restart(self, stamp_s: float) -> bool:
        """Whether nothing from before can be continued: the clock was set back, or a long gap."""
        back = stamp_s <= self._newest_s
        self._backward.clear()
        return back or stamp_s - self._newest_s > max(self._settings.lost_s, self._settings.lag_s)

    def _open_slot(self, stamp_s: float, frame: int | None) -> int:
        while self._pending and 2 * len(self._pending) + 2 > self._history:
            self._lengthen_history()
        slot = self._frames % self._history
        number = self._frames if frame is None else frame
        self._pending.append(Moment(stamp_s, number, slot))
        self._frames += 1
        self._stamps[slot] = stamp_s
        self._people.seen[:, slot] = False
        return slot

    def _lengthen_history(self) -> None:
        """Double the rings: more frames fit into the lag than there was room for."""
        old, new = self._history, 2 * self._history
        first = self._frames - min(old, self._frames)
        frames = np.arange(first, self._frames)
        source, target = frames % old, frames % new
        people = self._people

        def moved(ring: NDArray[np.generic], blank: object) -> NDArray[np.generic]:
            shape = (*ring.shape[:-1], new) if ring.ndim == 1 else (len(ring), new, *ring.shape[2:])
            wider = np.full(shape, blank, ring.dtype)
            if ring.ndim == 1:
                wider[target] = ring[source]
            else:
                wider[:, target] = ring[:, source]
            return wider

        self._stamps = moved(self._stamps, np.inf)  # type: ignore[assignment]
        people.seen = moved(people.seen, False)  # type: ignore[assignment]
        people.seen_feet = moved(people.seen_feet, 0.0)  # type: ignore[assignment]
        people.path = moved(people.path, 0.0)  # type: ignore[assignment]
        self._history = new
        renumbered = [
            Moment(moment.stamp_s, moment.frame, (self._frames - back) % new)
            for back, moment in zip(range(len(self._pending), 0, -1), self._pending, strict=True)
        ]
        self._pending = deque(renumbered)

    def _usable(self, detections: Detections) -> tuple[Floats, Floats, Floats]:
        """Boxes, scores and sizes there of what can be a person, best first."""
        boxes = np.asarray(detections.boxes, dtype=np.float64).reshape(-1, 4)
        scores = np.asarray(detections.scores, dtype=np.float64).reshape(-1)
        with np.errstate(invalid="ignore"):
            good = np.isfinite(boxes.sum(axis=1)) & (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
            good &= np.isfinite(scores)
            strong = scores >= self._settings.low_score
        rows = np.flatnonzero(good & strong)
        self.dropped_boxes += len(good) - int(np.count_nonzero(good))
        rows = rows[np.argsort(-scores[rows], kind="stable")][:MOST_PEOPLE]
        boxes, scores = boxes[rows], scores[rows]
        sure = int(np.count_nonzero(scores >= self._settings.sure_score))
        if sure < len(rows):
            double = np.tril(overlap(boxes[sure:], boxes), sure - 1) > self._settings.low_overlap
            single = np.ones(len(rows), bool)
            single[sure:] = ~double.any(axis=1)
            boxes, scores = boxes[single], scores[single]
        feet = boxes[:, :2] + boxes[:, 2:] * (0.5, 1.0)
        found = self._size.at(feet)
        tall = boxes[:, 3] / found[:, 0]
        if self._size.known:
            fits = (tall < self._settings.tallest) & (tall > self._settings.shortest / 2)
        else:
            fits = np.isfinite(tall)
        if not fits.all():
            self.dropped_boxes += int(np.count_nonzero(~fits))
            boxes, scores, found = boxes[fits], scores[fits], found[fits]
        return boxes, scores, found

    def _move_on(self, passed_s: float) -> None:
        people, settings = self._people, self._settings
        thing = (people.number < 0) & (people.last_s - people.first_s > SETTLED_S)
        thing &= people.moved_m < settings.still_m
        if thing.any():
            people.rest(thing)
        growth = 0.03 if self._size.known else 0.1
        people.predict(passed_s, settings.acceleration_mps2, growth)
        found = self._size.at(people.feet)
        lost = np.isnan(found[:, 0])
        if lost.any():
            people.here &= ~lost
            found[lost, 0] = people.body_px[lost]
            found[lost, 1:] = people.px_per_m[lost]
        people.body_px = found[:, 0]
        people.px_per_m = self._size.px_per_m(found, found[:, 0] * np.exp(people.height))

    def _match(self, boxes: Floats, scores: Floats, slot: int) -> NDArray[np.intp]:
        """Give boxes to people; returns the rows of ``boxes`` that are over."""
        people, settings = self._people, self._settings
        if not len(people) or not len(boxes):
            return np.arange(len(boxes))
        new = innovations(people, boxes, settings.box_noise)
        unpaired = people.here.copy()
        free = np.ones(len(boxes), bool)
        sure = scores >= settings.sure_score
        known = (people.number >= 0) | (people.last_s - people.first_s > SETTLED_S)
        pairs: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
        for rows, columns, gate in (
            (known, sure, settings.gate),
            (known, ~sure, settings.low_gate),
            (~known, None, settings.gate),
        ):
            columns = free if columns is None else columns & free
            paired = pair(
                new.distance, np.flatnonzero(rows & unpaired), np.flatnonzero(columns), gate
            )
            unpaired[paired[0]] = False
            free[paired[1]] = False
            pairs.append(paired)
        who = np.concatenate([p[0] for p in pairs])
        which = np.concatenate([p[1] for p in pairs])
        if len(who):
            doubt = np.where(sure[which], 1.0, 2.0)[:, None]
            step = np.stack((new.across[who, which], new.along[who, which]), axis=1)
            noise = np.stack((new.noise_across[who, which], new.noise_along[who, which]), axis=1)
            seen_feet = people.feet[who] + step
            people.correct(who, step, noise * doubt)
            whole = new.whole[who, which]
            people.correct_size(
                who,
                boxes[which, 2:],
                np.where(whole, 0.12**2, 0.48**2),
                np.where(whole, 0.25**2, 0.8**2),
            )
            self._see(who, seen_feet, scores[which], slot)
        return np.flatnonzero(free)

    def _see(self, rows: NDArray[np.intp], feet: Floats, scores: Floats, slot: int) -> None:
        people = self._people
        people.seen[rows, slot] = True
        people.seen_feet[rows, slot] = feet
        counts = scores >= self._settings.birth_score
        people.hits[rows] += counts
        people.evidence[rows] += scores * counts
        people.last_s[rows] = self._newest_s
        way = np.abs(people.feet[rows] - people.born[rows]).max(axis=1) / people.px_per_m[rows, 0]
        people.moved_m[rows] = np.maximum(people.moved_m[rows], way)

    def _begin(
        self, boxes: Floats, scores: Floats, found: Floats, free: NDArray[np.intp], slot: int
    ) -> None:
        """Start a candidate from each free box that is good enough and nobody's double."""
        settings, people = self._settings, self._people
        free = free[scores[free] >= settings.candidate_score]
        if self._size.known:
            free = free[boxes[free, 3] >= settings.shortest * found[free, 0]]
        if not len(free):
            return
        taken = people.boxes()[people.seen[:, slot]]
        same = overlap(boxes[free], np.concatenate((taken, boxes[free]))) > settings.same_overlap
        new: list[int] = []
        for row in range(len(free)):
            others = [len(taken) + earlier for earlier in new]
            if not same[row, : len(taken)].any() and not same[row, others].any():
                new.append(row)
        chosen = free[new][: max(0, MOST_PEOPLE - len(people))]
        if len(chosen):
            people.extend(self._candidates(boxes[chosen], found[chosen]))
            rows = np.arange(len(people) - len(chosen), len(people))
            self._see(rows, people.feet[rows].copy(), scores[chosen], slot)

    def _candidates(self, boxes: Floats, found: Floats) -> Population:
        count, settings = len(boxes), self._settings
        feet = boxes[:, :2] + boxes[:, 2:] * (0.5, 1.0)
        per_m = self._size.px_per_m(found, boxes[:, 3])
        log_height = np.log(boxes[:, 3] / found[:, 0])
        known = self._size.known
        ones = np.ones(count)
        edge = np.repeat((settings.box_noise * boxes[:, 3:]) ** 2, 2, axis=1)
        # A calibrated height is first an adult's, corrected by the box as any later one is.
        prior, noise = 0.08**2, 0.12**2
        share = prior / (prior + noise) if known else 1.0
        return Population(
            number=np.full(count, -1),
            feet=feet,
            speed=np.zeros((count, 2)),
            var_feet=edge,
            covariance=np.zeros((count, 2)),
            var_speed=(settings.speed_mps * per_m) ** 2,
            height=log_height * share,
            var_height=ones * (prior * (1 - share) if known else noise),
            aspect=ones * np.log(ASPECT),
            var_aspect=ones * 0.1**2,
            body_px=found[:, 0].copy(),
            px_per_m=per_m,
            born=feet.copy(),
            moved_m=np.zeros(count),
            hits=np.zeros(count),
            evidence=np.zeros(count),
            first_s=ones * self._newest_s,
            last_s=ones * self._newest_s,
            here=np.ones(count, bool),
            seen=np.zeros((count, self._history), bool),
            seen_feet=np.zeros((count, self._history, 2)),
            path=np.zeros((count, self._history, 2)),
        )

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

    def _part(self) -> None:
        """Let go of who left the image or was not seen for too long."""
        people, settings = self._people, self._settings
        if not len(people):
            return
        width, height = self._image_size
        x, y = people.feet[:, 0], people.feet[:, 1]
        below = 0.3 * people.body_px * np.exp(people.height)
        unseen_s = self._newest_s - people.last_s
        believed = people.number >= 0
        gone = (x < -5) | (x > width + 5) | (y < 0) | (y > height + below)
        settled = believed | (people.last_s - people.first_s > SETTLED_S)
        gone |= unseen_s > np.where(settled, settings.lost_s, settings.unsure_s) + 1e-9
        people.here &= ~gone
        keep = people.here | (believed & (unseen_s <= settings.lag_s + 1e-9))
        if not keep.all():
            people.keep(keep)

    def _finish(self, until_s: float) -> tuple[Tracks, ...]:
        final = []
        while self._pending and self._pending[0].stamp_s <= until_s + 1e-9:
            moment = self._pending[0]
            final.append(
                look_back(
                    moment, self._people, self._stamps, self._size, self._calibration,
                    self._settings,
                )
            )  # fmt: skip
            self._pending.popleft()
        return tuple(final)
