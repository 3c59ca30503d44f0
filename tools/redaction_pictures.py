#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draw docs/redactions.png: one drawn scene, and what each redaction makes of it.

    .venv/bin/python tools/redaction_pictures.py

Nobody in it was ever anywhere: people, room, sign and plate are drawn. They are found by the models
of PRIVCV_DATA and hidden by the very steps of ``privcv redact``.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_bringup.scene.camera import VirtualCamera
from privcv_bringup.scene.render import Scene
from privcv_bringup.scene.walkers import Room
from privcv_core.settings.model import data_folder
from privcv_images.hiding.found import FramePlan
from privcv_images.hiding.model_bytes import FaceSettings, ModelSettings, PlateSettings
from privcv_images.hiding.plan import plan_frames
from privcv_images.recordings.custody import create_custodian_key
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.redactor import Redactor
from privcv_images.recordings.scene_picture import empty_scene, sampled
from privcv_images.recordings.settings import ImagesSettings, people_detector
from privcv_images.redaction_registry import needs_scene
from privcv_images.redactions.settings import STRONG, WEAK, RedactionSettings

TARGET = Path(__file__).resolve().parent.parent / "docs" / "redactions.png"
MODELS = data_folder() / "models"
LOBBY = Scene(
    duration_s=60.0,
    people_per_minute=16,
    seed=14,
    camera=VirtualCamera(height_m=2.6, tilt_deg=24, field_of_view_deg=84),
    room=Room((-3.0, 3.0), (3.5, 8.5), doors=("far", "west", "near"), returning=0.3),
)
AT = 305
"""The frame that is shown, of those at 10 a second."""
AROUND = 12
COLUMNS = 3
TITLE_PX = 26

Image = NDArray[np.uint8]


def main() -> None:
    frames = list(_frames())
    people = people_detector(str(MODELS / "yolox_nano.onnx"))
    base = ImagesSettings(
        people=people,
        text=ModelSettings(model=MODELS / "ppocr_v4_det.onnx"),
        plate=PlateSettings(model=MODELS / "plate_y5fu_320.onnx", score=0.3),
    )
    with_faces = base.model_copy(
        update={"face": FaceSettings(model=MODELS / "yunet_n_640_640.onnx")}
    )
    finder = Finder(base)
    scene = empty_scene(sampled(frames), Finder(ImagesSettings(people=people)), base)
    near = range(AT - AROUND, AT + AROUND + 1)
    plans = _plans(frames, near, finder, base)
    pictures = [_titled(frames[AT], "before (drawn)")]
    with tempfile.TemporaryDirectory() as folder:
        custodian = create_custodian_key(Path(folder) / "custodian.key")
    for kind in (*STRONG, *WEAK):
        redaction = RedactionSettings(kind=kind, custodian=custodian if kind == "p3" else "")
        looked = with_faces if kind == "adversarial" else base
        settings = looked.model_copy(update={"redaction": redaction})
        redactor = Redactor(settings, scene if needs_scene(redaction) else None, weak=True)
        frame = frames[AT].copy()
        plan = plans[AROUND]
        if looked is with_faces:
            plan = _plans(frames, near, Finder(with_faces), with_faces)[AROUND]
        redactor.redact(frame, plan.regions, AT / LOBBY.fps)
        pictures.append(_titled(frame, f"{kind}: {'strong' if kind in STRONG else 'WEAK'}"))
    hiding = base.hiding.model_copy(update={"part": "head"})
    heads = base.model_copy(update={"hiding": hiding})
    frame = frames[AT].copy()
    regions = _plans(frames, near, finder, heads)[AROUND].regions
    Redactor(heads, None, weak=True).redact(frame, regions, AT / LOBBY.fps)
    pictures.append(_titled(frame, "heads alone: WEAK"))
    areas = ImagesSettings(
        people=people, areas={"desk": {"polygon": [0.6, 0.5, 1.0, 0.5, 1.0, 1.0, 0.6, 1.0]}}
    )
    frame = frames[AT].copy()
    Redactor(areas, None, weak=False).redact(frame, plans[AROUND].regions, AT / LOBBY.fps)
    pictures.append(_titled(frame, "a fixed area, black in every frame"))
    frame = frames[AT].copy()
    Redactor(areas, None, weak=False).withhold(frame)
    pictures.append(_titled(frame, "withheld: somebody may be missed"))
    while len(pictures) % COLUMNS:
        pictures.append(np.full_like(pictures[0], 255))
    rows = [np.hstack(pictures[i : i + COLUMNS]) for i in range(0, len(pictures), COLUMNS)]
    if not cv2.imwrite(str(TARGET), np.vstack(rows), [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise SystemExit(f"{TARGET}: cannot be written")
    print(TARGET)


def _frames() -> Iterator[Image]:
    """The scene's frames, with a sign and a car's plate on the wall."""
    for frame in LOBBY.frames():
        sign = frame[36:76, 20:210]
        sign[:] = 235
        cv2.putText(sign, "Dr. E. Muster", (8, 28), cv2.FONT_HERSHEY_DUPLEX, 0.75, (30, 30, 30), 1)
        plate = frame[100:134, 40:190]
        plate[:] = 245
        cv2.rectangle(plate, (1, 1), (148, 32), (20, 20, 20), 2)
        cv2.putText(plate, "B KX 4711", (8, 25), cv2.FONT_HERSHEY_DUPLEX, 0.75, (20, 20, 20), 2)
        yield frame


def _plans(
    frames: list[Image], near: range, finder: Finder, settings: ImagesSettings
) -> list[FramePlan]:
    found = [finder.find(frames[index], index / LOBBY.fps) for index in near]
    size = frames[0].shape[1], frames[0].shape[0]
    return plan_frames(found, size, settings.hiding)


def _titled(frame: Image, title: str) -> Image:
    small = cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    band = np.full((TITLE_PX, small.shape[1], 3), 255, np.uint8)
    cv2.putText(band, title, (4, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    titled: Image = np.pad(np.vstack((band, small)), ((0, 4), (0, 4), (0, 0)), constant_values=255)
    return titled


if __name__ == "__main__":
    main()
