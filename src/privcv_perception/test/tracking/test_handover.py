# SPDX-License-Identifier: Apache-2.0
"""One leaves and another comes in at the same place: two people; whoever turns round is one."""

from collections.abc import Callable

import numpy as np
import pytest

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
TALL_M = 1.74
FPS = 10.0

Place = tuple[float, float]
Path = Callable[[float], Place | None]


def follow(paths: list[Path], seconds: float, seed: int = 3) -> list[Tracks]:
    """Final frames of people on ``paths``; a box is cut by the edges of the image, as real ones."""
    random = np.random.default_rng(seed)
    people, final = FloorTracker(TrackerSettings(), CAMERA, SIZE), []
    for index in range(round(seconds * FPS)):
        places = [place for path in paths if (place := path(index / FPS)) is not None]
        floor = np.array(places).reshape(-1, 2)
        feet, head = CAMERA.to_image(floor), CAMERA.to_image(floor, TALL_M)
        height = feet[:, 1] - head[:, 1]
        edges = np.column_stack(
            (feet[:, 0] - 0.19 * height, head[:, 1], feet[:, 0] + 0.19 * height, feet[:, 1])
        )
        edges += random.normal(0, 0.02, edges.shape) * height[:, None]
        edges = np.clip(edges, 0, (*SIZE, *SIZE))
        edges = edges[(edges[:, 2:] - edges[:, :2]).min(axis=1) > 5]
        boxes = np.column_stack((edges[:, :2], edges[:, 2:] - edges[:, :2]))
        final += people.update(Detections.from_rows(boxes, np.full(len(boxes), 0.85)), index / FPS)
    return final + list(people.flush())


def ids(frames: list[Tracks]) -> set[int]:
    return {int(number) for tracks in frames for number in tracks.ids}


def there(path: Path, from_s: float, until_s: float) -> Path:
    """The same, only during that time."""
    return lambda time: path(time) if from_s <= time < until_s else None


def through(x_m: float, y_m: float, at_s: float, vx: float, vy: float) -> Path:
    """A straight way that is at a place at ``at_s``."""
    return lambda time: (x_m + vx * (time - at_s), y_m + vy * (time - at_s))


@pytest.mark.parametrize("gap_s", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("way", [(0.0, 1.3), (-1.2, 0.3)], ids=["across", "towards"])
def test_who_goes_out_and_who_comes_in_by_a_door_are_two(gap_s: float, way: Place) -> None:
    """The door is in the middle of the image; nothing says so."""
    out = there(through(10, 0, 4, *way), 0, 4)
    back = there(through(10, 0, 4 + gap_s, -way[0], -way[1]), 4 + gap_s, 9)
    frames = follow([out, back], 9)
    assert len(ids(frames)) == 2
    # Each has its number in every frame of its own.
    numbers = [set(tracks.ids.tolist()) for tracks in frames]
    assert numbers[10] == numbers[39] != numbers[int((4.3 + gap_s) * FPS)] == numbers[80]


@pytest.mark.parametrize("gap_s", [0.8, 1.2, 1.6])
def test_who_leaves_by_the_lower_edge_is_not_whoever_comes_in_there(gap_s: float) -> None:
    """One walks out below the camera; another comes in beside the place, and on across."""
    (x, y), *_ = CAMERA.to_floor(np.array([[640.0, 700.0]]))
    out = there(through(x, y, 4, -1.2, 0.0), 0, 4.3)
    into = there(through(x + 0.2, y - 0.3, 4.3 + gap_s, 0.5, 1.2), 4.3 + gap_s, 9)
    assert len(ids(follow([out, into], 9))) == 2


def test_who_turns_round_in_sight_stays_one() -> None:
    def path(time: float) -> Place:
        return (10.0, 1.3 * (4 - abs(time - 4)))

    assert len(ids(follow([path], 8))) == 1


def test_who_turns_round_behind_somebody_stays_one() -> None:
    """Hidden for a second by somebody who stands there: they come back on the same side."""
    stands: Path = lambda time: (9.6, 0.0)  # noqa: E731

    def turns(time: float) -> Place | None:
        return None if 3.5 <= time < 4.5 else (10.0, 1.2 * (abs(time - 4) - 0.4))

    assert len(ids(follow([stands, turns], 8))) == 2


def test_who_turns_round_behind_a_passer_by_stays_one() -> None:
    """The passer-by is far away again when the turn can be told."""
    passes = through(9.6, 0, 4, 0, -1.6)

    def turns(time: float) -> Place | None:
        return None if 3.5 <= time < 4.5 else (10.0, 1.2 * (abs(time - 4) - 0.4))

    assert len(ids(follow([passes, turns], 7))) == 2


def test_who_is_hidden_and_walks_on_stays_one() -> None:
    hidden = there(through(10, 0, 4, 0, 1.3), 0, 3.5), there(through(10, 0, 4, 0, 1.3), 5, 8)
    assert len(ids(follow([*hidden], 8))) == 1


EDGE_M = 7.4
"""Where the edge of the image cuts somebody in half, 10 m away."""


@pytest.mark.parametrize("gap_s", [0.0, 0.2, 0.4])
def test_who_comes_in_at_the_edge_where_another_goes_out_is_another(gap_s: float) -> None:
    """Boxes of people in part fill the time between: nothing is ever lost."""
    out = there(through(10, EDGE_M, 4, 0, 1.2), 0, 4.1)
    into = there(through(9.7, EDGE_M, 4.1 + gap_s, 0.3, -1.2), 4.1 + gap_s, 8)
    assert len(ids(follow([out, into], 8))) == 2


def test_who_turns_round_at_the_edge_stays_one() -> None:
    """One second to stop and one to start: nobody walks out and in at once."""

    def path(time: float) -> Place:
        if abs(time - 4) < 1:
            return (10.0, EDGE_M - 0.1 - 0.6 * (time - 4) ** 2)
        return (10.0, EDGE_M - 0.7 - 1.2 * (abs(time - 4) - 1))

    assert len(ids(follow([path], 8))) == 1


@pytest.mark.parametrize("gap_s", [0.4, 0.8, 1.2])
def test_a_turn_far_away_is_one_on_the_floor(gap_s: float) -> None:
    """At a door in the back the way down the image is short: in it they part at a right angle."""
    out = there(through(16, 0, 4, 0.9, -0.5), 0, 4)
    into = there(through(16, -0.3, 4 + gap_s, -1.5, -0.1), 4 + gap_s, 9)
    assert len(ids(follow([out, into], 9))) == 2


@pytest.mark.parametrize("gap_s", [-0.2, 0.0, 0.2])
def test_who_comes_in_at_the_edge_towards_the_camera_is_another(gap_s: float) -> None:
    """Slowly into the picture and fast down it: of one person that would be too sharp a turn."""
    out = there(through(10.6, EDGE_M + 0.5, 4, 0.2, 0.9), 0, 4)
    into = there(through(10.4, EDGE_M + 0.3, 4 + gap_s, -1.5, -1.4), 4 + gap_s, 8)
    assert len(ids(follow([out, into], 8))) == 2


def test_who_turns_round_at_the_edge_and_walks_on_towards_the_camera_stays_one() -> None:
    def path(time: float) -> Place:
        return (11.0 - 0.8 * time, EDGE_M - 1.5 - 0.5 * abs(time - 4))

    assert len(ids(follow([path], 7))) == 1


def test_who_is_not_seen_for_long_with_nobody_near_has_left() -> None:
    """Whoever comes in there next need not walk the other way."""
    out = there(through(10, 0, 4, 0.9, 0.8), 0, 4)
    into = there(through(10.2, 0.2, 6, -0.9, 0.8), 6, 9)
    assert len(ids(follow([out, into], 9))) == 2


def test_who_is_hidden_for_as_long_by_somebody_stays_one() -> None:
    walks = through(10, 0, 4, 0, 0.3)
    hidden = there(walks, 0, 3), there(walks, 5, 8)
    stands: Path = lambda time: (9.0, 0.0)  # noqa: E731
    assert len(ids(follow([stands, *hidden], 8))) == 2


def test_the_floor_is_behind_the_tip_of_the_foot() -> None:
    """A box ends at the nearer foot, 0.15 m in front of the body: half a shoe and half a step."""
    frames = follow([lambda time: (10.0 - 0.15, 0.0)], 4)
    places = np.concatenate([tracks.floor_m for tracks in frames[10:-10]])
    np.testing.assert_allclose(places.mean(axis=0), (10.0, 0.0), atol=0.03)
