# SPDX-License-Identifier: Apache-2.0
"""Measurements: a detector's boxes that can be people, with what the tracker needs of each."""

import math
from operator import ge
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats, constant
from privcv_perception.calibration.person_size import LOG_BODY, PersonSize
from privcv_perception.detection.detector import Detections
from privcv_perception.iou import iou_of_edges
from privcv_perception.tracking.seen_boxes import LOG_SIZES, shown_boxes
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.track_states import MIDDLE_BELOW

MOST_PEOPLE = 256
"""As many as a message holds."""

BETTER = np.tri(MOST_PEOPLE, k=-1, dtype=bool)
"""(i, j): whether row j comes before row i."""


class Measurements(NamedTuple):
    """Measurements of a frame: its usable boxes, best first, a row each."""

    feet: Floats
    """(m, 2) px"""
    edges: Floats
    """(m, 4) left, top, right, bottom, px"""
    shown: Floats
    """(m, 7) see ``seen_boxes``"""
    scores: Floats
    """(m,)"""
    found: Floats
    """(m, 9) see ``PersonSize``"""
    tall: Floats
    """(m,) log of the height over an adult's there"""

    @property
    def log_sizes(self) -> Floats:
        """(m, 2) of width and height, px."""
        return self.shown[:, LOG_SIZES]

    def subset(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Measurements":
        """The given rows."""
        return Measurements(
            self.feet[rows], self.edges[rows], self.shown[rows], self.scores[rows],
            self.found[rows], self.tall[rows],
        )  # fmt: skip


class Thresholds:
    """Thresholds of the settings that ``usable_measurements`` compares with, as numpy constants."""

    def __init__(self, settings: TrackerSettings) -> None:
        self.low_score = constant(settings.low_score)
        self.sure_score = constant(settings.sure_score)
        self.low_overlap = constant(settings.low_overlap)
        self.tallest = constant(math.log(settings.tallest))
        self.shortest = constant(math.log(settings.shortest / 2))


def _best_first(boxes: Floats, scores: Floats, least: Floats) -> tuple[Floats, Floats]:
    """The boxes of at least this score with their scores, best first; neither are copies always.

    A score that is not a number compares as too low, and so is left out.
    """
    told, floor = scores.tolist(), float(least)
    while told and told[-1] < floor:
        told.pop()
    # Most detectors put them in order: then numpy has nothing to do.
    if all(map(ge, told, told[1:])) and (not told or told[-1] >= floor):
        count = min(len(told), MOST_PEOPLE)
        return boxes[:count], scores[:count]
    rows = (scores >= least).nonzero()[0]
    rows = rows[(-scores[rows]).argsort(kind="stable")][:MOST_PEOPLE]
    return boxes.take(rows, axis=0), scores.take(rows)


def usable_measurements(
    detections: Detections, size: PersonSize, thresholds: Thresholds
) -> tuple[Measurements, int]:
    """Measurements: the boxes that can be people, and the number of rows that cannot.

    Those are rows with a number that is not finite or without area, and, with a calibration, what
    stands where nobody can or is much too tall or short. Boxes of low score, and second views of
    a better box, are left out without being counted.
    """
    boxes = detections.boxes.astype(np.float64).reshape(-1, 4)
    scores = detections.scores.astype(np.float64).reshape(-1)
    dropped = 0
    finite = np.isfinite(boxes)
    extended = boxes[:, 2:] > 0
    if np.count_nonzero(finite) + np.count_nonzero(extended) < 6 * len(boxes):
        good = finite.all(axis=1) & extended.all(axis=1)
        dropped = good.size - int(np.count_nonzero(good))
        boxes, scores = boxes[good], scores[good]
    edges, scores = _best_first(boxes, scores, thresholds.low_score)
    shown = shown_boxes(edges)
    log_sizes = shown[:, LOG_SIZES]
    feet = edges[:, :2] + edges[:, 2:] * MIDDLE_BELOW
    edges[:, 2:] += edges[:, :2]
    found = size.at(feet)
    usable = Measurements(feet, edges, shown, scores, found, log_sizes[:, 1] - found[:, LOG_BODY])
    if size.known:
        fits = usable.tall < thresholds.tallest
        fits &= usable.tall > thresholds.shortest
    else:
        fits = np.isfinite(usable.tall)
    if not all(fits.tolist()):
        dropped += len(scores) - int(np.count_nonzero(fits))
        usable = usable.subset(fits)
    sure = int(np.count_nonzero(usable.scores >= thresholds.sure_score))
    if sure < len(usable.scores):
        double = iou_of_edges(usable.edges[sure:], usable.edges) > thresholds.low_overlap
        double &= BETTER[sure : len(usable.scores), : len(usable.scores)]
        if np.count_nonzero(double):
            single = ~double.any(axis=1)
            usable = usable.subset(np.concatenate((np.ones(sure, bool), single)))
    return usable, dropped
