# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline per frame over bare inference of the same model, in the same run, one thread.

    .venv/bin/python test/benchmarks/pipeline_ratio.py

The pipeline is letterbox, inference, decode, suppression, scene, second look, wipe and tracker.
Each frame runs it once and the bare ``session.run`` on the same blob once, in turn; the figures
are CPU times of this thread, which other work on the machine disturbs least.
"""

import os
import time

os.environ["OMP_NUM_THREADS"] = "1"

import cv2
import numpy as np
import onnxruntime
from pets import CALIBRATION, DETECTOR, IMAGE_SIZE, VIDEO

from privcv_perception.calibration import build_calibration
from privcv_perception.detection_settings import SceneSettings
from privcv_perception.detectors import build_detector
from privcv_perception.letterbox import Letterbox
from privcv_perception.model_description import InputDescription
from privcv_perception.settings import TrackerSettings
from privcv_perception.tracker import Tracker

WARM_UP = 20


def main() -> None:
    cv2.setNumThreads(1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(DETECTOR.model, options, ["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    letterbox = Letterbox(InputDescription())
    calibration = build_calibration(CALIBRATION, IMAGE_SIZE)
    plain = {"scene": SceneSettings(enabled=False), "second_look": False}
    detectors = {
        "network alone": build_detector(DETECTOR.model_copy(update=plain), None, IMAGE_SIZE),
        "with scene and second look": build_detector(DETECTOR, None, IMAGE_SIZE),
    }
    trackers = {kind: Tracker(TrackerSettings(), calibration, IMAGE_SIZE) for kind in detectors}
    spent: dict[str, list[float]] = {kind: [] for kind in ("bare", "tracker", *detectors)}
    video = cv2.VideoCapture(str(VIDEO))
    index = 0
    while (read := video.read())[0]:
        frame = np.asarray(read[1], np.uint8)
        letterbox.start(frame, letterbox.fit(IMAGE_SIZE))
        blob = letterbox.blob()
        for kind, detector in detectors.items():
            start = time.thread_time()
            session.run(None, {name: blob})
            spent["bare"].append(time.thread_time() - start)
            start = time.thread_time()
            people = detector.detect(frame, index / 10)
            detector.wipe()
            seen = time.thread_time()
            trackers[kind].update(people, index / 10, index)
            spent["tracker"].append(time.thread_time() - seen)
            spent[kind].append(time.thread_time() - start)
        index += 1
    bare = np.array(spent["bare"][2 * WARM_UP :])
    print("| part | ms, median | ms, mean | over bare, medians | over bare, means |")
    print("| --- | --- | --- | --- | --- |")
    for kind, values in spent.items():
        times = np.array(values[WARM_UP:])
        print(
            f"| {kind} | {np.median(times) * 1e3:.2f} | {times.mean() * 1e3:.2f} "
            f"| {np.median(times) / np.median(bare):.3f} | {times.mean() / bare.mean():.3f} |"
        )


if __name__ == "__main__":
    main()
