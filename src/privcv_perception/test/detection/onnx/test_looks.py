# SPDX-License-Identifier: Apache-2.0
"""The ONNX detector looks by event time and content: whole frames and crops in turn, on PETS."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import odd_models as odd
import pytest

from privcv_core.settings.model import data_folder
from privcv_perception.detection.detector import Detections, Frame
from privcv_perception.detection.onnx.network import OnnxNetwork
from privcv_perception.detection.settings import DetectorSettings, SceneSettings
from privcv_perception.detector_registry import build_detector

MODEL = data_folder() / "models" / "yolox_nano.onnx"
FASTER = data_folder() / "models" / "person_detection_0200.onnx"
VIDEO = data_folder() / "data" / "pets2009_s2l1" / "video.avi"
pytestmark = pytest.mark.skipif(not MODEL.exists() or not VIDEO.exists(), reason="no shared data")


def frames(count: int) -> Iterator[Frame]:
    video = cv2.VideoCapture(str(VIDEO))
    for _ in range(count):
        yield np.asarray(video.read()[1], np.uint8)


def look(
    monkeypatch: pytest.MonkeyPatch, count: int = 40, **changes: object
) -> tuple[list[Detections], list[tuple[int, int] | None]]:
    """What was found in each frame, and the size of the input of each inference."""
    sizes: list[tuple[int, int] | None] = []
    people = OnnxNetwork.people

    def noted(self, blob, floor, size=None):  # type: ignore[no-untyped-def]
        sizes.append(size)
        return people(self, blob, floor, size)

    monkeypatch.setattr(OnnxNetwork, "people", noted)
    settings = DetectorSettings.model_validate({"kind": "onnx", "model": str(MODEL), **changes})
    detector = build_detector(settings, None, (768, 576))
    found = []
    for index, frame in enumerate(frames(count)):
        found.append(detector.detect(frame, index / 10))
        detector.wipe()
    monkeypatch.undo()
    return found, sizes


def test_every_second_frame_is_looked_at_in_turn_whole_and_in_crops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, sizes = look(monkeypatch)
    looks = [index for index, people in enumerate(found) if people.looked]
    assert len(looks) == len(sizes) < 30  # of 40: who is new hurries
    assert {after - before for before, after in pairwise(looks)} == {1, 2}
    whole = [frame for frame, size in zip(looks, sizes, strict=True) if size == (416, 320)]
    assert whole[0] == 0
    assert {after - before for before, after in pairwise(whole)} == {4}
    areas = [size[0] * size[1] for size in sizes if size is not None and size != (416, 320)]
    assert len(areas) == len(looks) - len(whole)
    assert max(areas) <= 320 * 256


def test_who_comes_in_is_looked_at_sooner(tmp_path: Path) -> None:
    """A model that tells of one person everywhere and always: new in the first look only."""
    settings = odd.write_odd_model(tmp_path, "yolov8", [odd.yolov8()])
    settings = settings.model_copy(update={"scene": SceneSettings(enabled=False)})
    detector = build_detector(settings, None, (odd.SIDE, odd.SIDE))
    frame = np.full((odd.SIDE, odd.SIDE, 3), 90, np.uint8)
    looked = [detector.detect(frame, index / 10).looked for index in range(20)]
    assert looked[:4] == [True] * 4
    assert looked[5:] in ([True, False] * 7 + [True], [False, True] * 7 + [False])
    detector.close()
    assert detector.detect(frame, 7.77).looked


@pytest.mark.parametrize("model", [MODEL, FASTER], ids=["yolox_nano", "person_detection_0200"])
def test_crop_looks_find_whom_whole_looks_find(
    monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    if not model.exists():
        pytest.skip("no shared data")
    cropped, sizes = look(monkeypatch, model=str(model))
    assert len(set(sizes)) > 1
    whole, _ = look(monkeypatch, model=str(model), crop_looks=False)
    counts = [
        [int((people.scores > 0.6).sum()) for people in found[2::4]] for found in (cropped, whole)
    ]
    assert sum(counts[1]) > 20
    assert sum(counts[0]) == pytest.approx(sum(counts[1]), rel=0.1)


def test_the_same_frames_give_the_same_bytes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    once, _ = look(monkeypatch, count=12)
    again, _ = look(monkeypatch, count=12)
    for one, other in zip(once, again, strict=True):
        assert one.boxes.tobytes() == other.boxes.tobytes()
        assert one.scores.tobytes() == other.scores.tobytes()


def test_as_many_looks_as_frames_look_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    found, sizes = look(monkeypatch, count=6, looks_per_s=30.0, crop_looks=False)
    assert all(people.looked for people in found)
    assert len(sizes) == 6
