# SPDX-License-Identifier: Apache-2.0
"""What detector and tracker lose or invent: boxes and tracks matched to the people of the truth.

A box is a person's whose feet are within half its height of its own, at most one each, the nearest
overall (Hungarian assignment): a distance in the image, since on the floor a pixel far away is
metres. A track is the person's whom most of its boxes are.
"""

import itertools
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from privcv_bringup.evaluation.recording import BoxesOfFrame, Perceived
from privcv_perception.calibration.calibration import Calibration
from privcv_privacy.errors import PrivacyError
from privcv_privacy.measurement.totals import Windows, cells_of, distinct_people
from privcv_privacy.measurement.tracked_frames import trajectories_of
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.measurement.zone_layouts import ZoneLayout

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEAR = 0.5
"""How far a box's feet may be from those of its person, in heights of the box."""

NOBODY = -1


@dataclass(frozen=True)
class Matches:
    """Whose boxes and tracks are: arrays over samples of the truth, and over those of tracks."""

    truth: Trajectories  # the samples that fall on a frame, in its order
    had_box: NDArray[np.bool_]  # (n,) whether the detector saw them then
    had_track: NDArray[np.bool_]  # (n,)
    stray_boxes: int  # boxes that are nobody's, in all frames
    tracks: Trajectories  # every sample of every track
    person: Ints  # (m,) of each: whose its track is, ``NOBODY``: a ghost


@dataclass(frozen=True)
class PerceptionLosses:
    """Counts over zones and windows: a person counts once in each, as in the totals."""

    detector_lost: int  # people who never had a box while they were there
    tracker_lost: int  # had boxes, but no track that is theirs counts them there
    fragments: int  # more tracks than people: each further one of a person
    ghosts: int  # tracks that are nobody's
    misplaced: int  # counted in a zone or window in which the truth does not have them


def match(perceived: Perceived, truth: Trajectories, calibration: Calibration) -> Matches:
    """Match boxes and tracks of every frame to the places of ``truth`` at that time.

    Raises ``PrivacyError`` where not one place of the truth lies in a frame.
    """
    frame = _frame_of(perceived, truth.t_s)
    # A truth of more moments than frames: one place each of a person and a frame.
    _, first = np.unique(np.column_stack([frame, truth.id]), axis=0, return_index=True)
    rows = np.sort(first[frame[first] >= 0])
    truth, frame = _subset(truth, rows), frame[rows]
    feet = calibration.to_image(np.column_stack([truth.x_m, truth.y_m]))
    width, height = perceived.size
    inside = ((feet >= 0) & (feet < (width, height))).all(axis=1)
    if not inside.any():
        raise PrivacyError(
            "--truth: no place of it is in the image while the recording lasts: t_s counts seconds "
            "from the first frame, x_m and y_m are metres on the floor of --camera's calibration"
        )
    had_box, had_track = np.zeros(len(truth), bool), np.zeros(len(truth), bool)
    owners: list[Ints] = []
    stray = 0
    rows_of = _rows_by_frame(frame, len(perceived.t_s))
    for rows, detected, tracked in zip(rows_of, perceived.detected, perceived.tracked, strict=True):
        whose = _assign(feet[rows], detected)
        had_box[rows[whose[whose >= 0]]] = True
        stray += int((whose < 0).sum())
        whose = _assign(feet[rows], tracked)
        had_track[rows[whose[whose >= 0]]] = True
        person = np.full(len(whose), NOBODY, dtype=np.int64)
        person[whose >= 0] = truth.id[rows[whose[whose >= 0]]]
        owners.append(person)
    tracks = trajectories_of(perceived.frames)
    person = np.concatenate(owners) if owners else np.zeros(0, np.int64)
    return Matches(truth, had_box, had_track, stray, tracks, _majority(tracks.id, person))


def losses(matches: Matches, layout: ZoneLayout, windows: Windows) -> PerceptionLosses:
    """What of the people of ``layout`` detector and tracker lose or invent."""
    truth, tracks = matches.truth, matches.tracks
    true = cells_of(truth, layout, windows)
    seen = cells_of(_subset(truth, matches.had_box), layout, windows)
    followed = cells_of(
        _subset(replace(tracks, id=matches.person), matches.person != NOBODY), layout, windows
    )
    ghosts = distinct_people(_subset(tracks, matches.person == NOBODY), layout, windows)
    numbers = distinct_people(_subset(tracks, matches.person != NOBODY), layout, windows)
    return PerceptionLosses(
        detector_lost=len(true - seen - followed),
        tracker_lost=len((true & seen) - followed),
        fragments=int(numbers.sum()) - len(followed),
        ghosts=int(ghosts.sum()),
        misplaced=len(followed - true),
    )


def facts(matches: Matches) -> dict[str, float]:
    """Of the whole recording, whatever the zones: people found, numbers per person, time lost."""
    people = np.unique(matches.truth.id)
    followed = np.unique(matches.person[matches.person != NOBODY])
    mine = matches.person != NOBODY
    numbers = len(np.unique(matches.tracks.id[mine]))
    ghosts = len(np.unique(matches.tracks.id[~mine]))
    return {
        "people": len(people),
        "people_without_a_box": len(people) - len(np.unique(matches.truth.id[matches.had_box])),
        "people_without_a_track": len(np.setdiff1d(people, followed)),
        "samples_with_a_box": round(float(matches.had_box.mean()), 4),
        "samples_with_a_track": round(float(matches.had_track.mean()), 4),
        "tracks_per_person": round(numbers / max(len(followed), 1), 4),
        "ghost_tracks": ghosts,
        "stray_boxes": matches.stray_boxes,
    }


def as_stages(found: PerceptionLosses) -> dict[str, dict[str, int]]:
    """The two stages as the report of the command holds them."""
    values = asdict(found)
    return {
        "detector": {"lost": values.pop("detector_lost")},
        "tracker": {"lost": values.pop("tracker_lost"), **values},
    }


def _frame_of(perceived: Perceived, t_s: Floats) -> Ints:
    """Index (n,) of the frame nearest in time to each moment; -1: none within half a step."""
    times = perceived.t_s
    after = np.clip(np.searchsorted(times, t_s), 1, max(len(times) - 1, 1))
    after = np.minimum(after, len(times) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(t_s - times[before] <= times[after] - t_s, before, after)
    close = np.abs(times[nearest] - t_s) <= perceived.step_s / 2 + 1e-6
    return np.where(close, nearest, -1).astype(np.int64)


def _rows_by_frame(frame: Ints, frames: int) -> list[NDArray[np.intp]]:
    order = np.argsort(frame, kind="stable")
    edges = np.searchsorted(frame[order], np.arange(frames + 1))
    return [order[begin:end] for begin, end in itertools.pairwise(edges.tolist())]


def _assign(feet_px: Floats, found: BoxesOfFrame) -> Ints:
    """Which row of ``feet_px`` (n, 2) each box is, (m,); -1: nobody's."""
    boxes = found.boxes
    whose = np.full(len(boxes), -1, dtype=np.int64)
    if not len(boxes) or not len(feet_px):
        return whose
    feet = boxes[:, :2] + boxes[:, 2:] * (0.5, 1.0)
    distance = np.linalg.norm(feet[:, None] - feet_px[None], axis=2) / boxes[:, 3:]
    distance = np.where(np.isfinite(distance), distance, np.inf)
    cost = np.minimum(distance, 2 * NEAR)  # beyond reach all the same: they take nobody's place
    rows, columns = linear_sum_assignment(cost)
    near = distance[rows, columns] <= NEAR
    whose[rows[near]] = columns[near]
    return whose


def _majority(track: Ints, person: Ints) -> Ints:
    """For each sample (m,), whose the whole track is: most of its samples; half must agree."""
    result = np.full(len(track), NOBODY, dtype=np.int64)
    for number in np.unique(track):
        rows = track == number
        who, counts = np.unique(person[rows], return_counts=True)
        known = who != NOBODY
        if known.any():
            best = int(np.argmax(np.where(known, counts, 0)))
            if counts[best] * 2 >= counts[known].sum() and counts[known].sum() * 2 >= rows.sum():
                result[rows] = who[best]
    return result


def _subset(tracks: Trajectories, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Trajectories:
    return Trajectories(tracks.t_s[rows], tracks.id[rows], tracks.x_m[rows], tracks.y_m[rows])
