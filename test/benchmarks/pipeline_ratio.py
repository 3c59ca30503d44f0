# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline per frame over bare inference of the same model, in the same run, one thread.

    .venv/bin/python test/benchmarks/pipeline_ratio.py

The pipeline is letterbox, inference, decode, NMS, scene model, zoom crops, wipe and tracker.
Each frame, just read, goes through it; then ``session.run`` of the model file as it is runs on the
same picture. The figures are CPU times of this thread, which other work disturbs least.
The row "its inference" is the network inside the pipeline, cut down to what is used of it; in a
frame between two looks there is none.
"""

import os
import time
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import cv2
import numpy as np
import onnxruntime
from pets import CALIBRATION, DETECTOR, IMAGE_SIZE, VIDEO

from privcv_perception.calibration.build import build_calibration
from privcv_perception.detection.onnx.letterbox import Letterbox
from privcv_perception.detection.onnx.model_description import InputDescription
from privcv_perception.detector_registry import build_detector
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracker import FloorTracker

WARM_UP = 20


def main() -> None:
    cv2.setNumThreads(1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(DETECTOR.model, options, ["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    letterbox = Letterbox(InputDescription())
    calibration = build_calibration(CALIBRATION, IMAGE_SIZE)
    detector = build_detector(DETECTOR, None, IMAGE_SIZE)
    tracker = FloorTracker(TrackerSettings(), calibration, IMAGE_SIZE)
    spent: dict[str, list[float]] = {
        "bare": [], "whole pipeline": [], "its inference": [], "its tracker": []
    }  # fmt: skip
    runs: list[float] = []
    run = onnxruntime.InferenceSession.run

    def timed(*arguments: Any) -> Any:
        start = time.thread_time()
        outputs = run(*arguments)
        runs.append(time.thread_time() - start)
        return outputs

    onnxruntime.InferenceSession.run = timed
    video = cv2.VideoCapture(str(VIDEO))
    index = 0
    while (read := video.read())[0]:
        frame = np.asarray(read[1], np.uint8)
        runs.clear()
        start = time.thread_time()
        people = detector.detect(frame, index / 10)
        detector.wipe()
        seen = time.thread_time()
        tracker.update(people, index / 10, index)
        end = time.thread_time()
        letterbox.start(frame, letterbox.fit(IMAGE_SIZE))
        session.run(None, {name: letterbox.blob()})
        # The first frame sets up more; between two looks there is no inference.
        inference, bare = runs[-2:] if people.looked and len(runs) > 1 else (0.0, runs[-1])
        for part, value in zip(spent, (bare, end - start, inference, end - seen), strict=True):
            spent[part].append(value)
        index += 1
    alone = np.array(spent["bare"][WARM_UP:])
    print("| part | ms, median | ms, mean | over bare, medians | over bare, means |")
    print("| --- | --- | --- | --- | --- |")
    for kind, values in spent.items():
        times = np.array(values[WARM_UP:])
        print(
            f"| {kind} | {np.median(times) * 1e3:.2f} | {times.mean() * 1e3:.2f} "
            f"| {np.median(times) / np.median(alone):.3f} | {times.mean() / alone.mean():.3f} |"
        )


if __name__ == "__main__":
    main()
