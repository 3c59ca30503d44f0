# SPDX-License-Identifier: Apache-2.0
"""The process that the audit searches: a camera process with nothing left out but the graph.

``python -m privcv_perception.residue.subject SETTINGS`` with SETTINGS a JSON object of ``source``
and ``detector``. It runs the same source, detector and loop as the detection node and prints one
JSON line per event; a line ``pause``, ``start`` or ``quit`` on its standard input is a command.
The keys ``harden`` and ``wipe`` turn protection off, so that the audit can show what that does.
"""

import json
import sys
from typing import Any

from privcv_perception.frames.hardening import harden


def main() -> None:
    """Run until ``quit`` or the end of standard input."""
    request = json.loads(sys.argv[1])
    hardening = harden() if request["harden"] else None
    _run(request, list(hardening.problems) if hardening else ["not hardened"])


def _run(request: dict[str, Any], problems: list[str]) -> None:
    # Only now: what these allocate must already be under the hardened allocator.
    from privcv_perception.camera.loop import CameraLoop
    from privcv_perception.detection.settings import DetectorSettings
    from privcv_perception.detector_registry import build_detector
    from privcv_perception.frames.buffers import PixelBuffer, holdings
    from privcv_perception.sources import SourceSettings, open_source

    if not request["wipe"]:
        PixelBuffer.wipe = lambda self: None  # type: ignore[method-assign]
    source_settings = SourceSettings.model_validate(request["source"])
    detector_settings = DetectorSettings.model_validate(request["detector"])

    def report_event(event: str, **more: Any) -> None:
        print(json.dumps({"event": event, **more}), flush=True)

    loop = CameraLoop(
        source_settings,
        open_source(source_settings),
        lambda size: build_detector(detector_settings, None, size),
        lambda stamp, size, people: report_event("frame", index=stamp.index, time_ns=stamp.time_ns),
        lambda: report_event("ended", reason=loop.status.reason, frames=loop.status.frames),
    )
    report_event("ready", problems=problems)
    loop.start()
    for line in sys.stdin:
        command = line.strip()
        if command == "pause":
            loop.pause()
        elif command == "start":
            loop.start()
        elif command == "quit":
            break
        report_event("done", command=command, ranges=holdings().ranges)
    loop.pause()


if __name__ == "__main__":
    main()
