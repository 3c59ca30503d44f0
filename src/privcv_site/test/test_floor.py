# SPDX-License-Identifier: Apache-2.0
"""Floors of a site: several cameras that count together, each person under one of them once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from privcv_core.errors import SettingsError
from privcv_core.settings.dotted import nest
from privcv_perception.calibration.build import checked_calibration
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_site.floor_view import check_floor_view
from privcv_site.graph import build_graph
from privcv_site.record import site_record
from privcv_site.site import load_site


@pytest.fixture
def content(tmp_path: Path) -> dict[str, Any]:
    def camera(name: str, door: list[float]) -> dict[str, Any]:
        return {
            "source": {"kind": "rtsp", "uri": f"rtsp://127.0.0.1/{name}"},
            "calibration": {
                "kind": "homography",
                "points_px": [[0, 480], [640, 480], [0, 0], [640, 0]],
                "points_m": [[0, 0], [10, 0], [0, 8], [10, 8]],
            },
            "lines": {f"{name}_door": door},
        }

    return {
        "state": str(tmp_path / "state"),
        "cameras": {"north": camera("north", [0, 8, 2, 8]), "south": camera("south", [0, 0, 2, 0])},
        "floors": {
            "hall": {
                "label": "The hall",
                "zones": {"all": {"polygon_m": [[0, 0], [10, 0], [10, 8], [0, 8]]}},
                "cameras": {"north": {"at_m": [5, 8]}, "south": {"at_m": [5, 0]}},
            }
        },
    }


def load(content: dict[str, Any], folder: Path) -> Any:
    file = folder / "site.yaml"
    file.write_text(yaml.safe_dump(content))
    return load_site(file)


def test_the_process_that_counts_is_told_who_counts_what(
    content: dict[str, Any], tmp_path: Path
) -> None:
    site = load(content, tmp_path)
    processes = {one.name: one for one in build_graph(site)}
    assert {"north", "south", "privacy"} <= set(processes)
    (aggregation,) = processes["privacy"].nodes
    settings = AggregationSettings.model_validate(nest(aggregation.parameters))
    assert settings.zone_maps == {}
    hall = settings.joint_floors["hall"]
    assert hall.zones.names == ("all",)
    assert hall.zones.lines == ("north_door", "south_door")
    # 10 m x 8 m: half of it, in cells of 0.5 m, for each.
    assert {n: int(one.cells.owned.sum()) for n, one in hall.cameras.items()} == {
        "north": 160, "south": 160,
    }  # fmt: skip


@pytest.mark.parametrize("bare", [["south"], ["north", "south"]])
def test_a_camera_over_a_floor_needs_nothing_of_its_own(
    content: dict[str, Any], tmp_path: Path, bare: list[str]
) -> None:
    """Its people are counted in the zones of the floor, also where it has no line."""
    for name in bare:
        del content["cameras"][name]["lines"]
    processes = {one.name: one for one in build_graph(load(content, tmp_path))}
    (aggregation,) = processes["privacy"].nodes
    settings = AggregationSettings.model_validate(nest(aggregation.parameters))
    assert set(settings.cameras) == set(settings.joint_floors["hall"].cameras) == {"north", "south"}


def test_reports_of_a_floor_have_a_place_in_the_record(
    content: dict[str, Any], tmp_path: Path
) -> None:
    (hall,) = site_record(load(content, tmp_path)).cameras
    assert (hall.name, hall.label) == ("hall", "The hall")
    assert [zone.name for zone in hall.zones] == ["all"]
    assert [line.name for line in hall.lines] == ["north_door", "south_door"]


SIZE = (640, 480)


def judge(content: dict[str, Any], folder: Path, camera: str) -> None:
    site = load(content, folder)
    calibration = checked_calibration(site.cameras[camera].calibration, SIZE)
    check_floor_view(site, camera, calibration, SIZE, "site.yaml: ")


def test_what_a_camera_counts_of_a_floor_must_be_in_its_view(
    content: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    judge(content, tmp_path, "north")
    assert not caplog.records
    # Its image now ends 2 m from its wall, and it counts 4 m.
    marks = content["cameras"]["north"]["calibration"]
    marks["points_m"] = [[0, 7], [10, 7], [0, 15], [10, 15]]
    judge(content, tmp_path, "north")
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("site.yaml: floors.hall.zones.all: camera 'north' has 25% in view")
    # Of a zone that it alone counts next to nothing is a mistake.
    content["floors"]["hall"]["zones"] = {
        "all": {"polygon_m": [[0, 0], [10, 0], [10, 4], [0, 4]]},
        "far": {"polygon_m": [[0, 4], [10, 4], [10, 6], [0, 6]]},
    }
    with pytest.raises(SettingsError, match=r"zones\.far: camera 'north' has 0% in view.*owns_m"):
        judge(content, tmp_path, "north")
    judge(content, tmp_path, "south")  # which does not count there


ZONE = {"z": {"polygon_m": [[0, 0], [2, 0], [2, 2], [0, 2]]}}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["cameras"]["north"].update(zones=ZONE), "move its zones to the floor"),
        (
            lambda c: c["floors"]["hall"]["cameras"].update(east={"at_m": [1, 1]}),
            "no camera 'east'",
        ),
        (lambda c: c["floors"].update(north=c["floors"]["hall"]), "give it another"),
        (lambda c: c["floors"].update(other=c["floors"]["hall"]), "take it from one of them"),
        (lambda c: c["floors"]["hall"]["cameras"]["north"].pop("at_m"), "at_m"),
        (lambda c: c.update(floors={}), "cameras.north.zones"),
        (
            lambda c: c["cameras"]["south"].update(lines=c["cameras"]["north"]["lines"]),
            "would count twice",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    content: dict[str, Any], tmp_path: Path, change: Any, says: str
) -> None:
    change(content)
    with pytest.raises(SettingsError, match=says):
        load(content, tmp_path)
