# SPDX-License-Identifier: Apache-2.0
"""On real video of a room: one track per visit, and it stays as long as the person did."""

import csv
from pathlib import Path

import pytest

from privcv_core.settings.model import data_folder
from privcv_perception.camera.offline import perceive
from privcv_perception.camera.settings import CameraSettings
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.tracking.tracks import Tracks

VIDEO = data_folder() / "data" / "indoor" / "one-by-one-person-detection.mp4"
MODEL = data_folder() / "models" / "yolox_nano.onnx"
FRAMES_PER_S = 10.0


def test_every_visit_is_one_track_and_its_dwell_is_right() -> None:
    for path in (VIDEO, MODEL):
        if not path.exists():
            pytest.skip(f"no data: {path} is absent (PRIVCV_DATA)")
    table = Path(__file__).with_name("indoor_visits.csv").read_text().splitlines()
    rows = csv.DictReader(line for line in table if not line.startswith("#"))
    visits = [(int(row["first"]), int(row["last"])) for row in rows]

    seen: dict[int, list[int]] = {}

    def note(tracks: Tracks) -> None:
        for number in tracks.ids:
            seen.setdefault(int(number), []).append(tracks.frame)

    camera = CameraSettings(detector=DetectorSettings(kind="onnx", model=str(MODEL)))
    perceive(VIDEO, camera, note)

    found = [(frames[0], frames[-1]) for frames in seen.values()]
    assert len(found) == len(visits), found
    for (first, last), (true_first, true_last) in zip(found, visits, strict=True):
        assert first < true_last
        assert last > true_first
        dwell_s, true_dwell_s = (
            (last - first) / FRAMES_PER_S,
            (true_last - true_first) / FRAMES_PER_S,
        )
        assert dwell_s == pytest.approx(true_dwell_s, abs=1.0)
