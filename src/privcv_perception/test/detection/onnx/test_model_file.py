# SPDX-License-Identifier: Apache-2.0
"""What runs is what was hashed, what was hashed is all of it, and the site's settings pin it."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import yaml
from click.testing import CliRunner
from onnx import TensorProto, helper, numpy_helper

from privcv_perception.cli.models import command
from privcv_perception.detection.onnx import model_description
from privcv_perception.detection.onnx.model_file import pack, parse_whole, read_model
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector, unpinned
from privcv_perception.errors import ModelError

SIDE = 64
FRAME = np.full((SIDE, SIDE, 3), 90, np.uint8)
THERE = np.array([[[10, 10, 26, 42, 0.9, 0]]], np.float32)
NOBODY = np.zeros((1, 1, 6), np.float32)


def model(rows: np.ndarray) -> onnx.ModelProto:
    """It answers every image with ``rows``: x1 y1 x2 y2 score class."""
    graph = helper.make_graph(
        [helper.make_node("Identity", ["rows"], ["out"])],
        "fixed",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, SIDE, SIDE))],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, rows.shape)],
        [numpy_helper.from_array(rows, "rows")],
    )
    opsets = [helper.make_opsetid("", 13)]
    return helper.make_model(graph, ir_version=8, opset_imports=opsets)


def put(path: Path, proto: onnx.ModelProto, **description: object) -> DetectorSettings:
    """The model with a description that fits it, as whoever may write there can put them."""
    path.write_bytes(proto.SerializeToString())
    given = {
        "name": "mine", "sha256": read_model(path).sha256, "decode": "end_to_end",
        "input": {"width": SIDE, "height": SIDE}, **description,
    }  # fmt: skip
    path.with_suffix(".yaml").write_text(yaml.safe_dump(given))
    return DetectorSettings.model_validate(
        {"kind": "onnx", "model": str(path), "scene": {"enabled": False}}
    )


def people(settings: DetectorSettings) -> int:
    """How many the detector of ``settings`` finds."""
    return len(build_detector(settings, None, (SIDE, SIDE)).detect(FRAME, 0.0))


def pinned(settings: DetectorSettings) -> DetectorSettings:
    """``settings`` with what ``unpinned`` says is missing."""
    return settings.model_copy(update=yaml.safe_load("\n".join(unpinned(settings)) or "{}"))


def test_settings_pin_a_model_whatever_is_put_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "people.onnx"
    settings = pinned(put(path, model(THERE)))
    assert unpinned(settings) == []
    assert people(settings) == 1
    put(path, model(NOBODY))  # the model and its description, in one
    with pytest.raises(ModelError, match=r"people\.onnx: .*'detector\.sha256' pins"):
        people(settings)
    put(path, model(THERE), person_class=1)  # the description alone: it shall look for others
    with pytest.raises(ModelError, match=r"people\.yaml: .*'detector\.description_sha256' pins"):
        people(settings)
    put(path, model(THERE))
    assert people(settings) == 1


def test_settings_pin_a_model_of_the_registry_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "people.onnx"
    settings = put(path, model(THERE))
    known = {
        read_model(path).sha256: model_description.describe_model(read_model(path), {}),
    }
    monkeypatch.setattr(
        "privcv_perception.detection.onnx.model_registry.known_digests", lambda: known
    )
    assert [line.split(":")[0] for line in unpinned(settings)] == ["sha256"]
    fixed = pinned(settings)
    path.with_suffix(".yaml").write_text("name: [")  # it is not read
    assert people(fixed) == 1
    put(path, model(NOBODY))
    with pytest.raises(ModelError, match=r"'detector\.sha256' pins"):
        people(fixed)
    put(path, model(THERE))
    with pytest.raises(ModelError, match=r"remove 'detector\.description_sha256'"):
        people(fixed.model_copy(update={"description_sha256": "0" * 64}))


def test_what_runs_is_what_was_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write there swaps the file between the look at its digest and its use."""
    path = tmp_path / "people.onnx"
    settings = pinned(put(path, model(THERE)))
    describe = model_description.describe_model

    def described_then_swapped(*given: object, **named: object) -> object:
        found = describe(*given, **named)  # type: ignore[arg-type]
        swapped = tmp_path / "swapped"
        swapped.write_bytes(model(NOBODY).SerializeToString())
        os.replace(swapped, path)
        return found

    monkeypatch.setattr(model_description, "describe_model", described_then_swapped)
    assert people(settings) == 1
    assert read_model(path).content == model(NOBODY).SerializeToString()


def outside(tensor: TensorProto, location: str) -> None:
    """Have ``tensor`` lie in another file."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)


def weights(proto: onnx.ModelProto) -> None:
    outside(proto.graph.initializer[0], "people.weights")


def weights_of_a_constant(proto: onnx.ModelProto) -> None:
    del proto.graph.initializer[:]
    node = helper.make_node("Constant", [], ["rows"], value=numpy_helper.from_array(NOBODY))
    outside(node.attribute[0].t, "people.weights")
    proto.graph.node.insert(0, node)


def weights_of_a_branch(proto: onnx.ModelProto) -> None:
    branch = helper.make_graph(
        [helper.make_node("Identity", ["inner"], ["branch"])], "branch", [],
        [helper.make_tensor_value_info("branch", TensorProto.FLOAT, NOBODY.shape)],
        [numpy_helper.from_array(NOBODY, "inner")],
    )  # fmt: skip
    outside(branch.initializer[0], "people.weights")
    node = helper.make_node("If", ["yes"], ["out"], then_branch=branch, else_branch=branch)
    proto.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
    proto.graph.node[0].CopyFrom(node)


@pytest.mark.parametrize("move", [weights, weights_of_a_constant, weights_of_a_branch])
def test_a_model_whose_digest_does_not_cover_its_weights_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, move: Callable[[onnx.ModelProto], None]
) -> None:
    """Else who may write in any folder that we start in chooses the weights."""
    proto = model(NOBODY)
    move(proto)
    place = tmp_path / "elsewhere"
    place.mkdir()
    monkeypatch.chdir(place)
    for folder in (tmp_path, place):
        (folder / "people.weights").write_bytes(THERE.tobytes())
    settings = pinned(put(tmp_path / "people.onnx", proto))
    with pytest.raises(ModelError, match=r"people\.weights.*privcv models pack"):
        people(settings)
    run = CliRunner().invoke(command, ["verify", settings.model])
    assert "people.weights" in str(run.exception)


@pytest.mark.parametrize("move", [weights, weights_of_a_constant, weights_of_a_branch])
def test_a_packed_model_is_one_file_that_answers_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, move: Callable[[onnx.ModelProto], None]
) -> None:
    proto = model(NOBODY)
    move(proto)
    (tmp_path / "people.weights").write_bytes(THERE.tobytes())
    put(tmp_path / "people.onnx", proto)
    image = {"image": np.zeros((1, 3, SIDE, SIDE), np.float32)}
    there = onnxruntime.InferenceSession(tmp_path / "people.onnx").run(None, image)
    packed = tmp_path / "one" / "people.onnx"
    packed.parent.mkdir()
    run = CliRunner().invoke(command, ["pack", str(tmp_path / "people.onnx"), str(packed)])
    assert run.exit_code == 0, run.output
    assert read_model(packed).sha256 in run.output
    assert people(put(packed, onnx.load(packed))) == 1
    np.testing.assert_array_equal(
        onnxruntime.InferenceSession(packed.read_bytes()).run(None, image)[0], there[0]
    )


@pytest.mark.parametrize("location", ["../secret", "/etc/hostname", "", "."])
def test_weights_are_packed_from_the_models_folder_only(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret").write_bytes(THERE.tobytes())
    proto = model(NOBODY)
    outside(proto.graph.initializer[0], location)
    (tmp_path / "models").mkdir()
    put(tmp_path / "models" / "people.onnx", proto)
    with pytest.raises(ModelError, match=r"not below its folder|cannot be read"):
        pack(tmp_path / "models" / "people.onnx")


def test_weights_that_are_a_pipe_or_too_short_are_not_packed(tmp_path: Path) -> None:
    proto = model(NOBODY)
    weights(proto)
    proto.graph.initializer[0].external_data.add(key="length", value=str(THERE.nbytes))
    put(tmp_path / "people.onnx", proto)
    os.mkfifo(tmp_path / "people.weights")
    with pytest.raises(ModelError, match=r"people\.weights.*not a regular file"):
        pack(tmp_path / "people.onnx")
    (tmp_path / "people.weights").unlink()
    (tmp_path / "people.weights").write_bytes(THERE.tobytes()[:-1])
    with pytest.raises(ModelError, match="shorter"):
        pack(tmp_path / "people.onnx")


def test_an_engine_that_somebody_compiled_is_not_loaded(tmp_path: Path) -> None:
    proto = model(NOBODY)
    node = helper.make_node(
        "EPContext", ["image"], ["more"], domain="com.microsoft", embed_mode=0,
        ep_cache_context="planted.engine",
    )  # fmt: skip
    proto.graph.node.append(node)
    put(tmp_path / "people.onnx", proto)
    with pytest.raises(ModelError, match=r"planted\.engine"):
        parse_whole(read_model(tmp_path / "people.onnx"))


def test_a_model_that_is_a_pipe_or_a_strangers_link_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "people.onnx")
    with pytest.raises(ModelError, match="not a regular file"):
        read_model(tmp_path / "people.onnx")


def test_verify_prints_what_pins_a_file(tmp_path: Path) -> None:
    settings = put(tmp_path / "people.onnx", model(THERE))
    run = CliRunner().invoke(command, ["verify", settings.model])
    assert run.exit_code == 0, run.output
    fixed = settings.model_copy(update=yaml.safe_load(run.output.partition("\n")[2]))
    assert unpinned(fixed) == []
    assert people(fixed) == 1
