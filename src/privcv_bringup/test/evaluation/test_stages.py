# SPDX-License-Identifier: Apache-2.0
"""What detector and tracker lose or invent, on frames that were written by hand."""

import numpy as np
import pytest

from privcv_bringup.evaluation.recording import BoxesOfFrame, Perceived
from privcv_bringup.evaluation.stages import PerceptionLosses, facts, losses, match
from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.errors import PrivacyError
from privcv_privacy.measurement.totals import Windows
from privcv_privacy.measurement.tracked_frames import TrackedFrame
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.measurement.zone_layouts import ZoneLayout

SIZE = (640, 480)
FLOOR = build_calibration(CalibrationSettings(), SIZE)  # a pixel is 0.01 m
WINDOWS = Windows(10, 1)
FRAMES = 20  # half a second apart
HEIGHT_PX = 60.0

Places = dict[int, tuple[float, float]]
"""Where people are, m, by number."""


def box(x_m: float, y_m: float) -> tuple[float, float, float, float]:
    """A box whose feet are there."""
    (x, y), *_ = FLOOR.to_image(np.array([[x_m, y_m]]))
    return (x - 12, y - HEIGHT_PX, 24, HEIGHT_PX)


def boxes(places: Places) -> BoxesOfFrame:
    return BoxesOfFrame(
        np.array([box(*place) for place in places.values()]).reshape(-1, 4),
        np.array(list(places), dtype=np.int64),
    )


def perceived(detected: list[Places], tracked: list[Places]) -> Perceived:
    frames = []
    for index, places in enumerate(tracked):
        x, y = np.array(list(places.values())).reshape(-1, 2).T
        still = np.zeros(len(x))
        ids = np.array(list(places), dtype=np.int64)
        frames.append(TrackedFrame(index / 2, ids, x, y, still, still, still))
    times = np.arange(len(frames)) / 2
    return Perceived(SIZE, times, [boxes(p) for p in detected], [boxes(p) for p in tracked], frames)


def truth(rows: list[Places]) -> Trajectories:
    flat = [(i / 2, who, *place) for i, places in enumerate(rows) for who, place in places.items()]
    t_s, ids, x_m, y_m = map(np.array, zip(*flat, strict=True))
    return Trajectories(t_s, ids.astype(np.int64), x_m, y_m)


LEFT, RIGHT = (1.0, 2.0), (5.0, 2.0)
ZONES = ZoneLayout(
    "two",
    {
        "left": ZoneSettings(polygon_m=[0, 0, 3, 0, 3, 5, 0, 5]),
        "right": ZoneSettings(polygon_m=[3, 0, 6.5, 0, 6.5, 5, 3, 5]),
    },
)
BOTH: list[Places] = [{1: LEFT, 2: RIGHT}] * FRAMES
NOTHING = PerceptionLosses(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("detected", "tracked", "expected"),
    [
        (BOTH, [{10: LEFT, 11: RIGHT}] * FRAMES, NOTHING),
        # 2 never had a box, and so no track.
        ([{1: LEFT}] * FRAMES, [{10: LEFT}] * FRAMES, PerceptionLosses(1, 0, 0, 0, 0)),
        # 2 had boxes, and the tracker did not follow.
        (BOTH, [{10: LEFT}] * FRAMES, PerceptionLosses(0, 1, 0, 0, 0)),
        # 1 got a second number half-way: it counts twice.
        (
            BOTH,
            [{10: LEFT, 11: RIGHT}] * 10 + [{12: LEFT, 11: RIGHT}] * 10,
            PerceptionLosses(0, 0, 1, 0, 0),
        ),
        # A track where nobody is.
        (BOTH, [{10: LEFT, 11: RIGHT, 12: (3.5, 4.0)}] * FRAMES, PerceptionLosses(0, 0, 0, 1, 0)),
        # 1 stands at the border, and the track says beyond it.
        (
            [{1: (2.9, 2.0)}] * FRAMES,
            [{10: (3.1, 2.0)}] * FRAMES,
            PerceptionLosses(0, 1, 0, 0, 1),
        ),
    ],
    ids=["perfect", "no box", "no track", "fragment", "ghost", "misplaced"],
)
def test_each_loss_has_its_own_name(
    detected: list[Places], tracked: list[Places], expected: PerceptionLosses
) -> None:
    true = [{1: (2.9, 2.0)}] * FRAMES if expected.misplaced else BOTH
    assert (
        losses(match(perceived(detected, tracked), truth(true), FLOOR), ZONES, WINDOWS) == expected
    )


def test_a_track_that_goes_over_to_another_person_is_one_of_them() -> None:
    """1 leaves, 2 comes in at the same place, and the tracker takes 2 for 1: one is lost."""
    true: list[Places] = [{1: LEFT}] * 8 + [{2: LEFT}] * 12
    matches = match(perceived(true, [{10: LEFT}] * FRAMES), truth(true), FLOOR)
    assert losses(matches, ZONES, WINDOWS) == PerceptionLosses(0, 1, 0, 0, 0)
    assert facts(matches)["people_without_a_track"] == 1


def test_truth_that_has_more_moments_than_the_video_is_matched_once_a_frame() -> None:
    dense = Trajectories(
        np.repeat(np.arange(40) / 4, 2), np.tile([1, 2], 40),
        np.tile([LEFT[0], RIGHT[0]], 40), np.full(80, 2.0),
    )  # fmt: skip
    found = match(perceived(BOTH, [{10: LEFT, 11: RIGHT}] * FRAMES), dense, FLOOR)
    assert found.had_box.all()
    assert losses(found, ZONES, WINDOWS) == NOTHING


@pytest.mark.parametrize("shift", [(0.0, 100.0, 0.0), (1e6, 0.0, 0.0)], ids=["floor", "time"])
def test_truth_that_matches_nothing_is_refused(shift: tuple[float, float, float]) -> None:
    right = truth(BOTH)
    wrong = Trajectories(right.t_s + shift[0], right.id, right.x_m + shift[1], right.y_m + shift[2])
    with pytest.raises(PrivacyError, match="--truth: no place"):
        match(perceived(BOTH, BOTH), wrong, FLOOR)
