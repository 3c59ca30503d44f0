# SPDX-License-Identifier: Apache-2.0
"""Bad settings give one line that names the file, the field and the fix."""

from pathlib import Path

import pytest
from pydantic import Field

from privcv_core.errors import SettingsError
from privcv_core.settings.dotted import flatten, limits_of, nest, to_flat
from privcv_core.settings.model import Name, PathSetting, Settings, load_settings, parse_settings


class Zone(Settings):
    k: int = Field(5, ge=1, le=100, description="Fewest people.")
    polygon_m: list[float] = Field(default_factory=list, description="Corners, m.")


class Camera(Settings):
    rate: float = Field(2.0, gt=0, le=60, description="Frames per second, Hz.")
    video: PathSetting | None = Field(None, description="A file.")
    zones: dict[Name, Zone] = Field(default_factory=dict, description="Zones.")


def write(folder: Path, text: str) -> Path:
    path = folder / "camera.yaml"
    path.write_text(text)
    return path


def test_a_good_file_is_read_and_paths_are_relative_to_it(tmp_path: Path) -> None:
    path = write(tmp_path, "rate: 5\nvideo: clips/a.avi\nzones: {door: {k: 3}}")
    camera = load_settings(Camera, path)
    assert camera.rate == 5.0
    assert camera.video == tmp_path / "clips" / "a.avi"
    assert camera.zones["door"].k == 3


def test_the_data_folder_stands_in_for_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIVCV_DATA", "/somewhere")
    camera = load_settings(Camera, write(tmp_path, "video: $PRIVCV_DATA/a.avi"))
    assert camera.video == Path("/somewhere/a.avi")


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ("rat: 5", "rat", "did you mean 'rate'?"),
        ("rate: 0", "rate", "greater than 0"),
        ("rate: fast", "rate", "valid number"),
        ("zones: {door: {k: 0}}", "zones.door.k", "greater than or equal to 1"),
        ("zones: {Door: {}}", "zones.Door", "pattern"),
        ("zones: {door: {kk: 2}}", "zones.door.kk", "did you mean 'k'?"),
        ("- 1", "", "must hold a mapping"),
        ("a: [", "", "is not valid YAML"),
    ],
)
def test_bad_files_name_file_field_and_fix(
    tmp_path: Path, text: str, field: str, says: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(Camera, path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert field in message
    assert says in message


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_settings(Camera, "nowhere.yaml")


def test_settings_survive_the_way_through_flat_ros_parameters() -> None:
    camera = Camera(rate=3.0, zones={"door": Zone(k=2, polygon_m=[0.0, 1.0]), "hall": Zone()})
    flat = to_flat(camera)
    assert flat["zones.door.polygon_m"] == [0.0, 1.0]
    assert "video" not in flat  # ROS has no parameter type for nothing
    assert parse_settings(Camera, nest(flat), where="parameters") == camera


def test_flatten_and_nest_are_inverse_and_refuse_what_cannot_be() -> None:
    nested = {"a": {"b": {"c": 1}, "d": [1.0]}, "e": "x"}
    assert nest(flatten(nested)) == nested
    with pytest.raises(SettingsError, match="a value and a group"):
        nest({"a": 1, "a.b": 2})


def test_descriptors_carry_description_and_range() -> None:
    limits = limits_of(Camera, "zones.door.k")
    assert (limits.low, limits.high, limits.is_integer) == (1, 100, True)
    assert limits.description == "Fewest people."
    assert limits_of(Camera, "rate").high == 60
