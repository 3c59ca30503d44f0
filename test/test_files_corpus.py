# SPDX-License-Identifier: Apache-2.0
"""A corpus of site files, marks, models and addresses as people write them, through every command.

Whatever stands in them: no traceback, no hang, no secret told, no silent 0. The quick part is in
every test run, in this process; ``long`` tries many more, as processes.
"""

import contextlib
import copy
import io
import logging
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import odd_models as odd
import pytest
import yaml
from commands import forms_of, judge, run_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privcv_bringup.cli import main
from privcv_core.masking import forget

CANARY = "c4n4ryOfAPassword"
ENDS_WITHIN_S = 10.0
SIZE = (640, 480)
PX = [[98, 336], [209, 213], [542, 336], [431, 213]]
M = [[-3, 6], [-3, 13], [3, 6], [3, 13]]
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


def good_site() -> dict[str, Any]:
    """A site of which everything is right; its one camera's address holds the canary."""
    return {
        "site": "office",
        "state": "state",
        "cameras": {
            "lobby": {
                "source": {"kind": "rtsp", "uri": f"rtsp://admin:{CANARY}@127.0.0.1:9/live"},
                "detector": {"kind": "builtin"},
                "calibration": {"kind": "homography", "points_px": PX, "points_m": M,
                                "image_width_px": 640, "image_height_px": 480},
                "authorization": {"required": False},
                "zones": {"all": {"polygon_m": [[-2, 7], [2, 7], [2, 12], [-2, 12]]}},
            }
        },
        "privacy": {"epsilon": 1, "window_s": 300},
        "uplink": {"url": "https://collector.example", "pins": ["sha256/" + "A" * 43 + "="]},
    }  # fmt: skip


def keys_of(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in ``content``."""
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from keys_of(value, (*path, key))


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The good site with another value at ``path``; ``...`` takes it away."""
    site = copy.deepcopy(good_site())
    place: Any = site
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return site


PLACES = list(keys_of(good_site()))
ADDRESSES = [
    f"rtsp://admin:{CANARY}@cam/live", f"rtsp://admin:p@{CANARY}/x#@cam", f"http://{CANARY}",
    f"{CANARY}", f"rtsp://cam/user=admin_password={CANARY}", f"rtsp:/a:{CANARY}@cam", "rtsp://",
    f"rtsp://[{CANARY}]/x", f"rtsp://a:{CANARY}@cam:99999999/", f"rtsp://a:%zz{CANARY}@cam",
    f"https://u:{CANARY}@h/x?y#z", f"\x00{CANARY}", f"rtsp://a:{CANARY}\n@cam",
]  # fmt: skip
ODD: list[Any] = [
    ..., None, True, 0, -1, 1e308, float("nan"), float("inf"), 10**30, "", "\x1b[31mred", "é",
    [], {}, [[]], {"": 1}, "a" * 5000, [1, 2, 3], {"kind": "none"}, -0.0, "2262-01-01",
]  # fmt: skip
_leaf = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20),
    st.sampled_from(ADDRESSES),
)  # fmt: skip
_tree = st.recursive(
    _leaf,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=8,
)


class Judged:
    """Runs commands in this process as ``main`` would, and holds them to the rules."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str | Path) -> tuple[int, str]:
        """Exit status and all that was printed, after every rule was checked."""
        before, sys.argv = sys.argv, ["privcv", *map(str, words)]
        out, err = io.StringIO(), io.StringIO()
        started_s = time.monotonic()
        status = 0
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main()
        except SystemExit as left:
            status = int(left.code or 0)
        finally:
            sys.argv = before
            forget()
        said = out.getvalue() + err.getvalue()
        assert time.monotonic() - started_s < ENDS_WITHIN_S, said
        assert "Traceback" not in said
        assert not [form for form in forms_of(CANARY) if form in said.encode(errors="replace")], (
            said
        )
        if status == 2:
            problems = [line for line in err.getvalue().splitlines() if line.strip()]
            assert problems, "status 2 without a word"
            assert len(problems[-1]) > len("privcv: "), said
        assert status in (0, 1, 2), said
        return status, said

    def write(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return path


@pytest.fixture(name="judged")
def _judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    monkeypatch.chdir(tmp_path)
    hooks = sys.excepthook, threading.excepthook, logging.getLogRecordFactory()
    yield Judged(tmp_path)
    sys.excepthook, threading.excepthook = hooks[:2]
    logging.setLogRecordFactory(hooks[2])


def test_the_good_site_is_taken(judged: Judged) -> None:
    status, said = judged.run("graph", judged.write("site.yaml", good_site()))
    assert status == 0, said
    status, said = judged.run("graph", "site.yaml", "--json", "--parameters")
    assert status == 0
    assert "rtsp://***@127.0.0.1:9/***" in said


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_one_odd_value_at_each_place(path: tuple[Any, ...], judged: Judged) -> None:
    for value in [*ODD, *ADDRESSES][PLACES.index(path) % 4 :: 4]:
        judged.run("graph", judged.write("site.yaml", changed(path, value)))


@pytest.mark.long
@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_each_odd_value_at_each_place(path: tuple[Any, ...], judged: Judged) -> None:
    for value in [*ODD, *ADDRESSES]:
        judged.run("graph", judged.write("site.yaml", changed(path, value)))


@given(path=st.sampled_from(PLACES), value=_tree)
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
def test_anything_at_any_place(path: tuple[Any, ...], value: Any, judged: Judged) -> None:
    with contextlib.suppress(yaml.YAMLError, UnicodeEncodeError):  # what no file can hold
        site = judged.write("site.yaml", changed(path, value))
        judged.run("graph", site)


@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
def test_any_bytes_as_a_site_file(content: bytes, judged: Judged) -> None:
    (judged.folder / "site.yaml").write_bytes(content)
    status, _ = judged.run("graph", "site.yaml")
    assert status == 2


_number = st.one_of(st.floats(-20_000, 20_000), st.floats(), st.integers(-5000, 5000))
_pair = st.lists(_number, min_size=2, max_size=2)


@given(
    px=st.lists(_pair, min_size=3, max_size=7), m=st.lists(_pair, min_size=3, max_size=7),
    zone=st.lists(_pair, min_size=2, max_size=6),
)  # fmt: skip
@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
def test_any_marks_and_zones(px: Any, m: Any, zone: Any, judged: Judged) -> None:
    """Random marks are no view of a floor: what is taken must at least map them to each other."""
    site = changed(("cameras", "lobby", "calibration", "points_px"), px)
    site["cameras"]["lobby"]["calibration"]["points_m"] = m
    site["cameras"]["lobby"]["zones"]["all"]["polygon_m"] = zone
    path = judged.write("site.yaml", site)
    graph, _ = judged.run("graph", path)
    calibrate, _ = judged.run("calibrate", path, "--size", "640x480", "--json")
    assert graph == calibrate or graph == 2


@pytest.mark.parametrize(
    ("decode", "outputs"),
    [
        ("yolov8", [odd.yolov8().transpose(0, 2, 1)]),
        ("yolov8", [odd.logits(odd.yolov8())]),
        ("end_to_end", [odd.end_to_end() * np.nan]),
        ("detr", odd.ssd()),
        ("yolox_grid", [odd.yolox_decoded()]),
    ],
)
@pytest.mark.parametrize("command", ["graph", "track", "up"])
def test_a_model_of_another_dialect_is_no_empty_room(
    command: str, decode: str, outputs: odd.Outputs, judged: Judged
) -> None:
    odd.write_odd_model(judged.folder, decode, outputs)
    video = judged.folder / "video.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE)
    writer.write(np.full((SIZE[1], SIZE[0], 3), 90, np.uint8))
    writer.release()
    detector = {"kind": "onnx", "model": "odd.onnx", "scene": {"enabled": False}}
    site = judged.write("site.yaml", changed(("cameras", "lobby", "detector"), detector))
    words = {"track": ["video.avi", "--camera", site]}.get(command, [site])
    status, said = judged.run(command, *words)
    assert status == 2, said
    assert "model odd: " in said


@pytest.mark.long
@given(path=st.sampled_from(PLACES), value=_tree, command=st.sampled_from(["graph", "calibrate"]))
@settings(max_examples=1000, deadline=None, suppress_health_check=SLOW)
def test_anything_at_any_place_at_length(
    path: tuple[Any, ...], value: Any, command: str, judged: Judged
) -> None:
    with contextlib.suppress(yaml.YAMLError, UnicodeEncodeError):
        site = judged.write("site.yaml", changed(path, value))
        judged.run(command, site, *(["--size", "640x480"] if command == "calibrate" else []))


@pytest.mark.long
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "command", ["graph", "up", "demo --site", "dpia --site", "dsr list --site"]
)
def test_no_process_tells_the_secret_of_an_address(
    command: str, address: str, tmp_path: Path
) -> None:
    """As processes: none is left, and nothing below the folder but the site file holds it."""
    site = tmp_path / "site.yaml"
    content = changed(("cameras", "lobby", "source", "uri"), address)
    content["cameras"]["lobby"]["authorization"] = {"trusted_keys": []}  # so that none is started
    site.write_text(yaml.safe_dump(content))
    run = run_command(*command.split(), site, folder=tmp_path, timeout_s=60)
    judge(run, canary=CANARY, places=[tmp_path], but=[site])
