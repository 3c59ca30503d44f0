# SPDX-License-Identifier: Apache-2.0
"""Screens: recall by width. Texts: whether they are found, hidden, and have equal labels.

    .venv/bin/python test/benchmarks/screens_and_texts.py [FOLDER]

Screens are drawn: a dark frame on a foot, 16:9, with a desktop of windows and writing, bright or
nearly dark, in frames without people. Found is one of which 90 % of the panel is hidden. Texts are
words on a plate, in six vector fonts, of four heights, in the same frames, JPEG 90. FOLDER holds
PP-OCRv4's recognizer, which this project does not keep; without it labels are left out. Wilson
intervals, 95 %.
"""

import sys
from collections import Counter, defaultdict
from pathlib import Path

import cv2
import numpy as np
from faces import empty_backgrounds, wilson
from numpy.typing import NDArray

from privcv_core.settings.model import data_folder
from privcv_images.hiding.model_bytes import ModelSettings, ReaderSettings
from privcv_images.hiding.screens import ScreenDetector
from privcv_images.hiding.text import TextDetector
from privcv_images.hiding.text_reader import TextReader
from privcv_images.recordings.settings import people_detector

MODELS = data_folder() / "models"
WIDTHS_PX, OF_EACH = (60, 100, 160, 240), 30
HEIGHTS_PX, WORDS, TIMES = (14, 20, 28, 40), 12, 4
COVERED = 0.9
FONTS = (0, 2, 3, 4, 6, 16)
Image = NDArray[np.uint8]


def main() -> None:
    backgrounds = list(empty_backgrounds())
    screens(backgrounds, np.random.default_rng(5))
    reader = None
    if len(sys.argv) > 1:
        model = Path(sys.argv[1]) / "ch_PP-OCRv4_rec_infer.onnx"
        reader = TextReader(ReaderSettings(model=model), b"k" * 32)
    texts(backgrounds, reader, np.random.default_rng(6))


def screens(backgrounds: list[Image], rng: np.random.Generator) -> None:
    detector = ScreenDetector(people_detector(str(MODELS / "yolox_nano.onnx")))
    hits: dict[int, list[bool]] = defaultdict(list)
    for width in WIDTHS_PX:
        for _ in range(OF_EACH):
            frame = backgrounds[int(rng.integers(len(backgrounds)))].copy()
            left, top, wide, high = draw_screen(frame, width, rng)
            found = detector.detect(jpeg(frame)).boxes.tolist()
            mask = np.zeros(frame.shape[:2], bool)
            for x, y, w, h in found:
                mask[max(int(y), 0) : int(y + h) + 1, max(int(x), 0) : int(x + w) + 1] = True
            share = mask[top : top + high, left : left + wide].mean()
            hits[width].append(bool(share >= COVERED))
    for width, of in hits.items():
        say(f"screen {width} px wide", of)
    say("screens", [hit for of in hits.values() for hit in of])


def draw_screen(frame: Image, width: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Left, top, width, height of the panel, px."""
    height = round(width * 9 / 16)
    left = int(rng.integers(10, frame.shape[1] - width - 10))
    top = int(rng.integers(10, frame.shape[0] - height - 40))
    edge = max(2, width // 40)
    cv2.rectangle(
        frame,
        (left - edge, top - edge),
        (left + width + edge, top + height + edge),
        (25, 25, 25),
        -1,
    )
    middle = left + width // 2
    cv2.rectangle(
        frame,
        (middle - width // 30, top + height),
        (middle + width // 30, top + height + width // 8),
        (35, 35, 35),
        -1,
    )
    cv2.ellipse(
        frame, (middle, top + height + width // 8), (width // 6, width // 40), 0, 0, 360,
        (40, 40, 40), -1,
    )  # fmt: skip
    panel = frame[top : top + height, left : left + width]
    panel[:] = rng.integers(0, 60, 3) if rng.random() < 0.3 else rng.integers(80, 220, 3)
    for _ in range(3):
        x, y = int(rng.integers(0, width // 2)), int(rng.integers(0, height // 2))
        far = x + width // 3, y + height // 3
        cv2.rectangle(panel, (x, y), far, (245, 245, 245), -1)
        cv2.rectangle(panel, (x, y), (far[0], y + height // 16), (150, 90, 40), -1)
        for row in range(y + height // 8, far[1], max(3, height // 16)):
            cv2.line(panel, (x + 3, row), (far[0] - 6, row), (120, 120, 120), 1)
    return left, top, width, height


def texts(backgrounds: list[Image], reader: TextReader | None, rng: np.random.Generator) -> None:
    detector = TextDetector(ModelSettings(model=MODELS / "ppocr_v4_det.onnx"))
    letters = list("ABCDEFGHJKLMNPRSTUVWXYZ0123456789")
    for height in HEIGHTS_PX:
        hidden: list[bool] = []
        labels: dict[str, list[str | None]] = defaultdict(list)
        for _ in range(WORDS):
            word = "".join(rng.choice(letters, 7))
            for _ in range(TIMES):
                frame = backgrounds[int(rng.integers(len(backgrounds)))].copy()
                box = draw_text(frame, word, height, rng)
                picture = jpeg(frame)
                found = detector.detect(picture).boxes.tolist()
                best = max(found, key=lambda one: overlap(one, box), default=None)
                is_hidden = best is not None and overlap(best, box) >= COVERED
                hidden.append(is_hidden)
                if reader is not None and is_hidden and best is not None:
                    x, y, w, h = (max(int(value), 0) for value in best)
                    labels[word].append(reader.label(picture[y : y + h, x : x + w]))
        say(f"text {height} px high, hidden", hidden)
        if reader is not None:
            pairs = [
                (a is not None and a == b) for of in labels.values()
                for i, a in enumerate(of) for b in of[i + 1 :]
            ]  # fmt: skip
            owners: dict[str, Counter[str]] = defaultdict(Counter)
            for word, of in labels.items():
                for label in filter(None, of):
                    owners[label][word] += 1
            shared = sum(len(words) > 1 for words in owners.values())
            say("  equal words with equal labels, in pairs", pairs)
            print(f"  labels of two words: {shared} of {len(owners)}")


def draw_text(frame: Image, word: str, height: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Left, top, width, height of the writing, px."""
    font = int(rng.choice(FONTS))
    (_, tall), _ = cv2.getTextSize(word, font, 1.0, 2)
    scale = height / tall
    thick = max(1, round(height / 10))
    (wide, tall), _ = cv2.getTextSize(word, font, scale, thick)
    left = int(rng.integers(10, max(11, frame.shape[1] - wide - 10)))
    base = int(rng.integers(height + 20, frame.shape[0] - 20))
    ground = int(rng.integers(170, 256))
    pad = height // 2
    cv2.rectangle(
        frame, (left - pad, base - tall - pad), (left + wide + pad, base + pad), (ground,) * 3, -1
    )
    cv2.putText(frame, word, (left, base), font, scale, (30, 30, 30), thick, cv2.LINE_AA)
    return left, base - tall, wide, tall


def overlap(found: list[float], box: tuple[int, ...]) -> float:
    """The share of ``box`` that ``found`` covers."""
    wide = min(found[0] + found[2], box[0] + box[2]) - max(found[0], box[0])
    high = min(found[1] + found[3], box[1] + box[3]) - max(found[1], box[1])
    return max(wide, 0.0) * max(high, 0.0) / (box[2] * box[3])


def jpeg(frame: Image) -> Image:
    _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 90])
    picture: Image | None = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def say(what: str, hits: list[bool]) -> None:
    low, high = wilson(sum(hits), len(hits))
    print(f"| {what} | {sum(hits) / max(len(hits), 1):.3f} | {low:.3f}–{high:.3f} | {len(hits)} |")


if __name__ == "__main__":
    main()
