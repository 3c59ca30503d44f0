# SPDX-License-Identifier: Apache-2.0
"""``privcv plan`` from a site file to a plan and a page; nothing runs and nothing is spent."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from privcv_bringup.cli import root
from privcv_bringup.plan.plan import PlanQuestion, plan_site
from privcv_core.errors import SettingsError
from privcv_core.settings.model import parse_settings
from privcv_privacy.measurement.planning import forecast
from privcv_privacy.measurement.simulated_scenes import simulated
from privcv_privacy.settings import PrivacySettings


@pytest.fixture(autouse=True)
def _few_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "ALL_WINDOWS", 12)
    monkeypatch.setattr(forecast, "RUNS", 3)
    monkeypatch.setattr(forecast, "WINDOWS", 4)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site of one camera over the floor of a simulated street."""
    camera: dict[str, Any] = {
        "source": {"kind": "topic", "uri": "/images"},
        "authorization": {"required": False},
        "zones": {
            "left": {"polygon_m": [[0, 0], [9, 0], [9, 9], [0, 9]]},
            "right": {"polygon_m": [[9, 0], [18, 0], [18, 9], [9, 9]]},
        },
        "lines": {"middle": [9, 0, 9, 9]},
    }
    content = {
        "site": "street",
        "state": str(tmp_path / "state"),
        "cameras": {"mast": camera},
        "opening_hours": [{"days": ["mon", "tue"], "start": "08:00", "end": "18:30"}],
        "privacy": {"release": ["visitors", "presence", "entries"], "k": 1},
    }
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def run(*arguments: object) -> Any:
    return CliRunner().invoke(root, ["plan", *map(str, arguments)])


def test_a_plan_is_made_of_assumed_traffic_and_can_be_set(site: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    result = run(site, "--visitors-per-hour", 240, "--json", tmp_path / "plan.json")
    assert result.exit_code == 0, result.output
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert plan["traffic"]["visits_per_hour"] == 240
    assert plan["traffic"]["hours"] == 10.5  # of the site's opening hours
    released = {"visitors", "presence", "entries"}
    hours = {"presence_hour", "entries_hour"}  # drawn once, of what is released
    assert {one["statistic"] for one in plan["expected"]} == released | hours
    content = {"release": ["visitors", "presence", "entries"], **plan["recommended"]}
    again = parse_settings(PrivacySettings, content, where="plan")
    assert again.window_s == plan["recommended"]["window_s"]
    assert {reason.split(":")[0] for reason in plan["reasons"]} >= {
        "window", "max_cells", "presence_cap_s", "shares",
    }  # fmt: skip
    made = {path.name for path in tmp_path.iterdir()} - {path.name for path in before}
    assert made == {"plan.json"}  # no state, no ledger: nothing ran


def test_a_recording_gives_the_traffic_and_a_page_draws_it(site: Path, tmp_path: Path) -> None:
    tracks, file = simulated("street"), tmp_path / "tracks.csv"
    with file.open("w", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["t_s", "id", "x_m", "y_m"])
        rows.writerows(zip(tracks.t_s, tracks.id, tracks.x_m, tracks.y_m, strict=True))
    page = tmp_path / "out" / "explore.html"
    result = run(site, "--tracks", file, "--format", "csv", "--explore", page)
    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)
    seconds = float(tracks.t_s[-1] - tracks.t_s[0])
    people = len(set(tracks.id.tolist()))
    assert plan["traffic"]["visits_per_hour"] == pytest.approx(people / seconds * 3600, rel=0.1)
    text = page.read_text()
    assert text.count("<img") == 3
    assert "<script" not in text
    assert len(list(page.parent.glob("*.png"))) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give --visitors-per-hour, or a recording"),
        (("--tracks", "a", "--video", "b"), "give one of"),
        (("--tracks", "a"), "--format: say what a is"),
        (("--visitors-per-hour", "10", "--name", "door"), "the cameras are mast"),
        (("--video", "missing.mp4"), "there is no such recording"),
    ],
)
def test_what_cannot_be_planned_is_said_in_words(
    site: Path, arguments: tuple[str, ...], words: str
) -> None:
    result = run(site, *arguments)
    assert isinstance(result.exception, SettingsError)
    assert words in str(result.exception)


def test_several_cameras_are_planned_one_by_one(site: Path) -> None:
    content = yaml.safe_load(site.read_text())
    content["cameras"]["door"] = content["cameras"]["mast"]
    site.write_text(yaml.safe_dump(content))
    with pytest.raises(SettingsError, match=r"--name: choose one of (mast, door|door, mast)"):
        plan_site(site, PlanQuestion(per_hour=100))
