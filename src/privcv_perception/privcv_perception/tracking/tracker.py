# SPDX-License-Identifier: Apache-2.0
"""Multi-object tracker: boxes of single frames become people with a number, place and velocity.

Each frame: every track is predicted, boxes are associated with settled tracks, then with tentative
ones; a free box starts a tentative track, which its boxes confirm. A frame becomes final ``lag_s``
later (fixed-lag smoother), when it is known who was confirmed and where they went next.
Deterministic, and all state is in the instance.
"""

import math

import numpy as np
from numpy.typing import NDArray

from privcv_core.event_time.frame_times import FrameTime, FrameTimes
from privcv_core.protocol.timestamps import ns_from_s
from privcv_perception.arrays import Floats, constant
from privcv_perception.calibration.calibration import Calibration
from privcv_perception.calibration.person_size import LOG_BODY, PER_M, PersonSize
from privcv_perception.detection.detector import Detections
from privcv_perception.tracking.association import Pair, associate
from privcv_perception.tracking.fixed_lag_smoother import smoothed_tracks
from privcv_perception.tracking.frame_ring import FrameRing
from privcv_perception.tracking.handover import (
    handed_over,
    note_edge_turns,
    note_regained,
    split,
)
from privcv_perception.tracking.innovation import Innovations, innovations
from privcv_perception.tracking.leaving import Leaving, note_alone
from privcv_perception.tracking.measurements import Measurements, Thresholds, usable_measurements
from privcv_perception.tracking.recall import RecallProxy
from privcv_perception.tracking.seen_boxes import fill_hidden
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tentative import (
    SETTLED_S,
    rows_to_start,
    settled,
    tentative_tracks,
    to_confirm,
)
from privcv_perception.tracking.track_states import FEET, HEIGHT, TrackStates
from privcv_perception.tracking.tracks import Tracks
from privcv_perception.tracking.unknown_size import foresee_sizes, judge_sizes

SURE_OR_NOT = np.array((1.0, 2.0))
"""So much more variance has the position of a box of low score."""

GROWTH, GROWTH_UNKNOWN = 0.03, 0.15
"""Drift of the log height, per root of a second, with and without a calibration."""


class FloorTracker:
    """Follows the people under one camera; fed with every frame's boxes, in order of event time.

    ``image_size``: (width, height) of the frames, px.
    """

    def __init__(
        self, settings: TrackerSettings, calibration: Calibration, image_size: tuple[int, int]
    ) -> None:
        self._settings = settings
        self._size = PersonSize(calibration, image_size)
        self._image = np.array(image_size, float)
        self._leaving = Leaving(settings, image_size)
        self._thresholds = Thresholds(settings)
        self._farthest, self._farthest_low = constant(settings.gate), constant(settings.low_gate)
        self._box_noise = constant(settings.box_noise)
        self._smoothing_s = constant(settings.smoothing_s)
        self._longest_s = max(settings.lost_s, settings.lag_s)
        self._ring = FrameRing()
        self._states = TrackStates.empty(self._ring.length)
        self._tentative = 0
        self._next_number = 0
        self._times = FrameTimes()
        self._timeless = 0
        self._newest_s = -np.inf
        self.recall = RecallProxy()
        self.dropped_boxes = 0
        """Rows that were no boxes or no place for a person."""

    @property
    def dropped_frames(self) -> int:
        """Frames that were not later than the one before, or had no time."""
        return self._times.behind + self._timeless

    @property
    def alive(self) -> int:
        """How many people are followed now, tentative tracks included."""
        return int(np.count_nonzero(self._states.here))

    def update(
        self, detections: Detections, stamp_s: float, frame: int | None = None, era: int = 0
    ) -> tuple[Tracks, ...]:
        """Track the boxes of the frame taken at ``stamp_s`` (event time, s).

        ``frame``: its index, default the number of frames before it. Returns the frames that
        became final, oldest first: about one a call, none during the first ``lag_s``. A frame
        that is not later than the one before is dropped and counted, unless the clock was set:
        then ``era`` is another one, or frames go on so (``FrameTimes``).
        """
        if not math.isfinite(stamp_s):
            self._timeless += 1
            return ()
        judged = self._times.judge(ns_from_s(stamp_s), era)
        if judged is FrameTime.STRAY:
            return ()
        passed_s = stamp_s - self._newest_s
        # A clock that was set, or a long gap: nothing from before can be continued.
        goes_on = judged is FrameTime.NEXT and passed_s <= self._longest_s
        final = () if goes_on else self.flush()
        if not detections.looked:
            self._ring.add(stamp_s, frame, self._states, looked=False)
            return final + self._finish(stamp_s - self._settings.lag_s)
        if len(self._states):
            self._predict(passed_s)
        self._newest_s = stamp_s
        slot = self._ring.add(stamp_s, frame, self._states)
        boxes, dropped = usable_measurements(detections, self._size, self._thresholds)
        self.dropped_boxes += dropped
        before = self._states.speed.copy()
        free = self._match(boxes, slot)
        note_alone(self._states, slot, passed_s)
        note_edge_turns(self._states, before, self._image, self._ring.stamps_s, stamp_s)
        if free:
            self._start(boxes, np.array(free), slot)
        if self._tentative:
            self._confirm()
        self._split_handovers()
        self._delete()
        return final + self._finish(stamp_s - self._settings.lag_s)

    def flush(self) -> tuple[Tracks, ...]:
        """End here: make every frame final and delete every track. Ids are not used again."""
        final = self._finish(np.inf)
        self._states = TrackStates.empty(self._ring.length)
        self._tentative = 0
        self._ring.forget()
        return final

    def _predict(self, passed_s: float) -> None:
        states, settings = self._states, self._settings
        if self._tentative:
            thing = (states.number < 0) & (states.last_s - states.first_s > SETTLED_S)
            states.rest(thing & (states.moved_m < settings.still_m))
        states.predict(
            passed_s, settings.acceleration_mps2, GROWTH if self._size.known else GROWTH_UNKNOWN
        )
        if not self._size.known:
            foresee_sizes(states, passed_s)
        found = self._size.at(states.state[:, FEET])
        lost = np.isnan(found[:, 0])
        if any(lost.tolist()):
            states.here &= ~lost
            found[lost, LOG_BODY] = states.log_body[lost]
            found[lost, PER_M] = states.px_per_m[lost]
        states.log_body = found[:, LOG_BODY]
        if self._size.metric:
            states.px_per_m = found[:, PER_M]
        else:
            height = np.exp(states.log_body + states.state[:, HEIGHT])
            states.px_per_m = self._size.px_per_m(found, height)

    def _match(self, boxes: Measurements, slot: int) -> list[int]:
        """Give boxes to tracks; returns the rows of ``boxes`` that are left over."""
        states = self._states
        count = len(boxes.scores)
        if not len(states) or not count:
            return list(range(count))
        new = innovations(states, boxes.edges, boxes.log_sizes[:, 1], self._box_noise)
        pairs = associate(
            new.distance,
            states.here.tolist(),
            settled(states).tolist() if self._tentative else [True] * len(states),
            sum((boxes.scores >= self._thresholds.sure_score).tolist()),
            self._farthest,
            self._farthest_low,
        )
        if pairs:
            self._correct(sorted(pairs), new, boxes, slot)
        taken = {box for _, box in pairs}
        return [box for box in range(count) if box not in taken]

    def _correct(self, pairs: list[Pair], new: Innovations, boxes: Measurements, slot: int) -> None:
        """Correct tracks by the boxes they are paired with; ``pairs`` are in order of tracks."""
        states = self._states
        who, which = np.array(pairs).T
        values, noise, part = new.of_pairs(who, which, boxes.log_sizes)
        shown = boxes.shown.take(which, axis=0)
        if not self._size.known:
            of_height, now_s = (values[:, 3], noise[:, 3]), self._newest_s
            part &= judge_sizes(states, who, *of_height, shown, self._image[1], now_s)
        note_regained(states, who, self._ring.stamps_s, self._newest_s)
        scores = boxes.scores.take(which)
        unsure = scores < self._thresholds.sure_score
        if any(unsure.tolist()):
            noise[:, FEET] *= SURE_OR_NOT.take(unsure)[:, None]
        rows = slice(None) if len(who) == len(states) else who
        seen_feet = states.state[rows, FEET] + values[:, FEET]
        states.correct(who, values, noise)
        if np.count_nonzero(part):
            fill_hidden(shown, part, states.log_sizes()[rows])
        self._observe(rows, seen_feet, shown, scores, slot)

    def _observe(
        self, rows: NDArray[np.intp] | slice, feet: Floats, shown: Floats, scores: Floats, slot: int
    ) -> None:
        """Note that ``rows`` were seen in the newest frame, and what speaks for confirming them."""
        states = self._states
        states.seen[rows, slot, 0] = 1.0
        states.seen[rows, slot, 1:] = feet
        states.shown[rows, slot] = shown
        states.last_s[rows] = self._newest_s
        states.alone_s[rows] = 0.0
        if self._tentative:
            counts = scores >= self._settings.birth_score
            states.hits[rows] += counts
            states.evidence[rows] += scores * counts
            way_px = np.abs(states.state[:, FEET] - states.first_feet).max(axis=1)
            seen = states.seen[:, slot, 0] > 0
            np.maximum(
                states.moved_m, way_px / states.px_per_m[:, 0], out=states.moved_m, where=seen
            )

    def _start(self, boxes: Measurements, free: NDArray[np.intp], slot: int) -> None:
        """Start a tentative track from each free box that is good enough and nobody's double."""
        settings, states = self._settings, self._states
        free = free[boxes.scores[free] >= settings.candidate_score]
        if self._size.known:
            free = free[boxes.tall[free] >= np.log(settings.shortest)]
        rows = rows_to_start(boxes, free, states, slot, settings, size_known=self._size.known)
        if len(rows):
            states.extend(
                tentative_tracks(
                    boxes, rows, self._newest_s, self._ring.length, self._size, settings
                )
            )
            self._tentative += len(rows)
            first, new = boxes.subset(rows), slice(-len(rows), None)
            self._observe(new, first.feet, first.shown, first.scores, slot)

    def _confirm(self) -> None:
        """Give a number to each tentative track that has earned it."""
        earned = to_confirm(self._states, self._settings)
        count = int(np.count_nonzero(earned))
        if count:
            self._states.number[earned] = np.arange(self._next_number, self._next_number + count)
            self._next_number += count
            self._tentative -= count

    def _split_handovers(self) -> None:
        """Give a number of its own to whoever came in where another went out."""
        rows = handed_over(self._states, self._ring.stamps_s, self._newest_s)
        if len(rows):
            split(self._states, rows, self._ring.stamps_s, self._next_number)
            self._next_number += len(rows)

    def _delete(self) -> None:
        """Delete the tracks of those who left the image or were not seen for too long."""
        if len(self._states):
            keep = self._leaving.keep(self._states, self._newest_s)
            if keep is not None:
                self._states.keep(keep)
                self._tentative = int(np.count_nonzero(self._states.number < 0))

    def _finish(self, until_s: float) -> tuple[Tracks, ...]:
        """The frames up to ``until_s``, final."""
        ring, final = self._ring, []
        for frame in ring.pop_until(until_s):
            if frame.looked:
                self.recall.note(self._states, frame.slot, frame.stamp_s)
            final.append(
                smoothed_tracks(frame, self._states, ring.stamps_s, self._size, self._smoothing_s)
            )
        return tuple(final)
