# SPDX-License-Identifier: Apache-2.0
"""Faces, plates, writing and screens are found where they are drawn or known to be."""

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from privcv_core.settings.model import data_folder
from privcv_images.hiding.each_frame import EachFrame
from privcv_images.hiding.faces import FaceDetector
from privcv_images.hiding.model_bytes import FaceSettings, ModelSettings
from privcv_images.hiding.plates import PlateDetector
from privcv_images.hiding.screens import ScreenDetector
from privcv_images.hiding.text import TextDetector
from privcv_images.hiding.tiles import tiles_of
from privcv_images.hiding.yunet import YuNet
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.settings import ImagesSettings, people_detector
from privcv_perception.detection.detector import Detections
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.errors import FrameError, ModelError

MODELS = data_folder() / "models"
DATA = data_folder() / "data"
FACE, PLATE = MODELS / "yunet_n_640_640.onnx", MODELS / "plate_y5fu_320.onnx"
TEXT, PEOPLE = MODELS / "ppocr_v4_det.onnx", MODELS / "yolox_nano.onnx"
needs_data = pytest.mark.skipif(
    not FACE.exists() or not DATA.exists(), reason="needs the models and data of PRIVCV_DATA"
)

ORL_FACE = (10, 18, 71, 91)
"""Left, top, width, height, px, of the face in ORL's pictures, which are cropped to it."""


def covers(box, truth, share=0.9) -> bool:
    width = min(box[0] + box[2], truth[0] + truth[2]) - max(box[0], truth[0])
    height = min(box[1] + box[3], truth[1] + truth[3]) - max(box[1], truth[1])
    return max(width, 0) * max(height, 0) >= share * truth[2] * truth[3]


@needs_data
def test_faces_are_found_in_every_tile_and_size() -> None:
    frame = np.full((1080, 1920, 3), 120, np.uint8)
    truth = []
    for index in range(12):
        face = cv2.imread(str(DATA / "orl_faces" / f"s{index + 1}" / "1.png"))
        scale = (0.4, 0.6, 1.0, 4.0)[index % 4]
        small = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        left, top = 40 + 460 * (index % 4), 30 + 340 * (index // 4)
        if scale == 4.0:
            left, top = (1500, 60) if index == 3 else (0, 0)
            if index != 3:
                continue
        frame[top : top + small.shape[0], left : left + small.shape[1]] = small
        truth.append(
            tuple(scale * side + at for side, at in zip(ORL_FACE, (left, top, 0, 0), strict=True))
        )
    found = FaceDetector(ModelSettings(model=FACE)).detect(frame)
    assert all(any(covers(box, face, 0.6) for box in found.boxes) for face in truth)
    empty = FaceDetector(ModelSettings(model=FACE)).detect(np.full_like(frame, 120))
    assert not len(empty)


@needs_data
def test_faces_are_those_that_opencv_finds_with_the_same_network() -> None:
    picture = np.full((640, 640, 3), 90, np.uint8)
    for index in range(12):
        face = cv2.imread(str(DATA / "orl_faces" / f"s{index + 1}" / "1.png"))
        left, top = 160 * (index % 4) + 20, 200 * (index // 4) + 30
        picture[top : top + 112, left : left + 92] = face
    scored = FaceSettings(model=FACE, score=0.3)
    theirs = cv2.FaceDetectorYN.create(str(FACE), "", (640, 640), 0.3, 0.3).detect(picture)[1]
    boxes, scores = YuNet(scored).faces(picture, (640, 640))
    assert len(boxes) == len(theirs) >= 12
    assert np.allclose(boxes, theirs[:, :4], atol=0.01)
    assert np.allclose(scores, theirs[:, 14], atol=1e-4)


@needs_data
def test_a_small_face_is_found_in_a_close_look_alone() -> None:
    picture = cv2.GaussianBlur(np.full((480, 640, 3), 120, np.uint8), (0, 0), 3)
    face = cv2.imread(str(DATA / "orl_faces" / "s3" / "1.png"))
    small = cv2.resize(face, (18, 22), interpolation=cv2.INTER_AREA)
    picture[230:252, 310:328] = small
    detector = FaceDetector(FaceSettings(model=FACE))
    assert len(detector.detect(picture)) >= 1
    assert not len(detector.detect(picture, small=False))


@needs_data
@pytest.mark.parametrize(
    ("filled", "rate_hz", "close"),
    [(True, 25, [0, 7]), (True, 10, [0, 3, 6, 9]), (True, 7, [0, 2, 4, 6, 8, 10]),
     (True, 5, [*range(11)]),
     (False, 25, [*range(11)])],
)  # fmt: skip
def test_small_faces_are_looked_for_as_often_as_gaps_can_be_filled(
    filled, rate_hz, close, monkeypatch
) -> None:
    looked = []

    def detect(self, frame, *, small):
        looked.append(small)
        return Detections.empty()

    monkeypatch.setattr(FaceDetector, "detect", detect)
    settings = ImagesSettings(
        people={"kind": "onnx", "model": str(PEOPLE)}, face=FaceSettings(model=FACE)
    )
    finder = Finder(settings, filled=filled)
    for index in range(11):
        assert finder.find(np.zeros((48, 64, 3), np.uint8), 5 + index / rate_hz).failed is None
    assert [index for index, small in enumerate(looked) if small] == close
    for _ in range(2):  # pictures, whose time is always the same
        finder.find(np.zeros((48, 64, 3), np.uint8), 0.0)
    assert looked[-2:] == [True, True]


@needs_data
def test_a_plate_in_a_large_picture_is_covered_with_a_margin() -> None:
    picture = cv2.imread(str(DATA / "egoblur" / "test_lp_image.png"))
    by_eye = (1400, 1110, 75, 85)  # the one plate that can be read, on the car in front
    found = PlateDetector(ModelSettings(model=PLATE)).detect(picture)
    assert any(covers(box, by_eye, 1.0) for box in found.boxes)
    assert any(box[2] * box[3] >= 1.1 * by_eye[2] * by_eye[3] for box in found.boxes)


@needs_data
def test_writing_is_covered_to_the_last_pixel() -> None:
    frame = np.full((480, 640, 3), 230, np.uint8)
    ink = np.zeros((480, 640), np.uint8)
    for row, text in enumerate(("Erika Mustermann", "room 12", "do not open")):
        cv2.putText(ink, text, (60, 100 + 130 * row), cv2.FONT_HERSHEY_DUPLEX, 1.2, 255, 2)
    frame[ink > 0] = 20
    found = TextDetector(ModelSettings(model=TEXT)).detect(frame)
    assert len(found) >= 3
    for x, y, width, height in found.boxes:
        ink[max(int(y), 0) : int(y + height) + 1, max(int(x), 0) : int(x + width) + 1] = 0
    assert not ink.any()


@needs_data
def test_screens_are_asked_of_a_yolox_only() -> None:
    detector = ScreenDetector(people_detector(str(PEOPLE)))
    assert not len(detector.detect(np.full((480, 640, 3), 90, np.uint8)))
    with pytest.raises(ModelError, match="need a YOLOX"):
        ScreenDetector(DetectorSettings(kind="builtin"))


@needs_data
def test_people_are_looked_for_in_each_frame_whatever_the_settings_of_counting_say() -> None:
    """The counting's default looks five times a second; every frame here has the same time."""
    frame = cv2.imread(str(DATA / "egoblur" / "test_image.jpg"))
    finder = Finder(ImagesSettings(people={"kind": "onnx", "model": str(PEOPLE)}))
    for _ in range(4):
        found = finder.find(frame, 0.0)
        assert found.failed is None
        assert len(found.people) >= 1
        assert found.people.inferred


def test_a_detector_that_did_not_look_is_one_that_failed() -> None:
    class Lazy:
        def detect(self, frame, stamp_s):
            return Detections.between_looks()

    with pytest.raises(FrameError, match="did not look"):
        EachFrame(Lazy()).detect(np.zeros((9, 9, 3), np.uint8))


@needs_data
def test_a_model_that_is_not_the_one_that_is_meant_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="none of those known for 'face'"):
        FaceDetector(ModelSettings(model=TEXT))
    with pytest.raises(ModelError, match="pins 0000"):
        PlateDetector(ModelSettings(model=PLATE, sha256="0" * 64))
    changed = tmp_path / "yunet.onnx"
    changed.write_bytes(FACE.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="none of those known"):
        FaceDetector(ModelSettings(model=changed))
    with pytest.raises(ModelError, match="cannot be read"):
        FaceDetector(ModelSettings(model=tmp_path / "none.onnx"))


@pytest.mark.parametrize("size", [(100, 80), (960, 960), (961, 300), (1920, 1080), (4000, 3000)])
def test_tiles_cover_the_image_and_overlap(size) -> None:
    seen = np.zeros((size[1], size[0]), np.uint8)
    tiles = tiles_of(size, 960, 160)
    for left, top, right, bottom in tiles:
        assert 0 < right - left <= 960
        assert 0 < bottom - top <= 960
        seen[top:bottom, left:right] += 1
    assert seen.min() >= 1
    lefts = sorted({(left, right) for left, _, right, _ in tiles})
    assert all(before[1] - after[0] >= 160 for before, after in itertools.pairwise(lefts))
