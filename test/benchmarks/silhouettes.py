# SPDX-License-Identifier: Apache-2.0
"""Pixels of people left in what `privcv redact` publishes of two indoor clips.

    .venv/bin/python test/benchmarks/silhouettes.py [FOLDER]

In every tenth frame whatever differs from the empty scene by more than 30 grey levels, in blobs of
at least 600 px after an opening, is taken for a person: that is silhouettes with their shadows and
reflections, segmented without the detector. With FOLDER the frames are written there with the
silhouettes' outlines, and what is left of them in red, to be looked at.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_core.settings.model import data_folder
from privcv_images.hiding.stream import plan_stream
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.settings import ImagesSettings, people_detector
from privcv_images.recordings.steady_memory import keep_memory_steady
from privcv_images.recordings.video_file import frames_of
from privcv_perception.calibration.empty_scene import empty_scene

INDOOR = data_folder() / "data" / "indoor"
CLIPS = ("people-detection.264", "one-by-one-person-detection.mp4")
EVERY = 10
DIFFERS, LEAST_PX = 30, 600


def main() -> None:
    keep_memory_steady()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    model = str(data_folder() / "models" / "yolox_nano.onnx")
    settings = ImagesSettings(people=people_detector(model))
    for clip in CLIPS:
        finder = Finder(settings)
        plate = empty_scene(INDOOR / clip)
        found = (
            ((frame.shape[1], frame.shape[0]), finder.find(frame, stamp.time_s))
            for stamp, frame in frames_of(INDOOR / clip)
            if frame is not None
        )
        total = left = frames = withheld = 0
        plans = plan_stream(found, settings.hiding)
        for index, ((_, frame), plan) in enumerate(
            zip(frames_of(INDOOR / clip), plans, strict=True)
        ):
            assert frame is not None
            frames += 1
            withheld += plan.withheld is not None
            if index % EVERY or plan.withheld is not None:
                continue
            people = silhouettes(frame, plate)
            hidden = np.zeros(people.shape, bool)
            for region in plan.regions:
                hidden[region.top : region.bottom, region.left : region.right] = True
            total += int(people.sum())
            left += int((people & ~hidden).sum())
            if folder is not None and people.any():
                show(folder / f"{Path(clip).stem}-{index:05}.png", frame, people, hidden)
        share = left / total
        print(f"{clip}: {left} of {total} px left ({share:.2%}); {withheld} of {frames} withheld")


def silhouettes(frame: NDArray[np.uint8], plate: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(h, w) Where somebody stands, by what differs from the empty scene."""
    away = cv2.absdiff(frame, plate).max(axis=2)
    mask = cv2.morphologyEx((away > DIFFERS).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 9)))
    count, labels, numbers, _ = cv2.connectedComponentsWithStats(mask)
    large = [i for i in range(1, count) if numbers[i, cv2.CC_STAT_AREA] >= LEAST_PX]
    people: NDArray[np.bool_] = np.isin(labels, large)
    return people


def show(
    path: Path, frame: NDArray[np.uint8], people: NDArray[np.bool_], hidden: NDArray[np.bool_]
) -> None:
    picture = frame.copy()
    picture[people & ~hidden] = (0, 0, 255)
    outlines, _ = cv2.findContours(people.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, (0, 255, 0), 1)
    cv2.imwrite(str(path), picture)


if __name__ == "__main__":
    main()
