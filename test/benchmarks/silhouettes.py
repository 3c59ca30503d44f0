# SPDX-License-Identifier: Apache-2.0
"""Pixels of people left in what `privcv redact` publishes of two indoor clips.

    .venv/bin/python test/benchmarks/silhouettes.py [FOLDER]

The silhouettes of every tenth frame were segmented once, without a detector, and looked at: see
``segment_silhouettes.py``. With FOLDER the frames are written there with the silhouettes' outlines,
and what is left of them in red, to be looked at.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_core.settings.model import data_folder
from privcv_images.hiding.found import FramePlan
from privcv_images.hiding.stream import plan_stream
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.settings import ImagesSettings, people_detector
from privcv_images.recordings.steady_memory import keep_memory_steady
from privcv_images.recordings.video_file import frames_of

INDOOR = data_folder() / "data" / "indoor"
CLIPS = ("people-detection.264", "one-by-one-person-detection.mp4")
SILHOUETTES = Path(__file__).with_name("silhouettes.npz")
"""For each clip, by its name's stem, bits of (frames, height, width), packed along the rows."""
EVERY = 10


def main() -> None:
    keep_memory_steady()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for clip in CLIPS:
        plans = plans_of(clip)
        total, left = left_of(clip, plans, folder)
        withheld = sum(plan.withheld is not None for plan in plans)
        print(
            f"{clip}: {left} of {total} px left ({left / total:.3%}); {withheld} of {len(plans)} "
            f"withheld"
        )


def plans_of(clip: str, part: range | None = None) -> list[FramePlan]:
    """What is hidden in each frame by the defaults; those outside of ``part`` are withheld."""
    model = str(data_folder() / "models" / "yolox_nano.onnx")
    settings = ImagesSettings(people=people_detector(model))
    finder = Finder(settings)
    withheld = FramePlan((), "undecodable")
    count, found = 0, []
    for index, (stamp, frame) in enumerate(frames_of(INDOOR / clip)):
        count += 1
        if frame is not None and (part is None or index in part):
            size = frame.shape[1], frame.shape[0]
            found.append((size, finder.find(frame, stamp.time_s)))
    plans = list(plan_stream(found, settings.hiding))
    first = 0 if part is None else part.start
    return [withheld] * first + plans + [withheld] * (count - first - len(plans))


def left_of(clip: str, plans: list[FramePlan], folder: Path | None = None) -> tuple[int, int]:
    """Pixels of people in the published frames of ``clip``, and how many of them are not hidden."""
    people = silhouettes(clip)
    total = left = 0
    for index, (_, frame) in enumerate(frames_of(INDOOR / clip)):
        plan = plans[index]
        if index % EVERY or plan.withheld is not None:
            continue
        person = people[index // EVERY]
        shown = person.copy()
        for region in plan.regions:
            shown[region.top : region.bottom, region.left : region.right] = False
        total += int(person.sum())
        left += int(shown.sum())
        if folder is not None and frame is not None and person.any():
            picture = outlined(frame, person)
            picture[shown] = (0, 0, 255)
            cv2.imwrite(str(folder / f"{Path(clip).stem}-{index:05}.png"), picture)
    return total, left


def silhouettes(clip: str) -> NDArray[np.bool_]:
    """(frames, height, width) Where somebody stands in every tenth frame of ``clip``."""
    with np.load(SILHOUETTES, allow_pickle=False) as file:
        packed = file[Path(clip).stem]
    return np.unpackbits(packed, axis=-1).astype(bool)


def outlined(frame: NDArray[np.uint8], person: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A copy of ``frame`` with the outline of ``person`` in green."""
    picture = frame.copy()
    outlines, _ = cv2.findContours(person.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, (0, 255, 0), 1)
    return picture


if __name__ == "__main__":
    main()
