# SPDX-License-Identifier: Apache-2.0
"""Licence plates of 10 px height and more: recall by height, and whether a mask covers the plate.

    .venv/bin/python test/benchmarks/plates.py [SEED [OF_EACH_HEIGHT]]

Plates are drawn: seven letters and digits of a vector font on a rectangle of 520 x 110 (Europe) or
440 x 140 (China, Japan's ratio is near it), in five pairs of colours, turned and tilted, on a
dark front of a car, in frames without plates, encoded as JPEG. A plate is hidden if a mask covers
all four corners, with at least 110 % of its area. Wilson intervals, 95 %. What was chosen by such
plates was chosen with seed 3.
"""

import sys
from collections import defaultdict

import cv2
import numpy as np
from faces import empty_backgrounds, wilson
from numpy.typing import NDArray

from privcv_core.settings.model import data_folder
from privcv_images.hiding.model_bytes import PlateSettings
from privcv_images.hiding.plates import PlateDetector

MODEL = data_folder() / "models" / "plate_y5fu_320.onnx"
HEIGHTS_PX = (10, 14, 20, 30, 45)
OF_EACH = 60
COLOURS = (
    ((250, 250, 250), (20, 20, 20)), ((20, 190, 240), (20, 20, 20)),
    ((170, 70, 20), (245, 245, 245)), ((90, 160, 60), (20, 20, 20)),
    ((245, 245, 245), (40, 100, 30)),
)  # fmt: skip
STYLES = ("black on white", "black on yellow", "white on blue", "black on green", "green on white")
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
MASK = 1.1

Image = NDArray[np.uint8]


def main() -> None:
    seed, of_each = [*map(int, sys.argv[1:]), *(4, OF_EACH)[len(sys.argv) - 1 :]]
    rng = np.random.default_rng(seed)
    detector = PlateDetector(PlateSettings(model=MODEL))
    backgrounds = list(empty_backgrounds())
    hits: dict[int, list[bool]] = defaultdict(list)
    by_style: dict[str, list[bool]] = defaultdict(list)
    false = 0
    area = 0.0
    for height in HEIGHTS_PX:
        for _ in range(of_each):
            frame = backgrounds[int(rng.integers(len(backgrounds)))].copy()
            style = int(rng.integers(len(STYLES)))
            corners = draw_plate(frame, height, style, rng)
            _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 90])
            picture: Image | None = cv2.imdecode(data, cv2.IMREAD_COLOR)
            assert picture is not None
            found = detector.detect(picture)
            covers = [covered(box, corners) for box in found.boxes.tolist()]
            hits[height].append(any(covers))
            by_style[STYLES[style]].append(any(covers))
            area += hidden_share(found.boxes, (frame.shape[1], frame.shape[0]))
            false += len(covers) - any(covers)
    for name, of in [*((f"{height} px", of) for height, of in hits.items()), *by_style.items()]:
        low, high = wilson(sum(of), len(of))
        print(f"| {name} | {sum(of) / len(of):.3f} | {low:.3f}–{high:.3f} | {len(of)} |")
    every = [hit for of in hits.values() for hit in of]
    print(
        f"recall {sum(every) / len(every):.3f} of {len(every)}; {false} other boxes; hidden "
        f"{area / len(every):.1%} of the picture"
    )


def draw_plate(
    frame: Image, height: int, style: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw a plate ``height`` px high somewhere in ``frame``; returns its four corners, (4, 2)."""
    width, tall = ((520, 110), (440, 140))[int(rng.integers(2))]
    ground, ink = COLOURS[style]
    plate = np.empty((tall, width, 3), np.uint8)
    plate[:] = ground
    cv2.rectangle(plate, (3, 3), (width - 4, tall - 4), ink, 3)
    text = "".join(rng.choice(list(LETTERS), 7))
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 3.0, 7)
    scale = 3.0 * min((width - 40) / wide, (tall - 36) / high)
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 7)
    place = ((width - wide) // 2, (tall + high) // 2)
    cv2.putText(plate, text, place, cv2.FONT_HERSHEY_DUPLEX, scale, ink, 7, cv2.LINE_AA)
    # At four times its size, so that small letters are averaged and not left out.
    factor = height / tall
    half = np.array([width, tall]) * factor / 2
    middle = np.array([rng.uniform(2.4 * half[0], frame.shape[1] - 2.4 * half[0]),
                       rng.uniform(4 * half[1], frame.shape[0] - 4 * half[1])])  # fmt: skip
    car = np.rint([middle - half * [2.2, 3.5], middle + half * [2.2, 2.5]]).astype(int)
    cv2.rectangle(frame, car[0].tolist(), car[1].tolist(), rng.integers(15, 80, 3).tolist(), -1)
    angle = rng.uniform(-0.15, 0.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    unit = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    unit[:, 1] *= 1 + 0.12 * rng.uniform(-1, 1) * unit[:, 0]
    corners: NDArray[np.float32] = (
        (unit * half * [rng.uniform(0.8, 1), 1]) @ turn.T + middle
    ).astype(np.float32)
    source = np.array([[0, 0], [width, 0], [width, tall], [0, tall]], np.float32)
    size = (frame.shape[1] * 4, frame.shape[0] * 4)
    warp = cv2.getPerspectiveTransform(source, corners * 4)
    drawn = cv2.warpPerspective(plate, warp, size)
    weight = cv2.warpPerspective(np.full(plate.shape, 255, np.uint8), warp, size)
    small = (frame.shape[1], frame.shape[0])
    drawn = cv2.resize(drawn, small, interpolation=cv2.INTER_AREA).astype(float)
    share = cv2.resize(weight, small, interpolation=cv2.INTER_AREA).astype(float) / 255
    frame[:] = (drawn + (1 - share) * frame).clip(0, 255).astype(np.uint8)
    return corners


def hidden_share(boxes: NDArray[np.float32], size: tuple[int, int]) -> float:
    """Of a picture of ``size`` (width, height), how much ``boxes`` cover."""
    mask = np.zeros((size[1], size[0]), bool)
    for left, top, width, height in boxes.tolist():
        rows = slice(max(int(top), 0), max(int(top + height), 0))
        mask[rows, max(int(left), 0) : max(int(left + width), 0)] = True
    return float(mask.mean())


def covered(box: list[float], corners: NDArray[np.float32]) -> bool:
    """Whether a mask hides the plate: all four corners, and 110 % of its area."""
    left, top, width, height = box
    inside = (corners[:, 0] >= left) & (corners[:, 0] <= left + width)
    inside &= (corners[:, 1] >= top) & (corners[:, 1] <= top + height)
    return bool(inside.all()) and width * height >= MASK * float(cv2.contourArea(corners))


if __name__ == "__main__":
    main()
