# SPDX-License-Identifier: Apache-2.0
"""Faces of 16 px and more: recall by size and by group of the FairFace pictures, with intervals.

    .venv/bin/python test/benchmarks/faces.py [SCORE [SEED [SIZE_PX...]]]

Pictures of FairFace (420 people, 7 groups) and ORL (40 people) are scaled so that the face is 16 to
64 px wide, blended into frames without people (the empty scenes of PETS and of an indoor clip, and
coloured clouds), and encoded as JPEG. Where a face lies in a picture is known from how the data
sets were cropped. It is found where a box overlaps it by at least 0.4 (IoU). Wilson intervals of
95 %.
"""

import csv
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_core.settings.model import data_folder
from privcv_images.hiding.faces import FaceDetector
from privcv_images.hiding.model_bytes import FaceSettings
from privcv_perception.calibration.empty_scene import empty_scene
from privcv_perception.iou import iou

DATA = data_folder() / "data"
MODEL = data_folder() / "models" / "yunet_n_640_640.onnx"
SIZES_PX = (16, 20, 24, 32, 48, 64)
IN_FAIRFACE = (27.0, 1.0, 177.0, 210.0)
"""Left, top, width, height, px, of the face in a crop of 224 x 224."""
IN_ORL = (10.0, 18.0, 71.0, 91.0)
FOUND_IOU = 0.4
JPEG_QUALITY = 90
PER_FRAME = 6

Image = NDArray[np.uint8]


def main() -> None:
    score, seed, *sizes = [*sys.argv[1:], *("", "5")[len(sys.argv) - 1 :]]
    settings = FaceSettings(model=MODEL)
    detector = FaceDetector(settings.model_copy(update={"score": float(score)} if score else {}))
    rng = np.random.default_rng(int(seed))
    backgrounds = list(empty_backgrounds())
    by_size: dict[int, list[bool]] = defaultdict(list)
    by_group: dict[str, list[bool]] = defaultdict(list)
    boxes = right = 0
    faces = list(people())
    for size_px in [int(size) for size in sizes] or SIZES_PX:
        order = rng.permutation(len(faces))
        for first in range(0, len(order), PER_FRAME):
            chosen = [faces[index] for index in order[first : first + PER_FRAME]]
            frame = backgrounds[int(rng.integers(len(backgrounds)))].copy()
            free = np.ones(frame.shape[:2], bool)
            truth = [blend(frame, free, face, box, size_px, rng) for _, face, box in chosen]
            _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            picture: Image | None = cv2.imdecode(data, cv2.IMREAD_COLOR)
            assert picture is not None
            found = detector.detect(picture)
            overlap = iou(np.array(truth, np.float32), found.boxes)
            boxes += len(found)
            right += int((overlap > FOUND_IOU).any(axis=0).sum()) if len(found) else 0
            for row, (group, _, _) in enumerate(chosen):
                hit = bool(len(found) and overlap[row].max() > FOUND_IOU)
                by_size[size_px].append(hit)
                by_group[group].append(hit)
    for name, hits in [*((f"{size} px", of) for size, of in by_size.items()), *by_group.items()]:
        low, high = wilson(sum(hits), len(hits))
        print(f"| {name} | {sum(hits) / len(hits):.3f} | {low:.3f}–{high:.3f} | {len(hits)} |")
    hits = [hit for group in by_group.values() for hit in group]
    print(f"recall {sum(hits) / len(hits):.3f} of {len(hits)}, precision {right / boxes:.3f}")


def people() -> Iterator[tuple[str, Image, tuple[float, ...]]]:
    """Group, picture, and where the face is in it."""
    with (DATA / "fairface_420" / "labels.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield row["race"], read(DATA / "fairface_420" / row["file"]), IN_FAIRFACE
    for folder in sorted((DATA / "orl_faces").glob("s*")):
        yield "ORL", read(folder / "1.png"), IN_ORL


def read(path: Path) -> Image:
    image: Image | None = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert image is not None, path
    return image


def empty_backgrounds() -> Iterator[Image]:
    """Frames without a face."""
    yield empty_scene(DATA / "pets2009_s2l1" / "video.avi")
    noise = np.random.default_rng(6).integers(0, 256, (36, 48, 3), np.uint8)
    yield cv2.resize(noise, (768, 576), interpolation=cv2.INTER_CUBIC)
    yield empty_scene(DATA / "indoor" / "people-detection.264")


def blend(
    frame: Image,
    free: NDArray[np.bool_],
    face: Image,
    box: tuple[float, ...],
    size_px: float,
    rng: np.random.Generator,
) -> tuple[float, ...]:
    """Draw the picture with a face ``size_px`` wide where it is ``free``; returns its place, px."""
    scale = size_px / box[2]
    small = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    while True:
        left = int(rng.integers(0, frame.shape[1] - width))
        top = int(rng.integers(0, frame.shape[0] - height))
        place = np.s_[top : top + height, left : left + width]
        if free[place].all():
            break
    free[place] = False
    rows, columns = np.mgrid[0:height, 0:width]
    away = ((columns + 0.5) / width * 2 - 1) ** 8 + ((rows + 0.5) / height * 2 - 1) ** 8
    weight = np.clip(1.3 - away, 0, 1)[..., None]
    part = frame[place]
    part[:] = (weight * small + (1 - weight) * part).astype(np.uint8)
    return (left + box[0] * scale, top + box[1] * scale, box[2] * scale, box[3] * scale)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share."""
    z, share = 1.96, hits / of
    middle = share + z * z / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


if __name__ == "__main__":
    main()
