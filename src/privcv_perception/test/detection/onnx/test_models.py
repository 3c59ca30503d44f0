# SPDX-License-Identifier: Apache-2.0
"""Models are kept only with the pinned digest; each failure says what to do."""

import errno
import hashlib
import io
import json
import os
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError

import pytest
from click.testing import CliRunner

from privcv_core.errors import FileWriteError
from privcv_core.settings.model import data_folder
from privcv_perception.cli.models import command
from privcv_perception.detection.onnx.model_description import describe_model
from privcv_perception.detection.onnx.model_file import read_model
from privcv_perception.detection.onnx.model_registry import (
    REGISTRY,
    RegisteredModel,
    find_model,
    registered,
)
from privcv_perception.detection.onnx.model_store import pull, state_of
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector
from privcv_perception.errors import ModelError

CONTENT = b"weights" * 1000


@pytest.fixture
def model() -> RegisteredModel:
    entry = registered("yolox_nano")
    description = entry.description.model_copy(
        update={"sha256": hashlib.sha256(CONTENT).hexdigest()}
    )
    return replace(entry, description=description, size_bytes=len(CONTENT))


def test_a_model_is_fetched_once_and_kept(tmp_path: Path, model: RegisteredModel) -> None:
    asked: list[str] = []

    def open_url(url: str) -> io.BytesIO:
        asked.append(url)
        return io.BytesIO(CONTENT)

    seen: list[int] = []
    path = pull(model, tmp_path / "new", open_url, seen.append)
    assert path.read_bytes() == CONTENT
    assert seen[-1] == len(CONTENT)
    assert pull(model, tmp_path / "new", open_url) == path
    assert asked == [model.url]


@pytest.mark.parametrize("sent", [b"", CONTENT[:-1], CONTENT + b"x", b"y" * len(CONTENT)])
def test_other_bytes_are_refused_and_leave_nothing(
    tmp_path: Path, model: RegisteredModel, sent: bytes
) -> None:
    with pytest.raises(ModelError, match="it was not kept"):
        pull(model, tmp_path, lambda url: io.BytesIO(sent))
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_way_out_is_named(tmp_path: Path, model: RegisteredModel) -> None:
    def offline(url: str) -> io.BytesIO:
        raise URLError("no route to host")

    with pytest.raises(ModelError, match=r"no route to host.*yolox_nano\.onnx"):
        pull(model, tmp_path, offline)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_not_blamed_on_the_network(
    tmp_path: Path, model: RegisteredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / model.file_name).write_bytes(b"damaged")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(FileWriteError, match="cannot be written: No space left"):
        pull(model, tmp_path, lambda url: io.BytesIO(CONTENT))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"damaged"]


def test_a_damaged_file_is_seen_and_replaced(tmp_path: Path, model: RegisteredModel) -> None:
    (tmp_path / model.file_name).write_bytes(b"damaged")
    assert state_of(model, tmp_path) == "damaged"
    pull(model, tmp_path, lambda url: io.BytesIO(CONTENT))
    assert state_of(model, tmp_path) == "verified"


def test_a_name_that_is_not_here_or_not_known(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="privcv models pull yolox_tiny"):
        find_model("yolox_tiny", tmp_path)
    with pytest.raises(ModelError, match="which has yolox_nano, yolox_tiny"):
        find_model("yolo99", tmp_path)


def test_the_registry_is_pinned_and_fetched_over_https_only() -> None:
    names = [model.name for model in REGISTRY]
    assert len(set(names)) == len(names)
    for model in REGISTRY:
        assert model.url.startswith("https://") or not model.url
        assert model.description.licence == "Apache-2.0"
        assert model.size_bytes > 1_000_000


def test_the_command_lists_and_verifies(tmp_path: Path) -> None:
    run = CliRunner().invoke(command, ["list", "--json", "--folder", str(tmp_path)])
    assert {row["state"] for row in json.loads(run.output)} == {"absent"}
    (tmp_path / "yolox_nano.onnx").write_bytes(b"damaged")
    run = CliRunner().invoke(command, ["verify", "--folder", str(tmp_path)])
    assert isinstance(run.exception, ModelError)
    assert "privcv models pull yolox_nano" in str(run.exception)


def test_a_file_of_the_registry_is_recognised_by_its_digest() -> None:
    path = data_folder() / "models" / "yolox_nano.onnx"
    if not path.exists():
        pytest.skip(f"{path} is not here: set PRIVCV_DATA")
    run = CliRunner().invoke(command, ["verify", str(path)])
    assert run.exit_code == 0
    assert "yolox_nano_export, verified" in run.output


def test_a_file_beside_a_model_overrides_nothing_that_is_pinned(
    tmp_path: Path, model: RegisteredModel
) -> None:
    """Who may write in the models folder must not choose what a named model is."""
    path = tmp_path / model.file_name
    beside = path.with_suffix(".yaml")
    known = {model.description.sha256: model.description}
    path.write_bytes(CONTENT)
    beside.write_text(
        f"name: mine\nsha256: {model.description.sha256}\ndecode: yolov8\nperson_class: 7\n"
    )
    assert describe_model(read_model(path), known) == model.description
    path.write_bytes(b"another model")
    beside.write_text(f"name: mine\nsha256: {read_model(path).sha256}\ndecode: yolov8\n")
    with pytest.raises(ModelError, match="the registry pins"):
        describe_model(read_model(path), known, model.description)
    settings = DetectorSettings(kind="onnx", model=model.name, folder=tmp_path)
    with pytest.raises(ModelError, match="the registry pins"):
        build_detector(settings, None, (64, 48))
    assert describe_model(read_model(path), known).name == "mine"  # given as a path, it pins itself
