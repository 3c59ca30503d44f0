# SPDX-License-Identifier: Apache-2.0
"""P3: a region without its significant JPEG coefficients, which go to a custodian. Weak.

Ra, Govindan, Ortega, P3: Toward Privacy-Preserving Photo Sharing, NSDI 2013: the public part of a
picture keeps the small coefficients of its 8 x 8 blocks, without the mean (DC) and with those above
a threshold cut off; the rest is secret. What is public still shows edges, and a retrained attacker
knows people by them (McPherson et al. 2016).

The secret part here has all coefficients of the blocks that a region touches, not the large ones
alone: the picture can then be restored however often the public part was encoded since.
"""

import struct
import zlib
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_images.errors import ImagesError
from privcv_images.redactions.redaction import FREE, Cost, Region, Strength
from privcv_perception.detection.detector import Frame, frame_size

SIDE = 8
HEAD = struct.Struct(">IIH")
LARGEST_BYTES = 1 << 30

LUMA = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56], [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)  # fmt: skip
"""Quantization of ITU-T T.81, annex K.1; taken for the colours too."""

Blocks = NDArray[np.float64]
"""(n, 3, 8, 8): luminance and two colours of n blocks."""


class P3:
    """P3 at a JPEG ``quality``, 1..100; coefficients above ``threshold`` are cut off."""

    strength: Strength = "weak"
    cost: Cost = FREE

    def __init__(self, threshold: int, quality: int) -> None:
        self._threshold, self._quality = threshold, quality
        self.secret = b""
        """The secret part of the frame last redacted; empty where nothing was hidden."""

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Leave the small coefficients in each region."""
        self.secret = b""
        touched = _touched(frame_size(frame), regions)
        if not touched.any():
            return
        table = quantization(self._quality)
        coefficients = np.rint(_transform(_blocks(frame, touched)) / table)
        self.secret = _packed(frame_size(frame), self._quality, touched, coefficients)
        public = coefficients.clip(-self._threshold, self._threshold)
        public[..., 0, 0] = 0
        shown = frame.copy()
        _write(shown, touched, _inverse(public * table))
        for region in regions:
            region.of(frame)[:] = region.of(shown)


def restore(frame: Frame, secret: bytes) -> None:
    """Write what ``secret`` holds into the public picture ``frame``, in place.

    Raises ``ImagesError`` where the one is not of the other.
    """
    try:
        content = zlib.decompressobj().decompress(secret, LARGEST_BYTES)
        width, height, quality = HEAD.unpack_from(content)
    except (zlib.error, struct.error) as error:
        raise ImagesError(f"the secret part is none: {error}") from error
    if (width, height) != frame_size(frame):
        raise ImagesError(f"the secret part is of a picture of {width}x{height} px")
    rows, columns = -(-height // SIDE), -(-width // SIDE)
    mask_bytes = -(-rows * columns // 8)
    packed = np.frombuffer(content, np.uint8, mask_bytes, HEAD.size)
    touched = np.unpackbits(packed)[: rows * columns].astype(bool).reshape(rows, columns)
    values = np.frombuffer(content, ">i2", offset=HEAD.size + mask_bytes)
    if len(values) != int(touched.sum()) * 3 * SIDE * SIDE:
        raise ImagesError("the secret part is cut off")
    coefficients = values.reshape(-1, 3, SIDE, SIDE) * quantization(quality)
    _write(frame, touched, _inverse(coefficients))


def quantization(quality: int) -> NDArray[np.float64]:
    """(8, 8) steps at a JPEG quality, 1..100, as libjpeg scales them."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.floor((LUMA * scale + 50) / 100).clip(1, 255)


def _touched(size: tuple[int, int], regions: Sequence[Region]) -> NDArray[np.bool_]:
    """(rows, columns) Which blocks a region touches."""
    touched = np.zeros((-(-size[1] // SIDE), -(-size[0] // SIDE)), bool)
    for region in regions:
        rows = slice(region.top // SIDE, -(-region.bottom // SIDE))
        touched[rows, region.left // SIDE : -(-region.right // SIDE)] = True
    return touched


def _blocks(frame: Frame, touched: NDArray[np.bool_]) -> Blocks:
    rows, columns = touched.shape
    padded = cv2.copyMakeBorder(
        frame, 0, rows * SIDE - frame.shape[0], 0, columns * SIDE - frame.shape[1],
        cv2.BORDER_REPLICATE,
    )  # fmt: skip
    colours = cv2.cvtColor(padded, cv2.COLOR_BGR2YCrCb).astype(np.float64) - 128
    grid = colours.reshape(rows, SIDE, columns, SIDE, 3).transpose(0, 2, 4, 1, 3)
    blocks: Blocks = grid[touched]
    return blocks


def _write(frame: Frame, touched: NDArray[np.bool_], blocks: Blocks) -> None:
    pixels = np.rint(blocks + 128).clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    flat = np.ascontiguousarray(pixels).reshape(-1, SIDE, 3)
    colours = cv2.cvtColor(flat, cv2.COLOR_YCrCb2BGR).reshape(-1, SIDE, SIDE, 3)
    for (row, column), block in zip(np.argwhere(touched), colours, strict=True):
        into = frame[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
        into[:] = block[: into.shape[0], : into.shape[1]]


def _cosines() -> NDArray[np.float64]:
    """(8, 8) The orthonormal discrete cosine transform (DCT-II)."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    matrix = np.cos((2 * columns + 1) * rows * np.pi / (2 * SIDE)) * np.sqrt(2 / SIDE)
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix, np.float64)


def _transform(blocks: Blocks) -> Blocks:
    cosines = _cosines()
    return np.asarray(cosines @ blocks @ cosines.T, np.float64)


def _inverse(coefficients: Blocks) -> Blocks:
    cosines = _cosines()
    return np.asarray(cosines.T @ coefficients @ cosines, np.float64)


def _packed(
    size: tuple[int, int], quality: int, touched: NDArray[np.bool_], coefficients: Blocks
) -> bytes:
    head = HEAD.pack(*size, quality)
    mask = np.packbits(touched.reshape(-1)).tobytes()
    return zlib.compress(head + mask + coefficients.astype(">i2").tobytes(), 9)
