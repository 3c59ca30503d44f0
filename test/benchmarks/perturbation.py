# SPDX-License-Identifier: Apache-2.0
"""What an adversarial perturbation does to the detector it is made against, and to others.

    .venv/bin/python test/benchmarks/perturbation.py [COUNT]

COUNT faces of ``faces.py`` of each width in a frame without people, perturbed as the defaults say:
found (IoU of 0.3 and more) by the detector it is made against at its own least score, by OpenCV's
YuNet, which is the same network, on the whole frame at the score that OpenCV proposes, and by
OpenCV's Haar cascade. Then whether a recognizer (dlib's) still finds the person among the 40 of ORL
by another picture.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from faces import DATA, IN_ORL, MODEL, Image, blend, people, read
from numpy.typing import NDArray

from privcv_core.settings.model import data_folder
from privcv_images.hiding.faces import FaceDetector
from privcv_images.hiding.model_bytes import FaceSettings
from privcv_images.recordings.image_codec import decode, encode
from privcv_images.redaction_registry import build_redaction
from privcv_images.redactions.redaction import region_of
from privcv_images.redactions.settings import RedactionSettings
from privcv_perception.iou import iou

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 20
WIDTHS_PX = (24, 48, 96)
FOUND_IOU = 0.3
RECOGNIZER = data_folder() / "models" / "attackers" / "dlib_face_resnet.onnx"
CASCADE = "haarcascade_frontalface_default.xml"
MARGIN = 0.25
OPENCV_SCORE = 0.6

Box = tuple[float, ...]
Boxes = NDArray[np.float32]


def main() -> None:
    settings = FaceSettings(model=MODEL)
    detectors = _detectors(settings)
    redaction = build_redaction(RedactionSettings(kind="adversarial"), weak=True, face=settings)
    rng = np.random.default_rng(8)
    faces = [(face, box) for _, face, box in people()]
    for width_px in WIDTHS_PX:
        hits: dict[str, int] = defaultdict(int)
        spent = 0.0
        for index in rng.permutation(len(faces))[:COUNT]:
            frame = _background()
            face, box = faces[index]
            truth = blend(frame, np.ones(frame.shape[:2], bool), face, box, width_px, rng)
            shown = frame.copy()
            region = region_of("face", _around(truth), (frame.shape[1], frame.shape[0]))
            assert region is not None
            start = time.process_time()
            redaction.redact(shown, [region], 0.0)
            spent += time.process_time() - start
            versions = {"before": frame, "after": shown, "as JPEG": _as_jpeg(shown)}
            for version, picture in versions.items():
                for name, detect in detectors.items():
                    overlap = iou(np.array([truth], np.float32), detect(picture))
                    hits[f"{name} {version}"] += bool((overlap >= FOUND_IOU).any())
        print(
            f"{width_px} px, of {COUNT}: {dict(hits)}; CPU {spent / COUNT:.1f} s a face", flush=True
        )
    if RECOGNIZER.exists():
        _recognize(redaction.redact)


def _detectors(settings: FaceSettings) -> dict[str, Callable[[Image], Boxes]]:
    ours = FaceDetector(settings)
    same = cv2.FaceDetectorYN.create(str(MODEL), "", (640, 480), OPENCV_SCORE, 0.3)
    haar = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / CASCADE))

    def yunet(picture: Image) -> Boxes:
        found = same.detect(picture)[1]
        return np.empty((0, 4), np.float32) if found is None else found[:, :4]

    def cascade(picture: Image) -> Boxes:
        found = haar.detectMultiScale(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), 1.1, 3)
        return np.array(found, np.float32).reshape(-1, 4)

    return {"ours": lambda picture: ours.detect(picture).boxes, "OpenCV": yunet, "Haar": cascade}


def _recognize(redact: Callable[..., None]) -> None:
    session = onnxruntime.InferenceSession(str(RECOGNIZER))
    given = session.get_inputs()[0]

    def embedding(picture: Image, box: Box) -> NDArray[np.float32]:
        left, top, width, height = (round(side) for side in _around(box))
        face = picture[max(top, 0) : top + height, max(left, 0) : left + width]
        face = cv2.resize(face, (150, 150), interpolation=cv2.INTER_CUBIC)[..., ::-1]
        blob = face.transpose(2, 0, 1)[None].astype(np.float32)
        (made,) = session.run(None, {given.name: blob})
        return np.asarray(made[0], np.float32)

    gallery, probes = [], []
    for folder in sorted((DATA / "orl_faces").glob("s*")):
        gallery.append(embedding(read(folder / "2.png"), IN_ORL))
        probes.append(read(folder / "1.png"))
    right: dict[str, int] = defaultdict(int)
    for index in range(COUNT):
        frame = _background()
        place = np.s_[100:212, 200:292]
        frame[place] = probes[index]
        box = (IN_ORL[0] + 200, IN_ORL[1] + 100, *IN_ORL[2:])
        shown = frame.copy()
        redact(shown, [region_of("face", _around(box), (640, 480))], 0.0)
        for name, picture in (("before", frame), ("after", shown)):
            away = np.linalg.norm(np.array(gallery) - embedding(picture, box), axis=1)
            right[name] += int(away.argmin()) == index
    print(f"known among {len(gallery)} by dlib's recognizer, of {COUNT}: {dict(right)}")


def _background() -> Image:
    noise = np.random.default_rng(1).integers(90, 160, (480, 640, 3), np.uint8)
    smooth: Image = cv2.GaussianBlur(noise, (0, 0), 3)
    return smooth


def _around(box: Box) -> Box:
    margin = MARGIN * box[2]
    return box[0] - margin, box[1] - margin, box[2] + 2 * margin, box[3] + 2 * margin


def _as_jpeg(picture: Image) -> Image:
    return decode(encode(picture, "jpeg"), "the picture")


if __name__ == "__main__":
    main()
