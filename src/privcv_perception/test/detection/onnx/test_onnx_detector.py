# SPDX-License-Identifier: Apache-2.0
"""A model file is used only as what its description says, and every mismatch is named.

The models are written here: they answer every image with fixed arrays.
"""

import logging
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from privcv_core.errors import SettingsError
from privcv_perception.detection.onnx.model_description import describe_model
from privcv_perception.detection.onnx.model_file import read_model
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector
from privcv_perception.errors import ModelError

SIDE = 64
FRAME = np.full((48, 64, 3), 90, np.uint8)
BOX = [10.0, 10.0, 16.0, 32.0]


def person(decode: str) -> list[NDArray[np.float32]]:
    """Outputs in which exactly one person, class 0, stands at ``BOX``."""
    if decode == "yolox_grid":
        rows = np.zeros((1, 84, 7), np.float32)
        rows[0, 64 + 4 + 1] = [18 / 16 - 1, 26 / 16 - 1, 0, np.log(2), 0.9, 0.9, 0]
        return [rows]
    if decode == "yolov8":
        columns = np.zeros((1, 6, 10), np.float32)
        columns[0, :, 2] = [18, 26, 16, 32, 0.81, 0]
        return [columns]
    if decode == "detr":
        classes = np.full((1, 5, 2), -9, np.float32)
        classes[0, 1, 0] = np.log(0.81 / 0.19)
        places = np.full((1, 5, 4), 0.5, np.float32)
        places[0, 1] = np.array([18, 26, 16, 32]) / SIDE
        return [classes, places]
    return [np.array([[[10, 10, 26, 42, 0.81, 0]]], np.float32)]


def write_pair(
    folder: Path,
    family: str,
    outputs: list[NDArray[np.float32]],
    shape: tuple[int, ...] = (1, 3, SIDE, SIDE),
    **changes: object,
) -> DetectorSettings:
    """A model and its description, and the settings that use them."""
    path = write_model(folder / "tiny.onnx", shape, *outputs)
    description = {
        "name": "tiny", "sha256": read_model(path).sha256, "decode": family,
        "input": {"width": SIDE, "height": SIDE}, **changes,
    }  # fmt: skip
    path.with_suffix(".yaml").write_text(yaml.safe_dump(description))
    return DetectorSettings.model_validate(
        {"kind": "onnx", "model": str(path), "scene": {"enabled": False}}
    )


@pytest.mark.parametrize("decode", ["yolox_grid", "yolov8", "detr", "end_to_end"])
def test_every_family_finds_the_person_through_a_real_session(tmp_path: Path, decode: str) -> None:
    detector = build_detector(write_pair(tmp_path, decode, person(decode)), None, (64, 48))
    found = detector.detect(FRAME, 0.0)
    np.testing.assert_allclose(found.boxes, [BOX], atol=1e-3)
    np.testing.assert_allclose(found.scores, [0.81], atol=1e-5)
    detector.wipe()


@pytest.mark.parametrize("size", [(1, 1), (7680, 4320), (3, 2000)])
def test_frames_of_any_size_are_looked_at(tmp_path: Path, size: tuple[int, int]) -> None:
    settings = write_pair(tmp_path, "yolox_grid", [np.zeros((1, 84, 7), np.float32)])
    settings = settings.model_copy(update={"scene": DetectorSettings().scene})
    detector = build_detector(settings, None, (64, 48))
    for stamp_s, (width, height) in enumerate([(64, 48), size, (64, 48)]):
        frame = np.zeros((height, width, 3), np.uint8)
        assert len(detector.detect(frame, float(stamp_s))) == 0
    detector.close()


def test_time_that_goes_backwards_starts_anew(tmp_path: Path) -> None:
    settings = write_pair(tmp_path, "yolov8", person("yolov8"))
    settings = settings.model_copy(update={"scene": DetectorSettings().scene})
    detector = build_detector(settings, None, (64, 48))
    assert [len(detector.detect(FRAME, t)) for t in (5.0, 5.2, 1.0, 1.2)] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("changes", "shape", "says"),
    [
        ({"input": {"width": 96, "height": SIDE}}, (1, 3, SIDE, SIDE), "'input.width'"),
        (
            {"input": {"width": SIDE, "height": SIDE, "layout": "nhwc"}},
            (1, 3, SIDE, SIDE),
            "layout",
        ),
        ({}, (1, SIDE, SIDE), "takes images"),
        ({"person_class": 7}, (1, 3, SIDE, SIDE), "person_class 7"),
        ({"strides": [8, 16]}, (1, 3, SIDE, SIDE), "strides"),
        ({"decode": "end_to_end"}, (1, 3, SIDE, SIDE), "decode 'end_to_end'"),
        ({"sha256": "0" * 64}, (1, 3, SIDE, SIDE), "correct 'sha256'"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(
    tmp_path: Path, changes: dict[str, object], shape: tuple[int, ...], says: str
) -> None:
    outputs = [np.zeros((1, 84, 8 if "decode" in changes else 7), np.float32)]
    settings = write_pair(tmp_path, "yolox_grid", outputs, shape, **changes)
    with pytest.raises(ModelError, match=says):
        build_detector(settings, None, (64, 48))


def test_files_that_are_absent_undescribed_or_no_models(tmp_path: Path) -> None:
    path = tmp_path / "some.onnx"
    with pytest.raises(ModelError, match="privcv models pull"):
        describe_model(read_model(path), {})
    path.write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"some\.yaml is not beside it"):
        describe_model(read_model(path), {})
    path.with_suffix(".yaml").write_text("name: x\nsha: 0\n")
    with pytest.raises(SettingsError, match="did you mean 'sha256'"):
        describe_model(read_model(path), {})
    path.with_suffix(".yaml").write_text(
        f"name: x\nsha256: {read_model(path).sha256}\ndecode: yolov8\n"
    )
    settings = DetectorSettings(kind="onnx", model=str(path))
    with pytest.raises(ModelError, match="cannot open"):
        build_detector(settings, None, (64, 48))


def test_a_provider_that_is_absent_falls_back_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = write_pair(tmp_path, "yolox_grid", person("yolox_grid"))
    settings = settings.model_copy(update={"providers": ["tensorrt", "cuda"]})
    with caplog.at_level(logging.WARNING):
        detector = build_detector(settings, None, (64, 48))
    assert len(detector.detect(FRAME, 0.0)) == 1
    assert "'tensorrt' is not in this onnxruntime" in caplog.text


def test_settings_name_what_is_missing() -> None:
    with pytest.raises(ValueError, match="privcv models list"):
        DetectorSettings(kind="onnx")


def write_model(path: Path, input_shape: tuple[int, ...], *outputs: NDArray[np.float32]) -> Path:
    """A model with one float input of ``input_shape`` and the given arrays as its outputs."""
    graph = helper.make_graph(
        [helper.make_node("Identity", [f"c{i}"], [f"out{i}"]) for i in range(len(outputs))],
        "fixed",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, input_shape)],
        [
            helper.make_tensor_value_info(f"out{i}", TensorProto.FLOAT, array.shape)
            for i, array in enumerate(outputs)
        ],
        [numpy_helper.from_array(array, f"c{i}") for i, array in enumerate(outputs)],
    )
    opsets = [helper.make_opsetid("", 13)]
    path.write_bytes(
        helper.make_model(graph, ir_version=8, opset_imports=opsets).SerializeToString()
    )
    return path
