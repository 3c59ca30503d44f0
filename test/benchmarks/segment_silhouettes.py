# SPDX-License-Identifier: Apache-2.0
"""Silhouettes of the people in every tenth frame of two indoor clips, into silhouettes.npz.

    .venv/bin/python test/benchmarks/segment_silhouettes.py FOLDER

A person is what differs from the empty scene, which is the median of frames that were seen to be
empty. No detector has a part in it. Each frame was looked at, with its outline, as it is written to
FOLDER: what was no person (reflections on the floor, daylight on the wall) is left out below, and
what looks like the background behind it is added. Shadows at feet count as the person.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from silhouettes import CLIPS, EVERY, INDOOR, SILHOUETTES, outlined

from privcv_images.recordings.video_file import frames_of
from privcv_perception.calibration.empty_scene import empty_scene

WALK, TABLE = CLIPS
EMPTY = (
    *range(0, 51, 10), 210, 220, *range(460, 491, 10), *range(710, 741, 10), 880, 890, 900,
    1210, 1220, 1230, 1370, 1380, 1390,
)  # fmt: skip
"""Frames of the clip at the table without anybody, who stand there in most of the others."""

Box = tuple[int, int, int, int]
ELSEWHERE = (0, 0, 768, 432)
NOBODY: dict[int, Box] = {
    0: ELSEWHERE, 10: ELSEWHERE, 180: (0, 380, 130, 432), 230: (140, 268, 200, 340),
    340: (0, 380, 100, 432), 390: (430, 360, 768, 432),
}  # fmt: skip
"""In the clip of walking: frame to the left, top, right, bottom of what is no person."""

LEAVING: dict[int, Box] = {
    60: (150, 380, 330, 432), 200: (700, 300, 768, 432), 450: (745, 300, 768, 432),
    700: (700, 300, 768, 432), 870: (720, 300, 768, 432), 1200: (680, 300, 768, 432),
    1360: (720, 280, 768, 432),
}  # fmt: skip
"""At the table: frame to where the part of a person is seen that is smaller than all others."""

ADDED: dict[tuple[str, int], list[tuple[int, int]]] = {
    (WALK, 410): [(702, 205), (738, 205), (735, 232), (702, 230)],
    (WALK, 540): [(250, 205), (288, 205), (308, 245), (340, 290), (325, 290), (280, 262),
                  (275, 285), (262, 280)],
    (TABLE, 1350): [(567, 90), (615, 62), (690, 62), (630, 250), (560, 178)],
}  # fmt: skip
"""Outlines of what looks like what is behind it: brown on brown, grey on grey."""

LEAST_PX, LARGE_PX = 120, 2500
DIFFERS = {WALK: 24, TABLE: 30}


def main() -> None:
    folder = Path(sys.argv[1])
    kept: dict[str, NDArray[np.uint8]] = {}
    for clip in CLIPS:
        scene = empty_scene(INDOOR / clip) if clip == WALK else _empty_at_table()
        masks = []
        for index, (_, frame) in enumerate(frames_of(INDOOR / clip)):
            if index % EVERY == 0:
                assert frame is not None
                masks.append(silhouette(frame, scene, clip, index))
                name = f"{Path(clip).stem}-{index:05}.png"
                cv2.imwrite(str(folder / name), outlined(frame, masks[-1]))
        kept[Path(clip).stem] = np.packbits(np.stack(masks), axis=-1)
    np.savez_compressed(SILHOUETTES, allow_pickle=False, **kept)


def silhouette(
    frame: NDArray[np.uint8], scene: NDArray[np.uint8], clip: str, index: int
) -> NDArray[np.bool_]:
    """(h, w) Where somebody is in frame ``index`` of ``clip``."""
    mask = cv2.absdiff(frame, scene).max(axis=2) > DIFFERS[clip]
    if clip == TABLE:
        mask &= ~_shaded_floor(frame, scene)
    grey = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    grey = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((9, 9) if clip == TABLE else (11, 11)))
    least = LARGE_PX if clip == TABLE and index not in LEAVING else LEAST_PX
    count, labels, numbers, _ = cv2.connectedComponentsWithStats(grey)
    large = [i for i in range(1, count) if numbers[i, cv2.CC_STAT_AREA] >= least]
    grey = np.isin(labels, large).astype(np.uint8)
    outlines, _ = cv2.findContours(grey, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(grey, outlines, -1, 1, -1)
    if clip == WALK and index in NOBODY:
        left, top, right, bottom = NOBODY[index]
        grey[top:bottom, left:right] = 0
    if clip == TABLE and index in LEAVING:
        left, top, right, bottom = LEAVING[index]
        inside = grey[top:bottom, left:right].copy()
        grey[:] = 0
        grey[top:bottom, left:right] = inside
    if (clip, index) in ADDED:
        cv2.fillPoly(grey, [np.array(ADDED[clip, index], np.int32)], 1)
    person: NDArray[np.bool_] = grey > 0
    return person


def _shaded_floor(frame: NDArray[np.uint8], scene: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Brown floor that is darker than when it is empty, and of the same colour."""
    now, empty = frame.astype(np.float32), scene.astype(np.float32)
    light = (now.sum(axis=2) + 3) / (empty.sum(axis=2) + 3)
    colour = now / (now.sum(axis=2, keepdims=True) + 30)
    of_empty = empty / (empty.sum(axis=2, keepdims=True) + 30)
    brown = of_empty[..., 2] - of_empty[..., 0] > 0.15
    shaded: NDArray[np.bool_] = brown & (light > 0.35) & (light < 1.25)
    shaded &= np.abs(colour - of_empty).max(axis=2) < 0.045
    return shaded


def _empty_at_table() -> NDArray[np.uint8]:
    frames = (frame for _, frame in frames_of(INDOOR / TABLE))
    empty = [f.copy() for i, f in enumerate(frames) if i in EMPTY and f is not None]
    scene: NDArray[np.uint8] = np.median(np.stack(empty), axis=0).astype(np.uint8)
    return scene


if __name__ == "__main__":
    main()
