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
    wish = json.loads(sys.argv[1])
    report = harden() if wish["harden"] else None
    _run(wish, list(report.problems) if report else ["not hardened"])


def _run(wish: dict[str, Any], problems: list[str]) -> None:
    # Only now: what these allocate must already be under the hardened allocator.
    from privcv_perception.camera.loop import FramePump
    from privcv_perception.detection.registry import build_detector
    from privcv_perception.detection.settings import DetectorSettings
    from privcv_perception.frames.buffers import PixelBuffer, holdings
    from privcv_perception.sources import SourceSettings, open_source

    if not wish["wipe"]:
        PixelBuffer.wipe = lambda self: None  # type: ignore[method-assign]
    source_settings = SourceSettings.model_validate(wish["source"])
    detector_settings = DetectorSettings.model_validate(wish["detector"])

    def tell(event: str, **more: Any) -> None:
        print(json.dumps({"event": event, **more}), flush=True)

    pump = FramePump(
        source_settings,
        open_source(source_settings),
        lambda size: build_detector(detector_settings, None, size),
        lambda stamp, size, people: tell("frame", index=stamp.index, time_ns=stamp.time_ns),
        lambda: tell("ended", reason=pump.status.reason, frames=pump.status.frames),
    )
    tell("ready", problems=problems)
    pump.start()
    for line in sys.stdin:
        command = line.strip()
        if command == "pause":
            pump.pause()
        elif command == "start":
            pump.start()
        elif command == "quit":
            break
        tell("done", command=command, ranges=holdings().ranges)
    pump.pause()


if __name__ == "__main__":
    main()
