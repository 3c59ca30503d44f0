# SPDX-License-Identifier: Apache-2.0
"""The tracker follows simulated people whose paths are known, and invents nobody."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.detector import Detections
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracker import FloorTracker
from privcv_perception.tracking.tracks import Tracks

SIZE = (1280, 720)
CAMERA = build_calibration(
    CalibrationSettings(
        kind="pinhole", focal_px=[900.0], position_m=[0.0, 0.0, 4.0], tilt_deg=20.0
    ),
    SIZE,
)
UNCALIBRATED = build_calibration(CalibrationSettings(), SIZE)
TALL_M = 1.74

Path = Callable[[float], tuple[float, float] | None]
"""Where somebody is on the floor at a time, m; None: out of sight."""


def tracker(calibrated: bool = True, **changes: object) -> FloorTracker:
    made = TrackerSettings.model_validate(changes)
    return FloorTracker(made, CAMERA if calibrated else UNCALIBRATED, SIZE)


def boxes_of(floor: np.ndarray) -> np.ndarray:
    feet, head = CAMERA.to_image(floor), CAMERA.to_image(floor, TALL_M)
    height = feet[:, 1] - head[:, 1]
    width = 0.38 * height
    return np.column_stack((feet[:, 0] - width / 2, head[:, 1], width, height))


def watch(
    paths: list[Path], seconds: float, fps: float = 10.0, noise: float = 0.02, score: float = 0.85
) -> Iterable[tuple[float, Detections]]:
    """Detections of people on ``paths``; ``noise``: deviation of edges, in heights."""
    random = np.random.default_rng(7)
    for index in range(round(seconds * fps)):
        places = [path(index / fps) for path in paths]
        floor = np.array([place for place in places if place is not None]).reshape(-1, 2)
        boxes = boxes_of(floor)
        boxes += random.normal(0, noise, boxes.shape) * boxes[:, 3:]
        yield index / fps, Detections.from_rows(boxes, np.full(len(boxes), score))


def follow(people: FloorTracker, frames: Iterable[tuple[float, Detections]]) -> list[Tracks]:
    final: list[Tracks] = []
    for stamp_s, detections in frames:
        final += people.update(detections, stamp_s)
    return final + list(people.flush())


def ids(frames: Iterable[Tracks]) -> set[int]:
    return {int(number) for tracks in frames for number in tracks.ids}


def walk(x: float, y: float, vx: float, vy: float) -> Path:
    return lambda time: (x + vx * time, y + vy * time)


@pytest.mark.parametrize("calibrated", [True, False])
def test_one_walker_is_one_track_from_the_first_frame_to_the_last(calibrated: bool) -> None:
    frames = follow(tracker(calibrated), watch([walk(10, -3, 0, 1.2)], 5))
    assert [tracks.frame for tracks in frames] == list(range(50))
    assert ids(frames) == {0}
    assert [len(tracks) for tracks in frames] == [1] * 50


def test_position_velocity_and_width_are_in_metres() -> None:
    frames = follow(tracker(), watch([walk(10, -3, 0.2, 1.2)], 5, noise=0.01))
    for tracks in frames:
        truth = np.array([(10 + 0.2 * tracks.stamp_s, -3 + 1.2 * tracks.stamp_s)])
        assert tracks.floor_m == pytest.approx(truth, abs=0.35)
    middle = frames[25]
    assert middle.velocity_mps == pytest.approx(np.array([(0.2, 1.2)]), abs=0.35)
    assert middle.width_m == pytest.approx([0.38 * TALL_M], rel=0.2)


@pytest.mark.parametrize("calibrated", [True, False])
def test_two_who_cross_keep_their_numbers(calibrated: bool) -> None:
    paths = [walk(10, -3, 0, 1.2), walk(10.3, 3, 0, -1.2)]
    frames = follow(tracker(calibrated), watch(paths, 5))
    assert len(ids(frames)) == 2
    first, last = frames[0], frames[-1]
    left = int(first.ids[np.argmin(first.boxes[:, 0])])
    assert left == int(last.ids[np.argmax(last.boxes[:, 0])]), (
        "who came from one side left by the other"
    )


def test_who_is_hidden_for_a_moment_is_the_same_and_never_missing() -> None:
    def hidden(time: float) -> tuple[float, float] | None:
        return None if 2.0 <= time < 2.7 else (10.0, -3 + 1.2 * time)

    frames = follow(tracker(), watch([hidden], 5))
    assert ids(frames) == {0}
    assert [len(tracks) for tracks in frames] == [1] * 50
    assert frames[23].floor_m == pytest.approx(np.array([(10.0, -3 + 1.2 * 2.3)]), abs=0.5)


def test_who_is_gone_for_long_is_somebody_new() -> None:
    def returns(time: float) -> tuple[float, float] | None:
        return None if 3.0 <= time < 9.0 else (10.0, -3 + 0.8 * time)

    assert ids(follow(tracker(), watch([returns], 12))) == {0, 1}


def test_a_sign_that_looks_like_somebody_is_nobody() -> None:
    people = tracker()
    frames = follow(people, watch([walk(9, 2, 0, 0)], 20, noise=0.01, score=0.6))
    assert ids(frames) == set()


def test_a_sign_stays_a_sign_when_somebody_walks_past_it() -> None:
    def both() -> Iterable[tuple[float, Detections]]:
        sign = list(watch([walk(11, 0.5, 0, 0)], 8, noise=0.01, score=0.6))
        walker = list(watch([walk(10, -4, 0, 1.0)], 8))
        for (stamp_s, a), (_, b) in zip(sign, walker, strict=True):
            yield (
                stamp_s,
                Detections.from_rows(
                    np.concatenate((a.boxes, b.boxes)), np.concatenate((a.scores, b.scores))
                ),
            )

    frames = follow(tracker(), both())
    assert ids(frames) == {0}
    assert frames[-1].floor_m == pytest.approx(np.array([(10.0, 3.9)]), abs=0.5)


def test_a_second_box_around_one_person_is_not_a_second_person() -> None:
    def doubled() -> Iterable[tuple[float, Detections]]:
        for stamp_s, seen in watch([walk(10, -3, 0, 1.2)], 5):
            smaller = seen.boxes * (1, 1, 1, 0.8) + (0.15 * seen.boxes[:, 2:3] * (1, 0, 0, 0))
            yield (
                stamp_s,
                Detections.from_rows(
                    np.concatenate((seen.boxes, smaller)), np.concatenate((seen.scores, [0.4]))
                ),
            )

    assert ids(follow(tracker(), doubled())) == {0}


def test_a_box_of_a_giant_or_a_toy_is_nobody_where_sizes_are_known() -> None:
    def wrong(factor: float) -> Iterable[tuple[float, Detections]]:
        for stamp_s, seen in watch([walk(10, -3, 0, 1.2)], 5):
            boxes = seen.boxes.copy()
            boxes[:, 1] -= boxes[:, 3] * (factor - 1)
            boxes[:, 3] *= factor
            yield stamp_s, Detections.from_rows(boxes, seen.scores)

    assert ids(follow(tracker(), wrong(2.5))) == set()
    assert ids(follow(tracker(), wrong(0.3))) == set()
    assert ids(follow(tracker(), wrong(1.0))) == {0}


def test_results_wait_for_the_lag_and_no_longer() -> None:
    people = tracker(lag_s=0.5)
    for stamp_s, seen in watch([walk(10, -3, 0, 1.2)], 3):
        final = people.update(seen, stamp_s)
        expected = [stamp_s - 0.5] if stamp_s > 0.45 else []
        assert [tracks.stamp_s for tracks in final] == pytest.approx(expected)
    at_once = tracker(lag_s=0.0)
    for stamp_s, seen in watch([walk(10, -3, 0, 1.2)], 3):
        assert [tracks.stamp_s for tracks in at_once.update(seen, stamp_s)] == [stamp_s]


@pytest.mark.parametrize("fps", [3.0, 10.0, 60.0])
def test_any_frame_rate_gives_the_same_person(fps: float) -> None:
    frames = follow(tracker(), watch([walk(10, -3, 0, 1.2)], 6, fps=fps))
    assert ids(frames) == {0}
    assert sum(len(tracks) for tracks in frames) == round(6 * fps)


def test_the_same_input_gives_the_same_output_whatever_ran_before() -> None:
    def run() -> list[Tracks]:
        return follow(tracker(), watch([walk(10, -3, 0, 1.2), walk(12, 3, 0, -1)], 6))

    follow(tracker(), watch([walk(9, 0, 0, 1)], 3))
    for one, other in zip(run(), run(), strict=True):
        assert one.ids.tolist() == other.ids.tolist()
        assert one.boxes.tobytes() == other.boxes.tobytes()
        assert one.floor_m.tobytes() == other.floor_m.tobytes()


def test_numbers_are_not_used_again_after_a_flush() -> None:
    people = tracker()
    first = ids(follow(people, watch([walk(10, -3, 0, 1.2)], 3)))
    later = [(stamp_s + 100, seen) for stamp_s, seen in watch([walk(10, -3, 0, 1.2)], 3)]
    assert ids(follow(people, later)).isdisjoint(first)


def test_frames_that_are_not_later_are_dropped_and_counted() -> None:
    people = tracker()
    frames: list[Tracks] = []
    for index, (stamp_s, seen) in enumerate(watch([walk(10, -3, 0, 1.2)], 5)):
        frames += people.update(seen, stamp_s, index)
        if index % 10 == 5:
            assert people.update(seen, stamp_s) == ()
            assert people.update(seen, stamp_s - 3.0) == ()
            assert people.update(seen, float("nan")) == ()
    frames += people.flush()
    assert people.dropped_frames == 15
    assert [tracks.frame for tracks in frames] == list(range(50))
    assert ids(frames) == {0}


def test_a_clock_set_back_starts_anew_instead_of_dropping_for_ever() -> None:
    people = tracker()
    before = [(stamp_s + 5000, seen) for stamp_s, seen in watch([walk(10, -3, 0, 1.2)], 3)]
    after = list(watch([walk(10, -3, 0, 1.2)], 5))
    frames = follow(people, before + after)
    assert people.dropped_frames == 20
    assert max(tracks.stamp_s for tracks in frames[30:]) == pytest.approx(4.9)
    assert ids(frames[:30]).isdisjoint(ids(frames[30:]))


def test_rows_that_are_no_boxes_are_dropped_and_counted() -> None:
    people = tracker()
    bad = [(np.nan, 0, 10, 20), (5, np.inf, 10, 20), (5, 5, 0, 20), (5, 5, 10, -20)]

    def spoilt() -> Iterable[tuple[float, Detections]]:
        for stamp_s, seen in watch([walk(10, -3, 0, 1.2)], 5):
            boxes = np.concatenate((seen.boxes, np.array(bad, np.float32)))
            yield stamp_s, Detections(boxes, np.full(5, 0.9, np.float32))

    frames = follow(people, spoilt())
    assert people.dropped_boxes == 4 * 50
    assert ids(frames) == {0}


@given(
    frames=st.lists(
        st.tuples(
            arrays.arrays(np.float32, st.tuples(st.integers(0, 6), st.just(4)),
                          elements=st.floats(width=32)),
            st.floats(width=32),
            st.floats(-2, 4),
        ),
        max_size=12,
    ),
    calibrated=st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_input_breaks_it(
    frames: list[tuple[np.ndarray, float, float]], calibrated: bool
) -> None:
    people = tracker(calibrated)
    final: list[Tracks] = []
    now = 0.0
    for boxes, score, passed_s in frames:
        now += passed_s
        final += people.update(Detections(boxes, np.full(len(boxes), score, np.float32)), now)
    final += people.flush()
    for tracks in final:
        assert np.isfinite(tracks.boxes).all()
        assert np.isfinite(tracks.floor_m).all()
        assert len(set(tracks.ids.tolist())) == len(tracks)


@given(count=st.integers(0, 3), score=st.floats(0, 1))
@settings(max_examples=15, deadline=None)
def test_a_few_boxes_are_nobody_yet(count: int, score: float) -> None:
    seen = [
        (stamp_s, frame if stamp_s < count / 10 - 0.05 else Detections.empty())
        for stamp_s, frame in watch([walk(10, -3, 0, 1.2)], 3, score=score)
    ]
    assert ids(follow(tracker(), seen)) == set()


def test_more_people_than_a_message_holds_are_cut_off_not_an_error() -> None:
    grid = [(x, y) for x in np.linspace(8, 60, 30) for y in np.linspace(-4, 4, 12)]
    boxes = boxes_of(np.array(grid))
    people = tracker()
    frames = [(index / 10, Detections.from_rows(boxes, np.full(len(boxes), 0.9)))
              for index in range(15)]  # fmt: skip
    assert max(len(tracks) for tracks in follow(people, frames)) <= 256
