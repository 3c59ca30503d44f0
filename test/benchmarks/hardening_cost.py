# SPDX-License-Identifier: Apache-2.0
"""What overwriting freed memory costs per frame, beside the bare network in the same process.

    .venv/bin/python test/benchmarks/hardening_cost.py

Each setting of glibc's allocator has processes of its own, in turns, with the environment of
the graph apart from it. CPU times of the thread; medians over frames, then over rounds.
"""

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import time

SETTINGS = {
    "not hardened": {},
    "`M_PERTURB`, as shipped": {"M_PERTURB": 165},
    "`M_PERTURB` and `M_MMAP_THRESHOLD` 64 KiB": {"M_PERTURB": 165, "M_MMAP_THRESHOLD": 65536},
}
NUMBERS = {"M_PERTURB": -6, "M_MMAP_THRESHOLD": -3}  # of mallopt(3)
WARM_UP = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--setting", choices=SETTINGS, help="measure this one in this process")
    arguments = parser.parse_args()
    if arguments.setting:
        print(json.dumps(measure(SETTINGS[arguments.setting], arguments.frames)))
        return
    results: dict[str, list[dict[str, float]]] = {name: [] for name in SETTINGS}
    for _ in range(arguments.rounds):
        for name in SETTINGS:
            command = [sys.executable, __file__, "--setting", name, "--frames"]
            done = subprocess.run(
                [*command, str(arguments.frames)], env=environment(), stdout=subprocess.PIPE,
                check=True,
            )  # fmt: skip
            results[name].append(json.loads(done.stdout))
    print("| | read, detect, wipe | over bare `session.run` |")
    print("| --- | --- | --- |")
    for name, rounds in results.items():
        ms = statistics.median(one["frame_ms"] for one in rounds)
        ratio = statistics.median(one["frame_ms"] / one["bare_ms"] for one in rounds)
        print(f"| {name} | {ms:.2f} ms | {ratio:.3f} |")


def environment() -> dict[str, str]:
    """That of a camera process, without what the settings are about."""
    from privcv_core.node.environment import graph_environment

    shipped = {**os.environ, **graph_environment(), "OMP_NUM_THREADS": "1"}
    return {name: value for name, value in shipped.items() if name != "MALLOC_PERTURB_"}


def measure(setting: dict[str, int], frames: int) -> dict[str, float]:
    """Median CPU time of a frame and of the bare network, ms."""
    libc = ctypes.CDLL(None)
    for name, value in setting.items():
        if not libc.mallopt(NUMBERS[name], value):
            raise SystemExit(f"mallopt refused {name}")
    import cv2
    import numpy as np
    import onnxruntime
    from pets import DETECTOR, IMAGE_SIZE, VIDEO

    from privcv_perception.detector_registry import build_detector
    from privcv_perception.frames.buffers import FrameBuffer

    cv2.setNumThreads(1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(DETECTOR.model, options, ["CPUExecutionProvider"])
    given = {session.get_inputs()[0].name: np.full((1, 3, 416, 416), 114, np.float32)}
    detector, frame = build_detector(DETECTOR, None, IMAGE_SIZE), FrameBuffer(*IMAGE_SIZE)
    video = cv2.VideoCapture(str(VIDEO), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    spent: list[tuple[float, float]] = []
    for index in range(WARM_UP + frames):
        start = time.thread_time()
        video.read(frame.pixels)
        detector.detect(frame.pixels, index / 10)
        frame.wipe()
        detector.wipe()
        middle = time.thread_time()
        session.run(None, given)
        spent.append((middle - start, time.thread_time() - middle))
    looked, bare = (statistics.median(times) * 1e3 for times in zip(*spent[WARM_UP:], strict=True))
    return {"frame_ms": looked, "bare_ms": bare}


if __name__ == "__main__":
    main()
