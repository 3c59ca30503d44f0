# SPDX-License-Identifier: Apache-2.0
"""A detector and a tracker of other packages: installed, checked, and named in a running site."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from commands import run_command

from privcv_core.audit.verify import read_chain
from privcv_core.errors import SettingsError
from privcv_core.settings.model import load_settings
from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector
from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.sources import SourceSettings, open_source
from privcv_perception.testing import (
    ScriptedDetector,
    check_detector,
    check_tracker,
    walking_boxes,
)
from privcv_perception.tracker_registry import build_tracker
from privcv_perception.tracking.settings import TrackerSettings
from privcv_site.camera import CameraFile

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ("opencv_hog_detector", "nearest_tracker")
SIZE = (640, 480)
SCALE = CalibrationSettings(kind="scale", metres_per_pixel=0.02)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the examples are installed into, as an environment of its own would be."""
    folder = tmp_path_factory.mktemp("packages")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--target", str(folder)]
    for name in EXAMPLES:
        source = tmp_path_factory.mktemp("sources") / name  # a build leaves files behind
        source.mkdir()
        for file in (ROOT / "examples" / name).glob("*.*"):
            (source / file.name).write_bytes(file.read_bytes())
        subprocess.run([*command, str(source)], check=True)
    return folder


@pytest.fixture
def installed(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(packages))
    importlib.invalidate_caches()


def test_ours_and_the_example_hold_to_what_trackers_are(installed: None) -> None:
    calibration = build_calibration(SCALE, SIZE)
    boxes = walking_boxes(4, 60, SIZE)
    for kind in ("nearest", "builtin"):
        settings = TrackerSettings(kind=kind)
        frames = check_tracker(lambda one=settings: build_tracker(one, calibration, SIZE), boxes)
        assert {len(frame) for frame in frames[10:]} == {4}, kind
        assert set(frames[-1].ids.tolist()) == {0, 1, 2, 3}, kind


def test_the_example_holds_to_what_detectors_are(installed: None, scene_folder: Path) -> None:
    source = open_source(SourceSettings(kind="file", uri=str(scene_folder / "video.avi")))
    frames = []
    source.open()
    buffer = FrameBuffer(*source.size)
    while len(frames) < 5 and source.read(buffer) is not None:
        frames.append(buffer.pixels.copy())
    source.close()
    settings = DetectorSettings(kind="opencv_hog", options={"min_weight": 0.1})
    size = (frames[0].shape[1], frames[0].shape[0])
    check_detector(lambda: build_detector(settings, None, size), frames)


def test_checks_find_what_is_wrong() -> None:
    scripted = walking_boxes(2, 5, SIZE)
    frames = [np.zeros((48, 64, 3), np.uint8)] * 5
    with pytest.raises(AssertionError, match="other boxes after close"):
        check_detector(lambda: ScriptedDetector(scripted), frames)

    class Forgetful:
        dropped_frames = 1

        def update(self, *_: object) -> tuple:
            return ()

        def flush(self) -> tuple:
            return ()

    with pytest.raises(AssertionError, match="frames are missing"):
        check_tracker(Forgetful, scripted)


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        (
            {"detector": {"kind": "acme"}},
            r"detector: kind: is none of onnx, builtin; 'acme'",
        ),
        ({"tracker": {"kind": "acme"}}, r"tracker: kind: is none of builtin; 'acme'"),
        (
            {"detector": {"options": {"a": 1}}},
            r"options: are those of a package's kind, and",
        ),
    ],
)
def test_a_name_that_nobody_adds_is_refused(tmp_path: Path, camera: dict, said: str) -> None:
    (tmp_path / "camera.yaml").write_text(yaml.safe_dump(camera))
    with pytest.raises(SettingsError, match=said):
        load_settings(CameraFile, tmp_path / "camera.yaml")


def test_options_are_those_of_the_package(installed: None) -> None:
    wrong = TrackerSettings(kind="nearest", options={"farthest": 2})
    with pytest.raises(SettingsError, match="options of 'nearest': farthest: is not a known"):
        build_tracker(wrong, build_calibration(SCALE, SIZE), SIZE)


@pytest.mark.graph
def test_both_run_in_a_site_that_names_them(
    packages: Path, scene_folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")
    camera = yaml.safe_load((scene_folder / "camera.yaml").read_text())
    camera["source"] = {"kind": "file", "uri": str(scene_folder / "video.avi")}
    camera["detector"] = {"kind": "opencv_hog", "options": {"min_weight": 0.1}}
    camera["tracker"] = {"kind": "nearest", "options": {"farthest_m": 2.0, "min_score": 0.05}}
    camera["authorization"] = {"required": False}
    camera["zones"] = {"room": {"polygon_m": [[-5, 5], [5, 5], [5, 13], [-5, 13]]}}
    site = {
        "state": str(tmp_path / "state"),
        "cameras": {"room": camera},
        "privacy": {"unit": "person_window", "epsilon": 4, "window_s": 15, "dwell_period_s": 60},
    }
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(site))
    path = f"{packages}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    run = run_command(
        "replay", scene_folder / "video.avi", "--site", tmp_path / "site.yaml", "--lock-step",
        folder=tmp_path, timeout_s=180, environment={"PYTHONPATH": path},
    )  # fmt: skip
    assert run.status == 0, run.said
    assert "releases" in run.said
    audit = tmp_path / "state" / "audit"
    loaded = {
        entry.facts["name"]: (entry.facts["distribution"], entry.facts["version"])
        for chain in ("room.detection", "room.tracking")
        for entry in read_chain(audit, chain, "extension.loaded")
    }
    assert loaded == {
        "opencv_hog": ("opencv-hog-detector", "1.0.0"), "nearest": ("nearest-tracker", "1.0.0")
    }, json.dumps(loaded)  # fmt: skip
