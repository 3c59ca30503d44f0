# SPDX-License-Identifier: Apache-2.0
"""OpenCV captures of V4L2 devices and RTSP streams, opened with timeouts and one decoder thread."""

import math
import os
from typing import Any, Protocol

import cv2
from numpy.typing import NDArray

from privcv_core.masking import hint_of
from privcv_perception.sources.settings import SourceSettings

OPEN_TIMEOUT_S = 10.0


class Capture(Protocol):
    """Capture: the part of ``cv2.VideoCapture`` in use here."""

    def isOpened(self) -> bool:
        """Whether it could be opened."""

    def grab(self) -> bool:
        """Take the next frame from the driver; False where there is none."""

    def retrieve(self, image: NDArray[Any]) -> tuple[bool, NDArray[Any] | None]:
        """Decode the frame last grabbed into ``image``; another array where its shape differs."""

    def get(self, property: int) -> float:
        """A ``cv2.CAP_PROP_*`` value."""

    def set(self, property: int, value: float) -> bool:
        """Set a ``cv2.CAP_PROP_*`` value; False where it has none such."""

    def release(self) -> None:
        """Let the device or stream go, with everything it decoded."""


def open_opencv(settings: SourceSettings) -> Capture:
    """An OpenCV capture of the device or stream; ``isOpened`` says whether it could be opened."""
    if settings.kind == "rtsp":
        return cv2.VideoCapture(
            settings.uri,
            cv2.CAP_FFMPEG,
            [
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                int(OPEN_TIMEOUT_S * 1000),
                cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                int(settings.stall_s * 1000),
                # One decoding thread: each further one keeps a decoded frame of its own.
                cv2.CAP_PROP_N_THREADS,
                1,
            ],
        )
    device: int | str = int(settings.uri) if settings.uri.isdigit() else settings.uri
    size = []
    if settings.width and settings.height:
        size += [cv2.CAP_PROP_FRAME_WIDTH, settings.width]
        size += [cv2.CAP_PROP_FRAME_HEIGHT, settings.height]
    # Whole seconds that a grab waits for a frame; it would be 10.
    os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = str(math.ceil(settings.stall_s))
    capture = cv2.VideoCapture(device, cv2.CAP_V4L2, size)
    if settings.fps:
        # A wish. Beside the size it would be a condition, and many devices have one rate only.
        capture.set(cv2.CAP_PROP_FPS, math.ceil(settings.fps))
    return capture


def open_file(path: str) -> Capture:
    """An OpenCV capture of a video file."""
    # One decoding thread: each further one keeps a decoded frame of its own.
    return cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])


def packets_of(path: str) -> int:
    """How many packets of video a file holds, decoded or not: it is read through once."""
    packets = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    count = 0
    while packets.isOpened() and packets.grab():
        count += 1
    packets.release()
    return count


def why_not_open(settings: SourceSettings) -> str:
    """What a person should check where the capture could not be opened."""
    if settings.kind == "rtsp":
        hint = hint_of(settings.uri)
        return (
            "cannot be opened; check address, path, user and password, "
            "and that the camera is on the network" + (f"; {hint}" if hint else "")
        )
    return (
        "cannot be opened; check that the device exists ('v4l2-ctl --list-devices'), that this "
        "user is in group 'video', that no other program uses it, and that it gives raw images "
        "or MJPEG"
    )
