# SPDX-License-Identifier: Apache-2.0
"""What other packages add: installed, checked, and named in a running site."""

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from waiting import wait_until

from privcv_core.audit.verify import read_chain
from privcv_core.errors import SettingsError
from privcv_core.protocol.envelope import parse
from privcv_core.protocol.signing import SigningKey
from privcv_core.settings.model import load_settings, parse_settings
from privcv_images.recordings.manifest import read_manifest
from privcv_images.recordings.redact import Redaction
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.redaction_registry import build_redaction
from privcv_images.redactions.redaction import FREE, Strength
from privcv_images.redactions.settings import RedactionSettings
from privcv_images.testing import check_redaction
from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.sources import SourceSettings, open_source
from privcv_perception.testing import (
    ScriptedDetector,
    ScriptedSource,
    check_detector,
    check_source,
    check_tracker,
    walking_boxes,
)
from privcv_perception.tracker_registry import build_tracker
from privcv_perception.tracking.settings import TrackerSettings
from privcv_site.camera import CameraFile
from privcv_uplink.delivery import device_keys
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.testing import AcceptingTransport, check_transport
from privcv_uplink.transports.open import open_transport

ROOT = Path(__file__).resolve().parents[1]
OF_A_GRAPH = ("opencv_hog_detector", "nearest_tracker", "image_folder_source", "folder_transport")
EXAMPLES = (*OF_A_GRAPH, "hatched_redaction")
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


def images(folder: Path, count: int) -> list[np.ndarray]:
    """Images of noise in ``folder``, which must not hold any."""
    rng = np.random.default_rng(1)
    made = [rng.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(count)]
    folder.mkdir()
    for index, image in enumerate(made):
        cv2.imwrite(str(folder / f"{index:04}.png"), image)
    return made


def test_the_example_and_the_double_hold_to_what_sources_are(
    installed: None, tmp_path: Path
) -> None:
    made = images(tmp_path / "images", 5)
    settings = SourceSettings(
        kind="image_folder", uri=str(tmp_path / "images"), options={"rate_hz": 5, "start_s": 100}
    )
    stamps = check_source(lambda: open_source(settings))
    assert [stamp.time_ns for stamp in stamps] == list(range(10**11, 10**11 + 10**9, 2 * 10**8))
    assert [stamp.index for stamp in check_source(lambda: ScriptedSource(made), 3)] == [0, 1, 2]
    source, buffer = open_source(settings), FrameBuffer(64, 48)
    source.open()
    source.read(buffer)
    assert (buffer.pixels == made[0]).all()


async def test_the_example_and_the_double_hold_to_what_transports_are(
    installed: None, tmp_path: Path
) -> None:
    settings = UplinkSettings(kind="folder", url=str(tmp_path))
    await check_transport(
        lambda: open_transport(settings),
        lambda: [file.read_bytes() for file in sorted(tmp_path.glob("*.json"))],
    )
    double = AcceptingTransport()
    await check_transport(lambda: double, lambda: [content for _, content, _, _ in double.posted])
    with pytest.raises(AssertionError, match="not what was posted"):
        await check_transport(AcceptingTransport, list)


class Unwilling:
    """A redaction that hides nothing."""

    strength: Strength = "strong"
    cost = FREE

    def redact(self, *_: object) -> None:
        pass


def test_the_example_and_the_double_hold_to_what_redactions_are(
    installed: None, tmp_path: Path
) -> None:
    settings = RedactionSettings(kind="hatched", options={"every_px": 5})
    check_redaction(lambda: build_redaction(settings))
    with pytest.raises(AssertionError, match="was left as it was"):
        check_redaction(lambda: Unwilling())
    images(tmp_path / "images", 1)
    given = ImagesSettings(redaction=settings, people=DetectorSettings(kind="builtin"))
    (done,) = Redaction(given, SigningKey.generate()).run(tmp_path / "images", tmp_path / "shared")
    assert not done.error
    manifest = read_manifest(tmp_path / "shared" / "0000.png.manifest.json")
    assert manifest["added_by"] == "hatched-redaction 1.0.0"
    assert manifest["anonymous"] is True


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

    class Blind(ScriptedSource):
        def read(self, into: FrameBuffer) -> FrameStamp | None:
            return FrameStamp(0, 0)

    with pytest.raises(AssertionError, match="frame 0 was not written"):
        check_source(lambda: Blind(frames))


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        (
            {"detector": {"kind": "acme"}},
            r"detector: kind: is none of onnx, builtin; 'acme'",
        ),
        ({"tracker": {"kind": "acme"}}, r"tracker: kind: is none of builtin; 'acme'"),
        (
            {"source": {"kind": "acme"}},
            r"source: kind: is none of file, v4l2, rtsp, topic; 'acme': no installed package",
        ),
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


def test_a_transport_of_nobody_is_refused_and_ours_needs_a_pin() -> None:
    for given, said in (({"kind": "acme"}, r"uplink: settings: kind: is none of builtin; 'acme'"),
                        ({}, r"uplink: .*pins: name at least 1 public key")):  # fmt: skip
        content = {"url": "https://collector.example", **given}
        with pytest.raises(SettingsError, match=said):
            parse_settings(UplinkSettings, content, where="uplink")


@pytest.mark.graph
def test_all_of_them_run_in_a_site_that_names_them(
    packages: Path, scene_folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")
    camera = yaml.safe_load((scene_folder / "camera.yaml").read_text())
    frames = tmp_path / "frames"
    frames.mkdir()
    capture = cv2.VideoCapture(str(scene_folder / "video.avi"))
    for index in range(300):
        cv2.imwrite(str(frames / f"{index:04}.jpg"), capture.read()[1])
    capture.release()
    camera["source"] = {
        "kind": "image_folder", "uri": str(frames),
        "options": {"rate_hz": 10, "start_s": 1_700_000_000},
    }  # fmt: skip
    camera["detector"] = {"kind": "opencv_hog", "options": {"min_weight": 0.1}}
    camera["tracker"] = {"kind": "nearest", "options": {"farthest_m": 2.0, "min_score": 0.05}}
    camera["authorization"] = {"required": False}
    camera["zones"] = {"room": {"polygon_m": [[-5, 5], [5, 5], [5, 13], [-5, 13]]}}
    site = {
        "state": str(tmp_path / "state"),
        "cameras": {"room": camera},
        "privacy": {"unit": "person_window", "epsilon": 4, "window_s": 15, "dwell_period_s": 60},
        "uplink": {"kind": "folder", "url": str(tmp_path / "carried")},
    }
    (tmp_path / "carried").mkdir()
    (tmp_path / "state").mkdir(mode=0o700)
    device_keys.new(tmp_path / "state" / "uplink-key.json")
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(site))
    path = f"{packages}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-m", "privcv_bringup.cli", "up", str(tmp_path / "site.yaml")]
    audit = tmp_path / "state" / "audit"
    with (tmp_path / "log.txt").open("wb") as log:
        graph = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: list((tmp_path / "carried").glob("*.batches.json")), 120)
    finally:
        graph.send_signal(signal.SIGINT)
        graph.wait(30)
        print((tmp_path / "log.txt").read_text())
    envelope = parse(min((tmp_path / "carried").glob("*.batches.json")).read_bytes())
    assert envelope.body["releases"][0]["sequence"] == 1
    loaded = {
        entry.facts["name"]: (entry.facts["distribution"], entry.facts["version"])
        for chain in ("room.detection", "room.tracking", "uplink")
        for entry in read_chain(audit, chain, "extension.loaded")
    }
    assert loaded == {
        name: (name_of.replace("_", "-"), "1.0.0")
        for name, name_of in zip(("opencv_hog", "nearest", "image_folder", "folder"), OF_A_GRAPH,
                                 strict=True)
    }, json.dumps(loaded)  # fmt: skip
