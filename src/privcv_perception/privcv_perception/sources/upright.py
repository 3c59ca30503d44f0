# SPDX-License-Identifier: Apache-2.0
"""Frames the right way up: a phone writes them as its sensor lies, and says how to turn them."""

from typing import Any

import cv2
from numpy.typing import NDArray

from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.sources.opencv_capture import Capture

# The rotation that the container asks for, clockwise in degrees, as OpenCV reads it.
_TURNS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def upright(capture: Capture) -> Capture:
    """``capture`` with its frames turned as its metadata ask.

    OpenCV would turn them by itself, into memory of its own: ours is wiped.
    """
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
    turn = _TURNS.get(round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360)
    return capture if turn is None else _Turned(capture, turn)


class _Turned:
    """A capture whose frames are turned by ``turn`` (``cv2.ROTATE_*``)."""

    def __init__(self, capture: Capture, turn: int) -> None:
        self._capture = capture
        self._turn = turn
        self._lying: FrameBuffer | None = None

    def isOpened(self) -> bool:
        return self._capture.isOpened()

    def grab(self) -> bool:
        return self._capture.grab()

    def get(self, property: int) -> float:
        sides = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        if property in sides and self._turn != cv2.ROTATE_180:
            property = sides[1 - sides.index(property)]
        return self._capture.get(property)

    def set(self, property: int, value: float) -> bool:
        return self._capture.set(property, value)

    def retrieve(self, image: NDArray[Any]) -> tuple[bool, NDArray[Any] | None]:
        height, width = image.shape[:2]
        lying = (width, height) if self._turn == cv2.ROTATE_180 else (height, width)
        if self._lying is None or self._lying.size != lying:
            self._lying = FrameBuffer(*lying)
        try:
            decoded, found = self._capture.retrieve(self._lying.pixels)
            if not decoded or found is None:
                return False, None
            turned = cv2.rotate(found, self._turn, image)
            if found is not self._lying.pixels:
                found.fill(0)
            return True, image if turned.shape == image.shape else turned
        finally:
            self._lying.wipe()

    def release(self) -> None:
        self._capture.release()
