# SPDX-License-Identifier: Apache-2.0
"""Who is followed is hidden in every frame, gaps too; where one may be missed, none is shown."""

import numpy as np
import pytest

from privcv_images.hiding import stream
from privcv_images.hiding.found import Found
from privcv_images.hiding.plan import plan_frames
from privcv_images.hiding.settings import HidingSettings
from privcv_images.hiding.stream import plan_stream
from privcv_images.redactions.redaction import Region
from privcv_perception.detection.detector import Detections

SIZE = (640, 480)
SETTINGS = HidingSettings()
RATE_HZ = 10


def walk(frames: int, missed: range = range(0), scores: float = 0.9, start: float = -60.0):
    """Somebody of 40 x 100 px who walks to the right, 6 px a frame; and where that truly is."""
    truth = [(start + 6.0 * index, 200.0, 40.0, 100.0) for index in range(frames)]
    found = []
    for index, box in enumerate(truth):
        here = index not in missed and box[0] + box[2] > 0 and box[0] < SIZE[0]
        boxes = [box] if here else []
        people = Detections.from_rows(np.array(boxes).reshape(-1, 4), [scores] * len(boxes))
        found.append(Found(index / RATE_HZ, people))
    return found, truth


def is_hidden(plan, box) -> bool:
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[0] + box[2], SIZE[0]), min(box[1] + box[3], SIZE[1])
    if left >= right:
        return True
    return any(
        r.left <= left and r.top <= top and r.right >= right and r.bottom >= bottom
        for r in plan.regions
    )


def test_who_walks_through_is_hidden_in_every_frame_and_none_is_withheld() -> None:
    found, truth = walk(125)
    plans = plan_frames(found, SIZE, SETTINGS)
    assert [plan.withheld for plan in plans] == [None] * 125
    assert all(is_hidden(plan, box) for plan, box in zip(plans, truth, strict=True))
    numbers = {region.track for plan in plans for region in plan.regions if region.track >= 0}
    assert len(numbers) == 1


@pytest.mark.parametrize("missed", [range(50, 58), range(60, 64)])
def test_a_gap_is_filled_from_both_ends(missed: range) -> None:
    found, truth = walk(125, missed)
    plans = plan_frames(found, SIZE, SETTINGS)
    assert [plan.withheld for plan in plans] == [None] * 125
    assert all(is_hidden(plan, box) for plan, box in zip(plans, truth, strict=True))
    gap = [max(region.width for region in plans[index].regions) for index in missed]
    assert max(gap) > max(region.width for region in plans[40].regions)  # the margin grows


def test_who_ends_inside_the_picture_has_the_frames_around_it_withheld() -> None:
    found, _ = walk(125, range(60, 125))
    plans = plan_frames(found, SIZE, SETTINGS)
    reasons = [plan.withheld for plan in plans]
    assert set(reasons[60:65]) == {"ended"}
    assert set(reasons[:59]) == {None}


def test_who_begins_inside_the_picture_likewise() -> None:
    found, _ = walk(125, range(60))
    reasons = [plan.withheld for plan in plan_frames(found, SIZE, SETTINGS)]
    assert set(reasons[55:60]) == {"began"}
    assert set(reasons[61:]) == {None}


def test_who_steps_behind_somebody_who_is_hidden_is_not_missed() -> None:
    found, _ = walk(125, range(60, 125))
    x = 6.0 * 60 - 60
    large = (x - 40, 150.0, 120.0, 200.0)
    with_large = []
    for one in found:
        boxes = np.concatenate((one.people.boxes, np.array([large], np.float32)))
        scores = np.append(one.people.scores, 0.9)
        with_large.append(Found(one.stamp_s, Detections.from_rows(boxes, scores)))
    plans = plan_frames(with_large, SIZE, SETTINGS)
    assert {plan.withheld for plan in plans[58:70]} == {None}


def test_whatever_may_be_a_person_is_hidden_followed_or_not() -> None:
    box = (300.0, 100.0, 40.0, 100.0)
    found = [
        Found(
            0.1 * i, Detections.from_rows([box] if i == 5 else np.zeros((0, 4)), [0.1] * (i == 5))
        )
        for i in range(11)
    ]
    plans = plan_frames(found, SIZE, SETTINGS)
    assert is_hidden(plans[5], box)
    assert not plans[4].regions


def test_a_detector_that_failed_withholds_its_frame() -> None:
    found, _ = walk(125)
    found[50] = Found(5.0, Detections.empty(), failed="detector")
    assert [i for i, plan in enumerate(plan_frames(found, SIZE, SETTINGS)) if plan.withheld] == [50]


def test_a_sure_face_of_nobody_withholds_its_frame() -> None:
    found, truth = walk(125)
    x = int(truth[40][0])
    of_body = Region("face", x + 10, 205, x + 30, 225)
    of_nobody = Region("face", 600, 20, 620, 40)
    found[40] = Found(4.0, found[40].people, (of_body,), (0,))
    found[41] = Found(4.1, found[41].people, (of_nobody,), (0,))
    found[42] = Found(4.2, found[42].people, (of_nobody,), ())  # not sure: hidden all the same
    plans = plan_frames(found, SIZE, SETTINGS)
    assert [plan.withheld for plan in plans[40:43]] == [None, "face", None]
    assert of_nobody in plans[42].regions


def test_heads_are_the_upper_part_of_bodies() -> None:
    found, _ = walk(125)
    bodies = plan_frames(found, SIZE, SETTINGS)[60].regions
    heads = plan_frames(found, SIZE, HidingSettings(part="head"))[60].regions
    assert {head.kind for head in heads} == {"head"}
    assert [(h.left, h.top) for h in heads] == [(b.left, b.top) for b in bodies]
    assert all(h.height < 0.35 * b.height for h, b in zip(heads, bodies, strict=True))


def test_a_recording_in_segments_is_hidden_as_one_of_a_piece(monkeypatch) -> None:
    monkeypatch.setattr(stream, "SEGMENT", 40)
    monkeypatch.setattr(stream, "AROUND", 15)
    found, truth = walk(125, range(37, 42))
    plans = list(plan_stream(((SIZE, one) for one in found), SETTINGS))
    assert len(plans) == 125
    assert all(is_hidden(plan, box) for plan, box in zip(plans, truth, strict=True))
    assert {plan.withheld for plan in plans} == {None}


def test_no_two_segments_share_a_number(monkeypatch) -> None:
    monkeypatch.setattr(stream, "SEGMENT", 40)
    monkeypatch.setattr(stream, "AROUND", 15)
    found, _ = walk(125)
    plans = list(plan_stream(((SIZE, one) for one in found), SETTINGS))
    of_segment = [
        {region.track for plan in plans[first : first + 40] for region in plan.regions} - {-1}
        for first in (0, 40, 80)
    ]
    assert not of_segment[0] & of_segment[1]
    assert not of_segment[1] & of_segment[2]


def test_segments_look_no_farther_ahead_than_they_say(monkeypatch) -> None:
    """What is read ahead is bounded, however long the recording is."""
    monkeypatch.setattr(stream, "SEGMENT", 40)
    monkeypatch.setattr(stream, "AROUND", 15)
    read = 0

    def endless():
        nonlocal read
        while True:
            read += 1
            yield SIZE, Found(read / RATE_HZ, Detections.empty())

    plans = plan_stream(endless(), SETTINGS)
    ahead = []
    for index in range(500):
        next(plans)
        ahead.append(read - index)
    assert max(ahead) <= 40 + 15 + 1


def test_another_size_begins_anew() -> None:
    found, _ = walk(60)
    sizes = [SIZE] * 30 + [(320, 240)] * 30
    plans = list(plan_stream(zip(sizes, found, strict=True), SETTINGS))
    assert len(plans) == 60
    assert all(r.right <= 320 and r.bottom <= 240 for plan in plans[30:] for r in plan.regions)
