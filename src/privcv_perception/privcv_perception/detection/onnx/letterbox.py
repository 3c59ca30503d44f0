# SPDX-License-Identifier: Apache-2.0
"""Letterbox: frames scaled into a network's input, the rest padded, in buffers made once."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.detector import Frame
from privcv_perception.detection.onnx.blob import InputBlob, Offsets
from privcv_perception.detection.onnx.model_description import InputDescription
from privcv_perception.frames.buffers import PixelBuffer

STEP_PX = 32
"""Sides of a part of the canvas are multiples of this: of the coarsest stride of networks."""


@dataclass(frozen=True)
class Placement:
    """Where a part of the frame lies on the network's canvas; lengths in px.

    ``source`` and ``target`` are left, top, width, height in the frame and on the canvas.
    """

    source: tuple[int, int, int, int]
    target: tuple[int, int, int, int]

    def to_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes on the canvas, (n, 4) left, top, width, height, to boxes in the frame."""
        (sx, sy, sw, sh), (tx, ty, tw, th) = self.source, self.target
        scale = np.array([sw / tw, sh / th, sw / tw, sh / th], np.float32)
        shift = np.array([sx - tx * scale[0], sy - ty * scale[1], 0, 0], np.float32)
        result: NDArray[np.float32] = boxes * scale + shift
        return result


class Letterbox:
    """Letterbox of one network, its canvas: the frame scaled to fit, the rest padded.

    The strip that a frame of another shape leaves free is at ``spare``: zoom crops of
    the frame can be placed there and cost no further inference.
    ``offsets``: for a network of layout nchw whose channels are the pixels of 2x2 blocks.
    """

    def __init__(self, description: InputDescription, offsets: Offsets = ()) -> None:
        self._description = description
        self._offsets = offsets
        self._canvas = PixelBuffer((description.height, description.width, 3))
        self._inputs = {(description.width, description.height): self._input(self._canvas.array)}

    def fit(self, frame_size: tuple[int, int]) -> Placement:
        """Where a frame of ``frame_size`` (width, height) comes to lie."""
        width, height = frame_size
        size = self._description
        if size.fit == "stretch":
            return Placement((0, 0, width, height), (0, 0, size.width, size.height))
        scale = min(size.width / width, size.height / height)
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        left, top = 0, 0
        if size.align == "center":
            left, top = (size.width - inner[0]) // 2, (size.height - inner[1]) // 2
        return Placement((0, 0, width, height), (left, top, *inner))

    def spare(self, fitted: Placement) -> tuple[int, int, int, int]:
        """The largest free strip beside or below the frame: left, top, width, height, px."""
        left, top, width, height = fitted.target
        canvas_width, canvas_height = self._description.width, self._description.height
        below = (0, top + height, canvas_width, canvas_height - top - height)
        beside = (left + width, 0, canvas_width - left - width, canvas_height)
        return below if below[2] * below[3] >= beside[2] * beside[3] else beside

    def part(self, fitted: Placement) -> tuple[int, int]:
        """Width and height of the upper left part of the canvas that holds the whole frame."""
        left, top, width, height = fitted.target
        size = self._description
        return (
            min(math.ceil((left + width) / STEP_PX) * STEP_PX, size.width),
            min(math.ceil((top + height) / STEP_PX) * STEP_PX, size.height),
        )

    def start(self, frame: Frame, fitted: Placement) -> NDArray[np.uint8]:
        """Pad the canvas and draw the whole frame; returns the part that shows it."""
        left, top, width, height = fitted.target
        canvas = self._canvas.array
        canvas[:top] = canvas[top + height :] = self._description.padding
        canvas[top : top + height, :left] = self._description.padding
        canvas[top : top + height, left + width :] = self._description.padding
        self.draw(frame, fitted)
        shown: NDArray[np.uint8] = canvas[top : top + height, left : left + width]
        return shown

    def start_crops(self, frame: Frame, places: list[Placement], size: tuple[int, int]) -> None:
        """Pad the upper left part of the canvas, (width, height), and draw ``places`` there."""
        self._canvas.array[: size[1], : size[0]] = self._description.padding
        for place in places:
            self.draw(frame, place)

    def draw(self, frame: Frame, place: Placement) -> None:
        """Scale a part of ``frame`` into its place on the canvas."""
        sx, sy, sw, sh = place.source
        tx, ty, tw, th = place.target
        part = frame[sy : sy + sh, sx : sx + sw]
        into = self._canvas.array[ty : ty + th, tx : tx + tw]
        if (sw, sh) == (tw, th):
            np.copyto(into, part)
        else:
            cv2.resize(part, (tw, th), dst=into, interpolation=cv2.INTER_LINEAR)

    def add_part(self, size: tuple[int, int]) -> None:
        """Let ``blob`` give the upper left part of the canvas, (width, height), alone too."""
        if size not in self._inputs:
            self._inputs[size] = self._input(self._canvas.array[: size[1], : size[0]])

    def blob(self, size: tuple[int, int] | None = None) -> NDArray[np.float32]:
        """What is drawn, or a part of it, as the network takes it: the same buffer every time.

        Shape (1, 3, height, width), (1, height, width, 3) where the layout is nhwc, or, with
        offsets, (1, 12, height / 2, width / 2).
        """
        return self._inputs[size or (self._description.width, self._description.height)].fill()

    def wipe(self) -> None:
        """Overwrite canvas and blobs, and what lies between them, with zeros."""
        self._canvas.wipe()
        for each in self._inputs.values():
            each.wipe()

    def _input(self, canvas: NDArray[np.uint8]) -> InputBlob:
        return InputBlob(canvas, self._description, self._offsets)
