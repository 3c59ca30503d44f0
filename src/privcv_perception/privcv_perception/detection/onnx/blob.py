# SPDX-License-Identifier: Apache-2.0
"""Input blob of a network: the canvas normalized, as planes or 2x2 blocks (space-to-depth)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.onnx.model_description import InputDescription
from privcv_perception.frames.buffers import PixelBuffer

Offsets = tuple[tuple[int, int], ...]
"""Of every pixel in a 2x2 block, in a network's order, how far down and right it lies."""


class InputBlob:
    """Input blob: a part of the canvas, (height, width, 3), as floats in a buffer of its own.

    Shape (1, 3, height, width), (1, height, width, 3) where the layout is nhwc, or, with offsets,
    (1, 12, height / 2, width / 2).
    """

    def __init__(
        self, canvas: NDArray[np.uint8], description: InputDescription, offsets: Offsets
    ) -> None:
        self._canvas, self._description = canvas, description
        self._planes: _Planes | None = None
        shape: tuple[int, ...] = canvas.shape
        if description.layout == "nchw":
            self._planes = _Planes(canvas, offsets)
            shape = self._planes.shape
        self._blob = PixelBuffer((1, *shape), np.float32)
        self._holds_pixels = False
        self._plain = description.scale == 1 and description.mean == [0, 0, 0]
        self._plain = self._plain and description.std == [1, 1, 1]

    def fill(self) -> NDArray[np.float32]:
        """Write the canvas into the blob; returns it."""
        self._holds_pixels = True
        blob: NDArray[np.float32] = self._blob.array
        backwards = self._description.channels == "rgb"
        if self._planes is not None:
            self._planes.fill(blob[0], backwards)
        else:
            np.copyto(blob[0], self._canvas[..., :: -1 if backwards else 1])
        if not self._plain:
            by_colour = blob if self._planes is None else blob.reshape(-1, 3, *blob.shape[2:])
            shape = (3,) if self._planes is None else (3, 1, 1)
            by_colour *= np.float32(self._description.scale)
            by_colour -= np.array(self._description.mean, np.float32).reshape(shape)
            by_colour /= np.array(self._description.std, np.float32).reshape(shape)
        return blob

    def wipe(self) -> None:
        """Overwrite with zeros what the last ``fill`` wrote."""
        if self._holds_pixels:
            self._blob.wipe()
            if self._planes is not None:
                self._planes.wipe()
            self._holds_pixels = False


def rearranged(image: NDArray[np.float32], offsets: Offsets) -> NDArray[np.float32]:
    """Space-to-depth of an image (1, 3, h, w), as a network with ``offsets`` takes it.

    Shape (1, 12, h / 2, w / 2).
    """
    return np.concatenate([image[:, :, down::2, right::2] for down, right in offsets], axis=1)


class _Planes:
    """The canvas, (height, width, 3), split into planes of one colour, or of one colour at one
    place of every 2x2 block: ``shape`` is (planes, rows, columns).

    OpenCV splits bytes three times as fast as numpy does, and cv2.dnn.blobFromImage is slower
    still; what is left to numpy is the step from bytes to floats.
    """

    def __init__(self, canvas: NDArray[np.uint8], offsets: Offsets) -> None:
        height, width = canvas.shape[:2]
        if not offsets:
            self._views = [canvas]
            self._order: list[int] = [0]
            self.shape = (3, height, width)
        else:
            # The even rows and the odd ones, with two pixels side by side as six channels.
            self._views = [canvas[down::2].reshape(height // 2, width // 2, 6) for down in (0, 1)]
            self._order = [2 * down + right for down, right in offsets]
            self.shape = (12, height // 2, width // 2)
        self._bytes = PixelBuffer(self.shape)
        planes = list(self._bytes.array)
        each = len(planes) // len(self._views)
        self._into = [planes[i * each : (i + 1) * each] for i in range(len(self._views))]

    def fill(self, blob: NDArray[np.float32], backwards: bool) -> None:
        """Write the canvas into ``blob`` of this ``shape``, the colours maybe in reverse."""
        for view, into in zip(self._views, self._into, strict=True):
            cv2.split(view, into)
        colours = slice(None, None, -1 if backwards else 1)
        places = self._bytes.array.reshape(-1, 3, *self.shape[1:])
        for target, source in enumerate(self._order):
            np.copyto(blob[3 * target : 3 * target + 3], places[source, colours])

    def wipe(self) -> None:
        """Overwrite the planes with zeros."""
        self._bytes.wipe()
