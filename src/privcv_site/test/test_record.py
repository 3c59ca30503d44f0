# SPDX-License-Identifier: Apache-2.0
"""What a collector is told of a site is what its file says; labels reach nobody else."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from privcv_core.errors import SettingsError
from privcv_site.graph import build_graph
from privcv_site.preflight import check_site
from privcv_site.record import site_record
from privcv_site.site import load_site

LABEL = 'Zone "<script>" à gauche'


@pytest.fixture
def content(tmp_path: Path) -> dict[str, Any]:
    """A site with everything that a record tells."""
    camera = {
        "label": "Entrance",
        "source": {"kind": "topic", "uri": "/images"},
        "calibration": {
            "kind": "homography",
            "points_px": [[98.48, 336.43], [209.41, 212.70], [430.59, 212.70], [541.52, 336.43]],
            "points_m": [[-3, 6], [-3, 13], [3, 13], [3, 6]],
        },
        "authorization": {"required": False},
        "zones": {
            "left": {
                "polygon_m": [[-5, 5], [0, 5], [0, 13]],
                "label": LABEL,
                "capacity": 12,
                "queue": True,
            },
            "right": {"polygon_m": [[0, 5], [5, 5], [5, 13], [0, 13]]},
        },
        "lines": {"door": {"ends_m": [0, 4, 2, 4], "label": "Way in"}, "back": [-2, 4, 0, 4]},
    }
    uplink = {"url": "https://collector", "pins": ["sha256/" + "A" * 43 + "="]}
    return {
        "site": "office",
        "label": "Head office",
        "state": str(tmp_path / "state"),
        "time_zone": "Asia/Kathmandu",
        "opening_hours": [{"start": "09:00", "end": "17:30"}],
        "holidays": ["2026-12-25", "2026-01-01"],
        "uplink": uplink,
        "privacy": {"release": ["visitors", "presence", "dwell"]},
        "cameras": {"lobby": camera},
    }


def load(tmp_path: Path, content: dict[str, Any]) -> Any:
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return load_site(path)


def test_the_record_is_what_the_file_says(tmp_path: Path, content: dict[str, Any]) -> None:
    record = json.loads(site_record(load(tmp_path, content)).canonical())
    (camera,) = record["cameras"]
    left, right = camera["zones"]
    assert left == {
        "name": "left", "label": LABEL, "capacity": 12, "queue": True,
        "area_m2": 20,  # half of 5 m by 8 m
        "polygon_m": [-5, 5, 0, 5, 0, 13],
    }  # fmt: skip
    assert (right["label"], right["capacity"], right["area_m2"]) == ("", None, 40)
    assert [line["label"] for line in camera["lines"]] == ["Way in", ""]
    assert record["plan_m"] == [-5, 4, 5, 13]  # the door lies below all zones
    assert record["holidays"] == ["2026-01-01", "2026-12-25"]
    assert record["opening_hours"][0]["end"] == "17:30"
    told = (record["label"], record["time_zone"], record["unit"], record["epsilon"])
    assert told == ("Head office", "Asia/Kathmandu", "visit", 1)
    content["plan_m"] = [-10, 0, 10, 20]
    assert site_record(load(tmp_path, content)).plan_m == [-10, 0, 10, 20]


def test_only_the_uplink_is_told_of_labels(tmp_path: Path, content: dict[str, Any]) -> None:
    processes = {process.name: process for process in build_graph(load(tmp_path, content))}
    assert (
        LABEL
        in json.loads(_parameters(processes["uplink"])["site_record"])["cameras"][0]["zones"][0][
            "label"
        ]
    )
    for name in ("lobby", "privacy", "guard"):
        told = _parameters(processes[name])
        assert not any("label" in key or "capacity" in key for key in told)
        assert not any(text in str(told) for text in (LABEL, "Way in", "Entrance"))
    assert _parameters(processes["privacy"])["cameras.lobby.lines.back.ends_m"] == [-2, 4, 0, 4]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"opening_hours": [{"start": "9:00"}]}, "opening_hours"),
        ({"plan_m": [0, 0, 0, 1]}, "plan_m"),
        ({"label": "a\u202eb"}, "label: holds the character U\\+202E"),
    ],
)
def test_what_cannot_be_is_said_with_its_key(
    tmp_path: Path, content: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        load(tmp_path, content | change)


def test_a_site_whose_record_is_too_long_does_not_start(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    """16 cameras with a zone of 256 corners in each of 4 places: more than is ever sent."""
    corners = []
    for index in range(128):
        corners.append([-5 + index * 0.0390123, 5.0123456 + index % 2 * 0.0123456])
    corners += [[x, y + 7.1234567] for x, y in reversed(corners)]
    zone = {"polygon_m": corners}
    camera = copy.deepcopy(content["cameras"]["lobby"])
    camera["zones"] = {"left": zone}
    content["cameras"] = {f"c{index}": copy.deepcopy(camera) for index in range(64)}
    site = load(tmp_path, content)
    with pytest.raises(SettingsError, match=r"site.yaml: the site's record has .* fewer corners"):
        check_site(site, tmp_path / "site.yaml")
    content["cameras"] = {f"c{index}": copy.deepcopy(camera) for index in range(65)}
    site = load(tmp_path, content)
    with pytest.raises(SettingsError, match="cameras"):
        check_site(site, tmp_path / "site.yaml")


def _parameters(process: Any) -> dict[str, Any]:
    return {key: value for node in process.nodes for key, value in node.parameters.items()}
