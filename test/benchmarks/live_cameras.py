# SPDX-License-Identifier: Apache-2.0
"""How many live cameras this machine carries: real camera processes, real time, nothing dropped.

    .venv/bin/python test/benchmarks/live_cameras.py --cameras 12

Each camera is the process that `privcv up` runs (detection, tracking and anonymization nodes), on
the PETS clip at 768x576, played at 10 frames a second as a live camera would: who is late loses
frames. After a warm-up it measures the frames that were looked at, those that were dropped, and
the CPU time of every process of the graph. The capacity is what two cores would carry at that CPU
time; on a machine that others use too it is the figure to go by.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from privcv_bringup.run.supervisor import Supervisor
from privcv_core.node.environment import graph_environment
from privcv_core.settings.model import data_folder, parse_settings
from privcv_site.graph import build_graph
from privcv_site.site import Site

FPS = 10.0
DETECTORS = ("yolox_nano", "person_detection_0200", "builtin")


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # its folder is to be removed
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the measurement")
    parser.add_argument("--warm-up", type=float, default=30.0, help="s, from start to measurement")
    parser.add_argument("--detector", choices=DETECTORS, default="yolox_nano")
    parser.add_argument(
        "--options", type=json.loads, default={}, metavar="JSON",
        help='settings of the detector that differ from its defaults: {"looks_per_s": 10}',
    )  # fmt: skip
    arguments = parser.parse_args()
    os.environ.update(graph_environment())
    os.environ.setdefault("ROS_DOMAIN_ID", str(os.getpid() % 90 + 10))  # apart from other graphs
    with tempfile.TemporaryDirectory(prefix="privcv-cameras-") as folder:
        result = asyncio.run(measure(arguments, Path(folder)))
    print(json.dumps(result, indent=2))


async def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, object]:
    site = site_of(arguments.cameras, arguments.detector, arguments.options, folder)
    supervisor = Supervisor(build_graph(site), folder, lambda name, line: None)
    running = asyncio.create_task(supervisor.run())
    counter = FrameCounter(list(site.cameras))
    try:
        await asyncio.sleep(arguments.warm_up)
        before = (cpu_seconds(supervisor), counter.now(), time.monotonic())
        bare_ms = await bare_inference_ms(arguments.seconds)
        after = (cpu_seconds(supervisor), counter.now(), time.monotonic())
    finally:
        counter.stop()
        supervisor.stop()
        await running
    return summary(before, after, list(site.cameras), bare_ms)


def site_of(cameras: int, detector: str, options: dict[str, Any], folder: Path) -> Site:
    data = data_folder()
    model = {"kind": "onnx", "model": str(data / "models" / f"{detector}.onnx")}
    camera = {
        "source": {
            "kind": "file",
            "uri": str(data / "data" / "pets2009_s2l1" / "video.avi"),
            "fps": FPS,
            "rate": 1.0,
            "loop": True,
            "drop_late": True,
            "start": "now",
        },
        "detector": {**({"kind": "builtin"} if detector == "builtin" else model), **options},
        "calibration": {
            "kind": "tsai",
            "tsai_file": str(data / "data" / "pets2009_s2l1" / "camera_tsai.xml"),
        },
        "authorization": {"required": False},
        "zones": {"path": {"polygon_m": [[-4, -12], [8, -12], [8, -4], [-4, -4]]}},
    }
    content = {
        "site": "bench",
        "state": str(folder / "state"),
        "cameras": {f"camera{number:02}": camera for number in range(cameras)},
    }
    (folder / "state").mkdir()
    return parse_settings(Site, content, "benchmark", folder)


def cpu_seconds(supervisor: Supervisor) -> dict[str, float]:
    """CPU time so far of each process of the graph, s."""
    times = {name: psutil.Process(pid).cpu_times() for name, pid in supervisor.pids.items()}
    return {name: spent.user + spent.system for name, spent in times.items()}


class FrameCounter:
    """Frames taken and dropped, as each detection node says on /diagnostics."""

    def __init__(self, cameras: list[str]) -> None:
        import rclpy
        from diagnostic_msgs.msg import DiagnosticArray

        self._counts: dict[str, dict[str, float]] = {name: {} for name in cameras}
        rclpy.init()
        self._node = rclpy.create_node("frame_counter")
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._take, 100)
        self._stopped = False
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()

    def now(self) -> dict[str, dict[str, float]]:
        """Latest counts of each camera."""
        return {name: dict(counts) for name, counts in self._counts.items()}

    def stop(self) -> None:
        import rclpy

        self._stopped = True
        self._thread.join()
        rclpy.try_shutdown()

    def _spin(self) -> None:
        import rclpy

        while not self._stopped:
            rclpy.spin_once(self._node, timeout_sec=0.2)

    def _take(self, message: object) -> None:
        for status in message.status:  # type: ignore[attr-defined]
            camera, _, node = status.name.strip("/").partition("/")
            if camera in self._counts and node == "detection":
                given = {entry.key: entry.value for entry in status.values}
                if "frames" in given:
                    stamp = message.header.stamp  # type: ignore[attr-defined]
                    self._counts[camera] = {
                        "at_s": stamp.sec + stamp.nanosec * 1e-9,
                        "frames": float(given["frames"]),
                        "late": float(given["frames dropped as late"]),
                    }


async def bare_inference_ms(seconds: float) -> float:
    """Median CPU time of ``session.run`` alone, twice a second: how fast the CPU is now."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = data_folder() / "models" / "yolox_nano.onnx"
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    given = {session.get_inputs()[0].name: np.full((1, 3, 416, 416), 114, np.float32)}
    spent = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        begun = time.thread_time()
        session.run(None, given)
        spent.append(time.thread_time() - begun)
        await asyncio.sleep(0.5)
    return statistics.median(spent) * 1000


def summary(
    before: tuple[Any, ...], after: tuple[Any, ...], cameras: list[str], bare_ms: float
) -> dict[str, object]:
    elapsed_s = after[2] - before[2]
    silent = [name for name in cameras if not before[1][name] or not after[1][name]]
    if silent:
        raise SystemExit(f"no diagnostics from {', '.join(silent)}: raise --warm-up")
    taken = sum(after[1][name]["frames"] - before[1][name]["frames"] for name in cameras)
    late = sum(after[1][name]["late"] - before[1][name]["late"] for name in cameras)
    spent = {name: after[0][name] - before[0][name] for name in after[0] if name in before[0]}
    in_cameras_s = sum(spent[name] for name in cameras)
    frames = taken + late
    per_frame_s = in_cameras_s / frames
    others = sum(spent.values()) - in_cameras_s
    return {
        "cameras": len(cameras),
        "frames delivered": frames,
        "frames dropped": late,
        "CPU ms per frame delivered, camera process": round(per_frame_s * 1000, 2),
        "CPU ms of bare session.run of YOLOX-nano, meanwhile": round(bare_ms, 2),
        "camera process over bare session.run": round(per_frame_s * 1000 / bare_ms, 2),
        "cores used by cameras": round(in_cameras_s / elapsed_s, 2),
        "cores used by the other processes": round(others / elapsed_s, 3),
        "cameras that two cores carry at this CPU time": int(
            (2 - others / elapsed_s) / (per_frame_s * FPS)
        ),
        "load of the machine, 1 min": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    main()
