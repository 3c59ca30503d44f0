# SPDX-License-Identifier: Apache-2.0
"""A model that speaks another dialect than described is named as what it looks like, at load."""

from pathlib import Path

import numpy as np
import odd_models as odd
import pytest
from onnx import TensorProto

from privcv_perception.detection.onnx.class_names import class_names
from privcv_perception.detection.onnx.output_family import check_broken
from privcv_perception.detector_registry import build_detector
from privcv_perception.errors import ModelError

FRAME = np.full((odd.SIDE, odd.SIDE, 3), 90, np.uint8)
SIZE = (odd.SIDE, odd.SIDE)
PERSON = [270, 170, 100, 300]
V8 = odd.yolov8()
NAN = np.full_like(V8, np.nan)
SHARES = V8.copy()
SHARES[0, :4] /= odd.SIDE
RTDETR = [np.full((1, 300, 80), -5, np.float32), np.full((1, 300, 4), 0.5, np.float32)]
SURE = [np.full((1, 300, 80), 0.01, np.float32), RTDETR[1]]
MASKS = [odd.yolov8(80, 32), np.zeros((1, 32, 160, 160), np.float32)]
END_SHARES = odd.end_to_end() / [odd.SIDE, odd.SIDE, odd.SIDE, odd.SIDE, 1, 1]
CORNERS = np.random.default_rng(3).uniform(0, 0.5, (1, 300, 4)).astype(np.float32)
CORNERS[..., 2:] += CORNERS[..., :2]
CORNERS[0, 7] = np.array([270, 170, 370, 470]) / odd.SIDE
ONE = np.zeros((1, 300, 2), np.float32)
ONE[0, 7, 0] = 0.9
END_SWAPPED = odd.end_to_end()[..., [0, 1, 2, 3, 5, 4]]


@pytest.mark.parametrize(
    ("decode", "outputs"),
    [
        ("yolov8", [V8]),
        ("yolov8", MASKS),
        ("yolov8", [odd.yolov8(1, 51)]),
        ("end_to_end", [odd.end_to_end()]),
        ("yolox_grid", [odd.yolox()]),
    ],
    ids=["v8", "segmentation", "pose", "end_to_end", "yolox"],
)
def test_an_ordinary_export_finds_its_person(
    tmp_path: Path, decode: str, outputs: odd.Outputs
) -> None:
    detector = build_detector(odd.write_odd_model(tmp_path, decode, outputs), None, SIZE)
    found = detector.detect(FRAME, 0.0)
    np.testing.assert_allclose(found.boxes, [PERSON], atol=1e-2)


@pytest.mark.parametrize(
    ("decode", "outputs", "says"),
    [
        ("yolov8", [V8.transpose(0, 2, 1)], "transposed YOLOv8"),
        ("yolov8", [odd.yolov5()], "YOLOv5 or v7"),
        ("yolov8", [odd.yolov5().transpose(0, 2, 1)], "transposed YOLOv5"),
        ("yolov8", [odd.end_to_end()], "'end_to_end'"),
        ("yolov8", [odd.logits(V8)], "logits"),
        ("yolov8", [SHARES], "from 0 to 1, not in px"),
        ("yolov8", [NAN], "NaN"),
        ("yolov8", odd.ssd(), "DETR or SSD"),
        ("yolov8", [np.zeros((1, 1000), np.float32)], "a classifier"),
        ("yolov8", [np.zeros((1, 3, n, n, 85), np.float32) for n in (80, 40, 20)], "raw heads"),
        ("yolox_grid", [odd.yolox_decoded()], "decoded in the graph"),
        ("yolox_grid", [V8.transpose(0, 2, 1)], "transposed YOLOv8"),
        ("yolox_grid", [odd.yolov5()], "YOLOv5 or v7"),
        ("yolox_grid", [V8], "try decode 'yolov8'"),
        ("yolox_grid", [odd.yolox() - 3], "logits"),
        ("end_to_end", [np.zeros((1, 1, 200, 7), np.float32)], "an SSD"),
        ("end_to_end", [V8], "try decode 'yolov8'"),
        ("end_to_end", [END_SHARES], "from 0 to 1, not in px"),
        ("end_to_end", [END_SWAPPED], "another order of columns"),
        ("end_to_end", [odd.end_to_end() * np.nan], "NaN"),
        ("detr", odd.ssd(), "scores: plain"),
        ("detr", SURE, "scores: plain"),
        ("detr", [RTDETR[0], RTDETR[1] * 640], "in px, not from 0 to 1"),
        ("detr", [V8], "try decode 'yolov8'"),
        ("ssd", [CORNERS, ONE], "scores: plain"),
        ("ssd", [V8], "try decode 'yolov8'"),
    ],
)
def test_another_dialect_is_named_at_load(
    tmp_path: Path, decode: str, outputs: odd.Outputs, says: str
) -> None:
    settings = odd.write_odd_model(tmp_path, decode, outputs)
    with pytest.raises(ModelError, match=says):
        build_detector(settings, None, SIZE)


def test_corners_are_not_read_as_centre_and_size(tmp_path: Path) -> None:
    settings = odd.write_odd_model(tmp_path, "detr", odd.ssd(), scores="plain", person_class=1)
    with pytest.raises(ModelError, match=r"corners, not centre and size.*try decode 'ssd'"):
        build_detector(settings, None, SIZE)


@pytest.mark.parametrize("outputs", [[CORNERS, ONE], [ONE, CORNERS]])
def test_an_ssd_finds_its_person(tmp_path: Path, outputs: odd.Outputs) -> None:
    settings = odd.write_odd_model(tmp_path, "ssd", outputs, scores="plain")
    found = build_detector(settings, None, SIZE).detect(FRAME, 0.0)
    np.testing.assert_allclose(found.boxes, [PERSON], atol=1e-2)


def test_centre_and_size_are_not_read_as_corners(tmp_path: Path) -> None:
    swapped = [CORNERS[..., [2, 3, 0, 1]], ONE]
    settings = odd.write_odd_model(tmp_path, "ssd", swapped, scores="plain")
    with pytest.raises(ModelError, match="try decode 'detr'"):
        build_detector(settings, None, SIZE)


@pytest.mark.parametrize("outputs", [RTDETR, RTDETR[::-1]])
def test_a_detr_with_logits_is_taken(tmp_path: Path, outputs: odd.Outputs) -> None:
    build_detector(odd.write_odd_model(tmp_path, "detr", outputs), None, SIZE)


@pytest.mark.parametrize(
    ("shape", "kind", "says"),
    [
        ((1, 3, 640, 640), TensorProto.FLOAT16, "one float32 image"),
        ((1, 3, 640, 640), TensorProto.UINT8, "one float32 image"),
        ((4, 3, 640, 640), TensorProto.FLOAT, "a batch of 1"),
    ],
)
def test_another_input_is_named(
    tmp_path: Path, shape: tuple[int, ...], kind: int, says: str
) -> None:
    settings = odd.write_odd_model(tmp_path, "yolov8", [V8], input_shape=shape, input_type=kind)
    with pytest.raises(ModelError, match=says):
        build_detector(settings, None, SIZE)


def test_an_input_of_any_size_is_taken(tmp_path: Path) -> None:
    shape = ("batch", 3, "height", "width")
    settings = odd.write_odd_model(tmp_path, "yolov8", [V8], input_shape=shape)
    assert len(build_detector(settings, None, SIZE).detect(FRAME, 0.0)) == 1


NAMES = "{0: 'car', 1: 'person', 2: 'dog'}"


@pytest.mark.parametrize(
    ("metadata", "changes", "says"),
    [
        ({"names": NAMES}, {"person_class": 0}, "set person_class to 1"),
        ({"names": NAMES}, {"person_class": 3}, "person_class 3 does not exist"),
        ({"names": "{0: 'car'}"}, {}, "no class of its is a person"),
        ({"task": "classify"}, {}, "'classify'"),
        ({"task": "obb"}, {}, "'obb'"),
    ],
)
def test_a_class_that_is_no_person_is_refused(
    tmp_path: Path, metadata: dict[str, str], changes: dict[str, int], says: str
) -> None:
    settings = odd.write_odd_model(tmp_path, "yolov8", [V8], metadata=metadata, **changes)
    with pytest.raises(ModelError, match=says):
        build_detector(settings, None, SIZE)


@pytest.mark.parametrize(
    ("names", "changes", "found"),
    [
        (NAMES, {}, 0),  # the one box is a car
        (NAMES, {"person_class": 1}, 0),
        ("{0: 'Person', 1: 'car'}", {}, 1),
        ("['person', 'car']", {}, 1),
        ("{0: 'worker'}", {"person_class": 0}, 1),
        ("not a mapping (((", {}, 1),
        ("[" * 90_000, {}, 1),
    ],
)
def test_the_class_of_a_person_is_read_from_the_file(
    tmp_path: Path, names: str, changes: dict[str, int], found: int
) -> None:
    settings = odd.write_odd_model(tmp_path, "yolov8", [V8], metadata={"names": names}, **changes)
    assert len(build_detector(settings, None, SIZE).detect(FRAME, 0.0)) == found


def test_class_names_are_read_from_what_exporters_write() -> None:
    assert class_names({"names": '{"0": "person", "1": "car"}'}) == {0: "person", 1: "car"}
    assert class_names({"names": "__import__('os').system('true')"}) == {}
    assert class_names({}) == {}


def test_boxes_from_0_to_1_are_found_out_with_the_first_person_where_noise_has_none(
    tmp_path: Path,
) -> None:
    given = odd.write_odd_model(tmp_path, "end_to_end", [odd.end_to_end()], silent_on_noise=True)
    np.testing.assert_allclose(build_detector(given, None, SIZE).detect(FRAME, 0.0).boxes, [PERSON])
    given = odd.write_odd_model(tmp_path, "end_to_end", [END_SHARES], silent_on_noise=True)
    detector = build_detector(given, None, SIZE)
    with pytest.raises(ModelError, match="from 0 to 1, not in px"):
        detector.detect(FRAME, 0.0)


def test_an_answer_that_breaks_while_it_runs_is_an_error_and_not_an_empty_room(
    tmp_path: Path,
) -> None:
    detector = build_detector(odd.write_odd_model(tmp_path, "yolov8", [V8]), None, SIZE)
    assert len(detector.detect(FRAME, 0.0)) == 1
    network = detector._network
    with pytest.raises(ModelError, match="8400 of the 8400 boxes"):
        network.people(np.full((1, 3, odd.SIDE, odd.SIDE), np.nan, np.float32), 0.1)
    check_broken("some", 8400, 3)  # a few are dropped and counted
