# SPDX-License-Identifier: Apache-2.0
"""The audited process with the graph: the real detection node, fed by a source or a topic.

``python -m privcv_perception.residue.node_subject SETTINGS``, with the protocol of ``subject``.
"""

import json
import queue
import sys
import threading
from pathlib import Path
from typing import Any

from privcv_perception.frames.hardening import HardeningReport, harden

_ATTEMPTS = 30  # each waits a while for the listeners that were asked for


def main() -> None:
    """Run until ``quit`` or the end of standard input."""
    request = json.loads(sys.argv[1])
    if request["harden"]:
        harden()
    _run(request)


def _run(request: dict[str, Any]) -> None:
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    from privcv_core.settings.settings_file import SettingsFile
    from privcv_perception.detection.detector import Detections
    from privcv_perception.frames.buffers import FrameStamp, PixelBuffer, holdings
    from privcv_perception.nodes import detection
    from privcv_perception.sources import topic

    if not request["wipe"]:
        PixelBuffer.wipe = lambda self: None  # type: ignore[method-assign]
        topic.wipe_message = lambda message: True  # type: ignore[attr-defined]
    if not request["harden"]:
        detection.harden = lambda: HardeningReport(  # type: ignore[attr-defined]
            False, False, False, ""
        )

    class ReportingNode(detection.DetectionNode):
        """Says on standard output what it did; the rest is the node as it is."""

        def _on_frame(self, stamp: FrameStamp, size: tuple[int, int], boxes: Detections) -> None:
            super()._on_frame(stamp, size, boxes)
            _report("frame", index=stamp.index, time_ns=stamp.time_ns)

        def _on_end(self) -> None:
            super()._on_end()
            _report("ended", reason=self._loop.status.reason if self._loop else "")

    rclpy.init()
    settings = {
        "source": request["source"],
        "detector": request["detector"],
        "authorization": {"required": False},
        "listeners": request.get("listeners", 0),
    }
    node = ReportingNode(settings_file=SettingsFile(Path("request"), {"/detection": settings}))
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    commands: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(commands,), daemon=True).start()
    node.trigger_configure()
    for _ in range(_ATTEMPTS):
        node.trigger_activate()
        if node.is_active:
            break
    _report("ready", problem=node.problem)
    command = ""
    while command != "quit":
        executor.spin_once(timeout_sec=0.05)
        if commands.empty():
            continue
        command = commands.get()
        if command == "pause":
            node.trigger_deactivate()
        elif command == "start":
            node.trigger_activate()
        _report("done", command=command, ranges=holdings().ranges)
    node.trigger_shutdown()
    rclpy.shutdown()


def _report(event: str, **more: Any) -> None:
    print(json.dumps({"event": event, **more}), flush=True)


def _listen(commands: "queue.Queue[str]") -> None:
    for line in sys.stdin:
        commands.put(line.strip())
    commands.put("quit")


if __name__ == "__main__":
    main()
