# SPDX-License-Identifier: Apache-2.0
"""Faces that pass: found in each frame, and hidden once gaps are filled, as recordings are.

    .venv/bin/python test/benchmarks/faces_moving.py [SEED [CLIPS]]

Every person of ``faces.py`` once, or those of the first CLIPS clips, six at a time, for 16 frames
at 10 a second, each 16 to 32 px wide, going straight at up to 1.4 m/s: a face is 16 cm wide. Nobody
has a body here. Found: a box at IoU 0.4 in a frame of its own. Hidden: at least 90 % of the face
is, in what a recording shows.
"""

import itertools
import sys
from collections.abc import Iterator

import cv2
import numpy as np
from faces import FOUND_IOU, JPEG_QUALITY, MODEL, Image, blend, empty_backgrounds, people, wilson

from privcv_core.settings.model import data_folder
from privcv_images.hiding.faces import FaceDetector
from privcv_images.hiding.model_bytes import FaceSettings
from privcv_images.hiding.plan import plan_frames
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.settings import ImagesSettings, people_detector
from privcv_perception.iou import iou

AT_ONCE, FRAMES, RATE_HZ = 6, 16, 10
WIDTHS_PX = (16.0, 32.0)
WIDTHS_PER_S = 1.4 / 0.16
HIDDEN = 0.9


def main() -> None:
    rng = np.random.default_rng(int(sys.argv[1]) if len(sys.argv) > 1 else 8)
    model = str(data_folder() / "models" / "yolox_nano.onnx")
    settings = ImagesSettings(people=people_detector(model), face=FaceSettings(model=MODEL))
    finder = Finder(settings, filled=True)
    detector = FaceDetector(FaceSettings(model=MODEL))
    found = hidden = total = boxes = right = 0
    most = int(sys.argv[2]) if len(sys.argv) > 2 else None
    for frames, truths in itertools.islice(clips(rng), most):
        finder.begin_anew()
        looks = [finder.find(frame, index / RATE_HZ) for index, frame in enumerate(frames)]
        size = frames[0].shape[1], frames[0].shape[0]
        for index, plan in enumerate(plan_frames(looks, size, settings.hiding)):
            mask = np.zeros(frames[0].shape[:2], bool)
            for region in plan.regions:
                mask[region.top : region.bottom, region.left : region.right] = True
            for left, top, width, height in truths[index]:
                part = mask[round(top) : round(top + height), round(left) : round(left + width)]
                hidden += plan.withheld is not None or bool(part.mean() >= HIDDEN)
                total += 1
            if index % 5 == 0:  # of the frames on their own a sample
                seen = detector.detect(frames[index])
                shared = iou(np.array(truths[index], np.float32), seen.boxes)
                found += int((shared > FOUND_IOU).any(axis=1).sum())
                right += int((shared > FOUND_IOU).any(axis=0).sum())
                boxes += len(seen)
    looked = total * len(range(0, FRAMES, 5)) // FRAMES
    for name, hits, of in (("found", found, looked), ("hidden", hidden, total)):
        low, high = wilson(hits, of)
        print(f"{name} {hits / of:.4f} ({low:.4f}–{high:.4f}) of {of}")
    print(f"precision of what is found {right / boxes:.3f}")


def clips(
    rng: np.random.Generator,
) -> Iterator[tuple[list[Image], list[list[tuple[float, ...]]]]]:
    """Frames of each clip, and where the faces are in each frame."""
    backgrounds, faces = list(empty_backgrounds()), list(people())
    order = rng.permutation(len(faces))
    for first in range(0, len(order), AT_ONCE):
        background = backgrounds[int(rng.integers(len(backgrounds)))]
        chosen = [faces[index] for index in order[first : first + AT_ONCE]]
        widths = rng.uniform(*WIDTHS_PX, len(chosen))
        speeds = widths * WIDTHS_PER_S * rng.uniform(-1, 1, len(chosen)) / RATE_HZ
        frames: list[Image] = []
        truths: list[list[tuple[float, ...]]] = []
        # One strip of the picture for each, so that none passes before another.
        strip = background.shape[0] // AT_ONCE
        for index in range(FRAMES):
            frame = background.copy()
            truth: list[tuple[float, ...]] = []
            for row, ((_, face, box), width) in enumerate(zip(chosen, widths, strict=True)):
                middle = background.shape[1] / 2 + speeds[row] * (index - FRAMES / 2)
                around = frame[row * strip : (row + 1) * strip]
                x, y, wide, high = blend(
                    around[:, int(middle) - strip // 2 : int(middle) + strip // 2],
                    np.ones((strip, strip // 2 * 2), bool),
                    face,
                    box,
                    float(width),
                    np.random.default_rng(row),
                )
                truth.append((x + int(middle) - strip // 2, y + row * strip, wide, high))
            _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            shown: Image | None = cv2.imdecode(data, cv2.IMREAD_COLOR)
            assert shown is not None
            frames.append(shown)
            truths.append(truth)
        yield frames, truths


if __name__ == "__main__":
    main()
