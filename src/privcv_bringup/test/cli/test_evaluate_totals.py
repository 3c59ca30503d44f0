# SPDX-License-Identifier: Apache-2.0
"""``privcv evaluate totals``: what it writes, from tracks, a video and a bag; what it refuses."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from privcv_bringup.cli.evaluate_totals import command
from privcv_bringup.replay.bag import write_bag
from privcv_core.errors import PrivcvError
from privcv_core.settings.model import data_folder

ROW = ["zone_size_m", "true", "counted", "ratio", "accuracy", "lost_to_bound"]


def run(*arguments: object) -> list[dict[str, Any]]:
    """The rows of the JSON on standard output."""
    done = CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred people who cross a place of 12 m, one after the other, in ten minutes."""
    path = tmp_path_factory.mktemp("tracks") / "tracks.csv"
    random = np.random.default_rng(1)
    lines = ["t_s,id,x_m,y_m"]
    for person in range(200):
        (x, y), (x1, y1) = random.uniform(0, 12, 2), random.uniform(0, 12, 2)
        start = random.uniform(0, 590)
        for step in range(25):
            share = step / 24
            lines.append(
                f"{start + 0.4 * step:.2f},{person},{x + share * (x1 - x):.3f},"
                f"{y + share * (y1 - y):.3f}"
            )
    path.write_text("\n".join(lines))
    return path


def test_lines_and_presence_of_a_file_are_counted_too(tracks: Path, tmp_path: Path) -> None:
    """Half of the place, and the line between the halves: everybody on the way over it crosses."""
    site = tmp_path / "place.yaml"
    site.write_text(
        "zones: {half: {polygon_m: [0, 0, 6, 0, 6, 12, 0, 12]}}\n"
        "lines: {middle: {ends_m: [6, 0, 6, 12]}}\n"
    )
    given = ["--tracks", tracks, "--format", "csv", "--window", 300, "--zones", site]
    (row,) = run(*given)
    found = {one["statistic"]: one for one in row["passages"]}
    assert set(found) == {"presence", "entries", "exits"}
    assert found["entries"]["true"] + found["exits"]["true"] > 50
    for one in found.values():
        assert one["ratio"] == pytest.approx(1, abs=0.05), one
    (without,) = run(*given[:-1], "2x1")
    assert {one["statistic"] for one in without["passages"]} == {"presence"}


def test_everyone_is_counted_in_zones_of_every_size(tracks: Path, tmp_path: Path) -> None:
    out = tmp_path / "totals.json"
    given = ["--tracks", tracks, "--format", "csv", "--window", 300, "--json", out]
    done = CliRunner().invoke(command, [str(one) for one in (*given, "--zones", "2m", "4m", "8m")])
    assert (done.exit_code, done.stdout) == (0, "")
    rows = json.loads(out.read_text())
    assert [row["zone_size_m"] for row in rows] == [2, 4, 8]
    for row in rows:
        assert set(ROW) <= set(row)
        assert row["true"] > 20
        assert 0.98 <= row["ratio"] <= 1.02
        assert row["accuracy"] >= 0.97
    assert rows[0]["lost_to_bound"] > 0


def test_zones_may_be_several_in_any_spelling(tracks: Path) -> None:
    given = ["--tracks", tracks, "--format", "csv"]
    spaced = run(*given, "--zones", "2m", "3x2")
    assert spaced == run(*given, "--zones", "2m,3x2")
    assert spaced == run(*given, "--zones", "2m", "--zones", "3x2")
    assert [row["zones"] for row in spaced] == ["2m", "3x2"]


def test_with_noise_it_says_how_far_off_and_whether_intervals_hold(tracks: Path) -> None:
    (row,) = run(
        "--tracks",
        tracks,
        "--format",
        "csv",
        "--zones",
        "4m",
        "--epsilon",
        "8",
        "0.5",
        "--seeds",
        3,
    )
    assert [noise["epsilon"] for noise in row["noise"]] == [8, 0.5]
    assert row["noise"][0]["accuracy"] > row["noise"][1]["accuracy"]
    assert all(0 <= noise["interval_coverage"] <= 1 for noise in row["noise"])


@pytest.mark.parametrize(
    ("name", "format"),
    [("eth/obsmat.txt", "eth"), ("ucy/crowds_zara01.txt", "ucy")],
)
def test_recorded_trajectories_are_counted_truly(name: str, format: str) -> None:
    path = data_folder() / "data" / name
    if not path.exists():
        pytest.skip(f"needs {path}")
    for row in run("--tracks", path, "--format", format, "--zones", "2m", "4m", "8m", "12m"):
        assert 0.98 <= row["ratio"] <= 1.02
        assert row["accuracy"] >= 0.97


def test_a_video_is_measured_stage_by_stage(scene_folder: Path) -> None:
    (row,) = run(
        "--video", scene_folder / "video.avi", "--camera", scene_folder / "camera.yaml",
        "--truth", scene_folder / "truth.csv", "--window", 20, "--zones", "4m",
    )  # fmt: skip
    assert row["true"] > 10
    assert set(row["stages"]) == {"detector", "tracker", "ticks_and_cells", "bound"}
    assert row["stages"]["ticks_and_cells"] == {"lost": 0, "invented": 0}
    tracker, detector = row["stages"]["tracker"], row["stages"]["detector"]
    # Stage by stage it adds up: who is true, less the lost, plus the invented, is counted.
    made = tracker["fragments"] + tracker["ghosts"] + tracker["misplaced"]
    assert row["true"] - detector["lost"] - tracker["lost"] + made == row["counted"]
    assert abs(row["ratio"] - 1) < 0.15


def test_a_bag_says_what_its_video_says(scene_folder: Path, tmp_path: Path) -> None:
    video, bag = tmp_path / "short.avi", tmp_path / "bag"
    whole = cv2.VideoCapture(str(scene_folder / "video.avi"))
    size = (int(whole.get(cv2.CAP_PROP_FRAME_WIDTH)), int(whole.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    short = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, size)
    for _ in range(100):
        short.write(whole.read()[1])
    short.release()
    for _ in write_bag(video, bag, compressed=False):
        pass
    rest = ["--camera", scene_folder / "camera.yaml", "--truth", scene_folder / "truth.csv",
            "--window", 5, "--zones", "8m"]  # fmt: skip
    (row,) = run("--video", video, *rest)
    assert row["windows"] == 2
    assert row["true"] > 2
    assert run("--bag", bag, *rest) == [row]


def refused(*arguments: object) -> str:
    """The one line that it is refused with."""
    done = CliRunner().invoke(command, [str(one) for one in arguments])
    assert isinstance(done.exception, PrivcvError), done.output
    text = str(done.exception)
    assert "\n" not in text
    return text


def test_wrong_options_and_files_are_named_with_what_to_do(tracks: Path, tmp_path: Path) -> None:
    empty, broken = tmp_path / "empty.csv", tmp_path / "broken.csv"
    empty.write_text("")
    broken.write_text("t_s,id,x_m,y_m\n1,2,3\n")
    given = ("--tracks", tracks, "--format", "csv")
    assert "give one of --tracks" in refused("--zones", "2m")
    assert "not --tracks and --video" in refused(*given, "--video", "a.avi")
    assert "--format" in refused("--tracks", tracks)
    assert "empty.csv" in refused("--tracks", empty, "--format", "csv")
    assert "broken.csv" in refused("--tracks", broken, "--format", "csv")
    assert "no whole window" in refused(*given, "--window", 3600)
    assert "window_s" in refused(*given, "--window", 7)
    assert "--zones 2k" in refused(*given, "--zones", "2k")
    assert "--camera" in refused("--video", "a.avi", "--truth", tracks)
    assert "--epsilon" in refused(*given, "--epsilon", "-1")
    far = tmp_path / "far.yaml"
    far.write_text("zones: {far: {polygon_m: [[900, 900], [910, 900], [910, 910]]}}\n")
    assert "nobody of the truth is in any" in refused(*given, "--zones", far)
    none = tmp_path / "none.yaml"
    none.write_text("name: none\n")
    assert "zones" in refused(*given, "--zones", none)


def test_an_unknown_format_is_a_wrong_use_of_the_command(tracks: Path) -> None:
    done = CliRunner().invoke(command, ["--tracks", str(tracks), "--format", "mot"])
    assert done.exit_code == 2
    assert "mot" in done.output
