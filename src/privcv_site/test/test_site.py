# SPDX-License-Identifier: Apache-2.0
"""A site is checked as a whole, and whatever is wrong is one line: file, key, fix, status 2."""

import copy
import hashlib
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from onnx import TensorProto, helper, numpy_helper

from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import save_signed, withdraw
from privcv_core.errors import SettingsError
from privcv_core.protocol.person_keys import create_key
from privcv_core.settings.dotted import nest
from privcv_core.settings.settings_file import read_settings_file
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_privacy.aggregation.zone_lattice import zones_off_lattice
from privcv_site.graph import build_graph
from privcv_site.preflight import check_site
from privcv_site.processes import write_settings
from privcv_site.site import load_site, write_site

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def content(tmp_path: Path) -> dict[str, Any]:
    """A site that works."""
    video = tmp_path / "room.avi"
    video.touch()
    corners = [[-3, 6], [-3, 13], [3, 13], [3, 6]]
    camera = {
        "source": {"kind": "file", "uri": str(video)},
        "detector": {"kind": "builtin"},
        "calibration": {
            "kind": "homography",
            "points_px": [[98.48, 336.43], [209.41, 212.70], [430.59, 212.70], [541.52, 336.43]],
            "points_m": corners,
        },
        "authorization": {"required": False},
        "zones": {
            "left": {"polygon_m": [[-5, 5], [0, 5], [0, 13], [-5, 13]]},
            "right": {"polygon_m": [[0, 5], [5, 5], [5, 13], [0, 13]]},
        },
    }
    return {"site": "test", "state": str(tmp_path / "state"), "cameras": {"room": camera}}


def write(tmp_path: Path, content: dict[str, Any]) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def changed(content: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    result = copy.deepcopy(content)
    *parents, leaf = path.split(".")
    place = result
    for parent in parents:
        place = place.setdefault(parent, {})
    place[leaf] = value
    return result


def test_a_site_becomes_one_process_per_boundary(content: dict[str, Any], tmp_path: Path) -> None:
    content["cameras"]["hall"] = copy.deepcopy(content["cameras"]["room"])
    processes = build_graph(load_site(write(tmp_path, content)))
    assert [p.name for p in processes] == ["room", "hall", "privacy", "guard"]
    assert [n.full_name for n in processes[1].nodes] == [
        "/hall/anonymization", "/hall/tracking", "/hall/detection",
    ]  # fmt: skip
    privacy = processes[2].nodes[0].parameters
    assert privacy["cameras.hall.zones.left.polygon_m"] == [-5, 5, 0, 5, 0, 13, -5, 13]
    # What is secret or personal to a camera is known to its own process only.
    for process in processes[2:]:
        for node in process.nodes:
            assert not any(name.startswith(("source.", "detector.")) for name in node.parameters)


def test_the_guard_knows_the_player_of_a_lock_step(content: dict[str, Any], tmp_path: Path) -> None:
    site = load_site(write(tmp_path, content))
    for listeners, named in ((1, []), (2, ["privcv_replay"])):
        (guard,) = (
            node
            for process in build_graph(site, detection_listeners=listeners)
            for node in process.nodes
            if node.name == "guard"
        )
        assert guard.parameters.get("detection_readers", []) == named


def test_all_of_a_device_lies_within_its_namespace(content: dict[str, Any], tmp_path: Path) -> None:
    content["cameras"]["room"]["source"] = {"kind": "topic", "uri": "image_raw"}
    for file, option, space in (("", "", ""), ("", "robot1", "/robot1"), ("/a/b", "", "/a/b"),
                                ("a/b", "/robot1", "/robot1")):  # fmt: skip
        content["namespace"] = file
        site = load_site(write(tmp_path, content), option)
        processes = build_graph(site, log_level="debug")
        assert [n.full_name for p in processes for n in p.nodes] == [
            f"{space}/room/anonymization", f"{space}/room/tracking", f"{space}/room/detection",
            f"{space}/aggregation", f"{space}/guard",
        ]  # fmt: skip
        assert site.frame_topics == {"room": f"{space}/room/image_raw"}
        for process in processes:
            words = process.arguments(tmp_path / "x.yaml")
            assert f"__ns:={space or '/'}" in words or f"__ns:={space}/room" in words
            assert words[-2:] == ["--log-level", "debug"]


@pytest.mark.parametrize("name", ["2nd", "a__b", "a b", "robot1/", "x" * 70, "a//b", "~/a"])
def test_what_is_no_namespace_is_refused(
    content: dict[str, Any], tmp_path: Path, name: str
) -> None:
    with pytest.raises(SettingsError, match=r"--namespace .*: must be a namespace such as robot1"):
        load_site(write(tmp_path, content), name)
    with pytest.raises(SettingsError, match=r"site\.yaml: namespace: must be a namespace"):
        load_site(write(tmp_path, {**content, "namespace": name}))


def test_frames_are_overwritten_and_dds_stays_on_this_machine(
    content: dict[str, Any], tmp_path: Path
) -> None:
    for process in build_graph(load_site(write(tmp_path, content))):
        assert process.environment["FASTDDS_BUILTIN_TRANSPORTS"] == "UDPv4"
        profile = [v for n, v in process.environment.items() if n.endswith("_PROFILES_FILE")]
        assert "127.0.0.1" in Path(*profile).read_text()
        assert ("MALLOC_PERTURB_" in process.environment) == (process.name == "room")


def test_settings_files_are_secret_and_plain(content: dict[str, Any], tmp_path: Path) -> None:
    content["cameras"]["room"]["source"] = {
        "kind": "rtsp", "uri": "rtsp://user:secret@camera.local/stream",
    }  # fmt: skip
    process = build_graph(load_site(write(tmp_path, content)))[0]
    path = write_settings(process, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    parsed = read_settings_file(path).of_node("/room/detection")
    assert parsed["source"]["uri"].endswith("camera.local/stream")


OUTSIDE = [[500, 5], [2000, 5], [2000, 13], [500, 13]]
CROSSED = [[-5, 5], [0, 13], [0, 5], [-5, 13]]


@pytest.mark.parametrize(
    ("path", "value", "names", "says"),
    [
        ("cameras.room.sorce", {}, "cameras.room.sorce", "did you mean 'source'?"),
        ("cameras.room.source.kind", "usb", "cameras.room.source", "kind: is none of file, v4l2"),
        ("cameras.room.zones", {}, "cameras.room.zones", "at least 1"),
        ("cameras.room.zones.left.polygon_m", [[0, 0], [1, 1]], "polygon_m", "at least 6"),
        ("cameras.room.zones.left.polygon_m", CROSSED, "zone 'left'", "in order around it"),
        ("cameras.room.zones.left.polygon_m", OUTSIDE, "zone 'left'", "metres"),
        ("cameras.room.zones.right.polygon_m", [[-1, 5], [5, 5], [5, 13], [-1, 13]],
         "'left' and 'right'", "disjoint"),
        ("cameras.room.authorization", {"required": True}, "authorization", "file"),
        ("privacy", {"epsilon": 0}, "privacy.epsilon", "greater than 0"),
        ("privacy", {"k": 0}, "privacy.k", "greater than or equal to 1"),
        ("privacy", {"max_cells": 0}, "privacy.max_cells", "greater than or equal to 1"),
        ("cameras.room.anonymization", {"identities": {"period_s": 14400}}, "camera 'room'",
         "identity_lifetime_s to 15005"),
        ("cameras.room.anonymization", {"identities": {"forget_s": 20}}, "camera 'room'",
         "identity_absence_s to 20"),
        ("cameras.room.anonymization.cell_m", 1.0, "cameras.room.anonymization",
         "cell_m: is always 0.5, not 1.0"),
        ("cameras.room.lines", {"door": [0, 0, 0.1, 0]}, "cameras.room.lines.door", "0.5 m"),
        ("cameras.room.lines", {f"l{i}": [0, i, 2, i] for i in range(17)}, "lines", "at most 16"),
        ("privacy", {"hysteresis_m": 0.5}, "privacy", "remove hysteresis_m"),
        ("cameras.room.anonymization.tick_s", 10, "cameras.room.anonymization", "remove tick_s"),
        ("uplink", {"url": "http://x", "pins": ["sha256/x"]}, "uplink.url", "https://HOST"),
        ("cameras.room.calibration.points_m", [[0, 0]], "calibration", "same number"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    content: dict[str, Any], tmp_path: Path, path: str, value: Any, names: str, says: str
) -> None:
    file = write(tmp_path, changed(content, path, value))
    with pytest.raises(SettingsError) as caught:
        load_site(file)
    message = str(caught.value)
    assert message.startswith(str(file))
    assert names in message
    assert says in message
    assert "\n" not in message


def test_a_process_is_not_refused_for_a_device_of_another(
    content: dict[str, Any], tmp_path: Path
) -> None:
    """In the sandbox of the uplink there is no camera, and its unit is not started again."""
    content["cameras"]["room"]["source"] = {"kind": "v4l2", "uri": "/dev/video97"}
    site = load_site(write(tmp_path, content))
    check_site(site, "site.yaml", only=["privacy", "guard"])
    for only in (["room"], []):
        with pytest.raises(SettingsError, match=r"cameras\.room\.source\.uri: there is no device"):
            check_site(site, "site.yaml", only=only)


def test_a_start_warns_of_a_model_that_nothing_pins(
    content: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "people.onnx"
    rows = numpy_helper.from_array(np.zeros((1, 1, 6), np.float32), "rows")
    shapes = {"image": (1, 3, 64, 64), "out": (1, 1, 6)}
    image, out = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    )
    node = helper.make_node("Identity", ["rows"], ["out"])
    graph = helper.make_graph([node], "fixed", [image], [out], [rows])
    opsets = [helper.make_opsetid("", 13)]
    path.write_bytes(
        helper.make_model(graph, ir_version=8, opset_imports=opsets).SerializeToString()
    )
    path.with_suffix(".yaml").write_text(
        f"{{name: mine, sha256: {hashlib.sha256(path.read_bytes()).hexdigest()}, "
        "decode: end_to_end, input: {width: 64, height: 64}}"
    )
    detector: dict[str, Any] = {"kind": "onnx", "model": str(path)}
    camera = content["cameras"]["room"]
    camera.update(detector=detector, source={"kind": "rtsp", "uri": "rtsp://camera/1"})
    check_site(load_site(write(tmp_path, content)), "site.yaml")
    assert [record.getMessage().split(": ")[:2] for record in caplog.records] == [
        ["site.yaml", "cameras.room.detector"]
    ] * 2
    for record in caplog.records:
        detector.update(yaml.safe_load(record.getMessage().partition("pin it: ")[2]))
    caplog.clear()
    check_site(load_site(write(tmp_path, content)), "site.yaml")
    assert not caplog.records
    path.with_suffix(".yaml").write_text(path.with_suffix(".yaml").read_text() + "# another")
    with pytest.raises(SettingsError, match=r"cameras\.room\.detector: .*description_sha256"):
        check_site(load_site(write(tmp_path, content)), "site.yaml")


def test_a_start_says_what_a_zone_off_the_lattice_loses_and_what_to_paste(
    content: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    del content["cameras"]["room"]["calibration"]
    content["cameras"]["room"]["source"] = {"kind": "rtsp", "uri": "rtsp://camera.local/1"}
    zones = content["cameras"]["room"]["zones"]
    zones["left"]["polygon_m"] = [[-4.8, 5], [0, 5], [0, 13], [-4.8, 13]]
    check_site(load_site(write(tmp_path, content)), "site.yaml", only=["uplink"])
    assert not caplog.records  # only who counts says it
    check_site(load_site(write(tmp_path, content)), "site.yaml")
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("site.yaml: cameras.room.zones.left: is not on the lattice of 0.5 m: ")
    assert "1.60 m2 (4.2%) beyond its border" in line
    zones["left"].update(yaml.safe_load("polygon_m: " + line.partition("polygon_m: ")[2]))
    caplog.clear()
    check_site(load_site(write(tmp_path, content)), "site.yaml")
    assert not caplog.records


def test_lines_go_to_the_camera_process_and_to_that_which_counts(
    content: dict[str, Any], tmp_path: Path
) -> None:
    content["cameras"]["room"]["lines"] = {"door": [0, 5, 2, 5], "gate": [[0, 9], [2, 9]]}
    processes = {one.name: one for one in build_graph(load_site(write(tmp_path, content)))}
    anonymization = processes["room"].nodes[0].parameters
    assert anonymization["lines.door.ends_m"] == [0, 5, 2, 5]
    (aggregation,) = processes["privacy"].nodes
    assert aggregation.parameters["cameras.room.lines.gate.ends_m"] == [0, 9, 2, 9]


def test_the_process_that_counts_goes_by_the_clock_and_the_hours_of_the_site(
    content: dict[str, Any], tmp_path: Path
) -> None:
    content |= {
        "time_zone": "Europe/Berlin",
        "opening_hours": [{"days": ["mon", "tue"], "start": "08:00", "end": "20:00"}],
        "holidays": ["2026-10-03"],
        "privacy": {"window_s": 3600},
    }
    processes = {one.name: one for one in build_graph(load_site(write(tmp_path, content)))}
    (aggregation,) = processes["privacy"].nodes
    calendar = AggregationSettings.model_validate(nest(aggregation.parameters)).calendar
    monday = calendar.day_start_s(date(2026, 10, 5))
    assert calendar.open_s(monday, monday + 86400) == 12 * 3600
    assert calendar.open_s(monday - 2 * 86400, monday) == 0


def test_the_shipped_sites_are_well_formed() -> None:
    for name in ("demo.yaml", "scene.yaml"):
        site = load_site(ROOT / "config" / name)
        assert build_graph(site)
        for camera, entry in site.cameras.items():
            assert zones_off_lattice(camera, entry.zones) == []


def test_who_has_the_site_file_open_does_not_see_what_a_command_writes(tmp_path: Path) -> None:
    """A camera's address may hold a password: at no moment may others read it."""
    path = tmp_path / "site.yaml"
    path.write_text("site: old")
    path.chmod(0o644)
    with path.open() as reader:
        write_site({"site": "new"}, path)
        assert reader.read() == "site: old"
    assert path.stat().st_mode & 0o777 == 0o600
    assert yaml.safe_load(path.read_text()) == {"site": "new"}


@pytest.mark.parametrize(
    ("unit", "epoch_s"), [("visit", 0), ("person_window", 7200), ("event", 7200)]
)
def test_cameras_make_identities_of_the_unit_that_is_promised(
    content: dict[str, Any], tmp_path: Path, unit: str, epoch_s: int
) -> None:
    """Else the aggregation refuses every tick of theirs."""
    content["privacy"] = {"unit": unit, "dwell_period_s": 7200}
    camera, *_ = build_graph(load_site(write(tmp_path, content)))
    (anonymization,) = (node for node in camera.nodes if node.name == "anonymization")
    assert anonymization.parameters["epoch_s"] == epoch_s


def test_a_record_of_another_camera_is_refused_and_what_else_keeps_it_closed_is_said(
    content: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key, stranger = create_key(tmp_path / "a.pem"), create_key(tmp_path / "b.pem")
    now = datetime.now(timezone.utc)
    record = AuthorizationRecord(
        site="site", camera="room", controller="City", contact="a@example.org",
        lawful_basis="public_task", purpose="counting", area="a room", authorized_by="A. Example",
        issued=now - timedelta(days=1), expires=now + timedelta(days=300),
    )  # fmt: skip
    file = tmp_path / "room.json"
    content["cameras"]["room"]["source"] = {"kind": "rtsp", "uri": "rtsp://camera/1"}
    content["cameras"]["room"]["authorization"] = {"file": str(file), "trusted_keys": [key.public]}

    def said() -> list[str]:
        caplog.clear()
        check_site(load_site(write(tmp_path, content)), "site.yaml")
        return [one.getMessage() for one in caplog.records]

    assert said() == ["site.yaml: cameras.room.authorization: there is no authorization for camera "
                      "'room': the camera stays closed"]  # fmt: skip
    save_signed(SignedRecord.sign(record, key), file)
    assert said() == []
    save_signed(SignedRecord.sign(record, stranger), file)
    assert "not signed by a key that the site trusts" in said()[0]
    other = record.model_copy(update={"camera": "hall"})
    save_signed(SignedRecord.sign(other, key), file)
    key_and_fix = r"^site\.yaml: cameras\.room\.authorization\.file: .*for camera 'hall', .*; name"
    with pytest.raises(SettingsError, match=key_and_fix):
        said()
    save_signed(SignedRecord.sign(record, key), file)
    withdraw(file, "officer", "objection", now)
    assert "the authorization was withdrawn: the camera stays closed" in said()[0]
