# SPDX-License-Identifier: Apache-2.0
"""The audit of frames that come as ROS messages: the real detection node and a camera driver."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_perception.residue.audit import MOMENTS, Finding, Search
from privcv_perception.residue.canary import Canary, patterns_of_image
from privcv_perception.residue.process import SubjectProcess, bare_environment, import_path

_CANARIES = 16
_FPS = 10
_SETTLE_S = 0.5
_TOPIC = "/privcv_audit/image_raw"


def audit_topic(
    size: tuple[int, int],
    detector: dict[str, Any],
    environment: dict[str, str],
    *,
    followed_by: int = 10,
    protected: bool = True,
) -> list[Finding]:
    """Audit the detection node on an image topic: half a second after the last canary, and paused.

    ``environment`` is that of the camera process and of the driver, see ``camera_environment``;
    ``followed_by`` is how many other images follow the canaries. With none, Fast DDS keeps a piece
    of the last image in its receive buffer until the next arrives.
    """
    with tempfile.TemporaryDirectory(prefix="privcv-audit-") as name:
        folder = Path(name)
        canary, other = (Canary.random(*size).frame for _ in range(2))
        for file, image in (("canary.png", canary), ("other.png", other)):
            cv2.imwrite(str(folder / file), image)
        request = {
            "source": {"kind": "topic", "uri": _TOPIC, "reliable": True},
            "detector": detector,
            "harden": protected,
            "wipe": protected,
        }
        search = Search("image topic", protected, patterns_of_image(canary), [])
        module = "privcv_perception.residue.node_subject"
        with (
            _Driver(folder, followed_by, environment),
            SubjectProcess(request, folder / "subject", module, environment) as subject,
        ):
            while subject.wait_for("frame")["time_ns"] < _CANARIES * NS_PER_S:
                pass
            subject.ask_ranges()
            time.sleep(_SETTLE_S + followed_by / _FPS)
            after = search.now(subject, MOMENTS[1], None)
            subject.command("pause")
            return [after, search.now(subject, MOMENTS[2], None)]


class _Driver:
    """A camera driver in a process of its own, for the length of a ``with``."""

    def __init__(self, folder: Path, followed_by: int, environment: dict[str, str]) -> None:
        images = [str(folder / "canary.png"), str(_CANARIES)]
        images += [str(folder / "other.png"), str(followed_by)]
        module = "privcv_perception.residue.publisher"
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, _TOPIC, str(_FPS), *images],
            stdin=subprocess.PIPE,
            env={**bare_environment(), "PYTHONPATH": import_path(), **environment},
        )

    def __enter__(self) -> None:
        return

    def __exit__(self, *problem: object) -> None:
        self._process.communicate()
