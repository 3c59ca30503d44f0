# SPDX-License-Identifier: Apache-2.0
"""A camera is read from a site file or from a file of its own, with every key it may have."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from privcv_core.errors import SettingsError
from privcv_site.camera_file import load_camera

LOBBY: dict[str, Any] = {
    "source": {"kind": "file", "uri": "lobby.mp4"},
    "calibration": {
        "kind": "pinhole", "focal_px": [100], "position_m": [0, 0, 3], "tilt_deg": 35,
    },
    "anonymization": {"identities": {"period_s": 1800}},
    "authorization": {"required": False},
    "privacy_zones": {"desk": {"polygon": [[0, 0], [0.2, 0], [0.2, 0.3]]}},
    "zones": {"all": {"polygon_m": [[0, 0], [1, 0], [1, 1]]}},
}  # fmt: skip


def write(folder: Path, content: Any) -> Path:
    path = folder / "camera.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("key", [None, *LOBBY])
def test_an_entry_of_a_site_file_is_a_camera_file_too(tmp_path: Path, key: str | None) -> None:
    """As is one with a key less: a video or a record may come later."""
    content = {name: value for name, value in LOBBY.items() if name != key}
    camera = load_camera(write(tmp_path, content))
    assert (camera.calibration.tilt_deg == 35) == (key != "calibration")


def test_both_files_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    alone = load_camera(write(tmp_path, {**LOBBY, "name": "lobby"}))
    of_site = load_camera(write(tmp_path, {"cameras": {"lobby": LOBBY}}))
    for name in LOBBY:
        assert getattr(alone, name) == getattr(of_site, name)
    assert alone.source is not None
    assert alone.source.uri == str(tmp_path / "lobby.mp4")


def test_a_camera_can_be_calibrated_before_it_is_authorized(tmp_path: Path) -> None:
    content = {name: value for name, value in LOBBY.items() if name != "authorization"}
    assert load_camera(write(tmp_path, {"cameras": {"lobby": content}})).calibration.tilt_deg == 35


def test_one_of_several_has_to_be_named(tmp_path: Path) -> None:
    hall = {**LOBBY, "calibration": {"kind": "none"}}
    file = write(tmp_path, {"cameras": {"lobby": LOBBY, "hall": hall}})
    assert load_camera(file, "hall").calibration.kind == "none"
    with pytest.raises(SettingsError, match="hall, lobby: choose with --name"):
        load_camera(file)
    for wrong in ("door", "cameras"):
        with pytest.raises(SettingsError, match=f"hall, lobby, and not '{wrong}'"):
            load_camera(file, wrong)
    with pytest.raises(SettingsError, match="one camera, 'camera', and not 'hall'"):
        load_camera(write(tmp_path, LOBBY), "hall")


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("key", ["trakcer", "zones", "authorization", "privacy_zones"])
def test_what_is_wrong_is_named_in_either(tmp_path: Path, key: str, inside: bool) -> None:
    content = {**LOBBY, key: {"x": {"y": 1}}}
    file = write(tmp_path, {"cameras": {"lobby": content}} if inside else content)
    with pytest.raises(SettingsError) as caught:
        load_camera(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert f"cameras.lobby.{key}" in str(caught.value) or not inside
    assert key in str(caught.value)
