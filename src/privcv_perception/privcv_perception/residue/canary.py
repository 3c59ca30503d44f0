# SPDX-License-Identifier: Apache-2.0
"""Frames that can be recognised anywhere, and the byte patterns to search for.

A canary frame repeats one random row of 16 grey pixels over the whole image, so that every piece
of the frame larger than twice a pattern holds one, whatever the codec did to it: blocks of 8 and
of 16 pixels all decode alike. The patterns are measured on the decoded video, not assumed.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.errors import PerceptionError

Codec = Literal["mjpeg", "mpeg4", "ffv1"]
_CONTAINERS: dict[Codec, tuple[str, str]] = {
    "mjpeg": ("avi", "MJPG"),
    "mpeg4": ("mp4", "mp4v"),
    "ffv1": ("avi", "FFV1"),
}
_TILE_PX = 16
_KINDS = 3
_PACKET_BYTES = 48
_PACKETS = 8


@dataclass(frozen=True)
class Pattern:
    """Bytes to search for; ``per_frame`` is how many of them one frame holds in that form."""

    form: Literal["frame", "grey", "luma", "plane", "input", "packet"]
    needle: bytes
    per_frame: int


@dataclass(frozen=True)
class Canary:
    """One random frame and what it looks like in memory."""

    frame: NDArray[np.uint8]

    @staticmethod
    def random(width: int, height: int) -> "Canary":
        """A canary that was never there before; both sides must be multiples of 16 px."""
        if width % _TILE_PX or height % _TILE_PX:
            raise PerceptionError(
                f"canary frames of {width}x{height} px: both must be multiples of {_TILE_PX}"
            )
        row = np.frombuffer(secrets.token_bytes(_TILE_PX), np.uint8) // 2 + 64
        grey = np.tile(row, (height, width // _TILE_PX))
        return Canary(np.repeat(grey[..., None], 3, axis=2))


def write_video(path: Path, codec: Codec, frames: list[NDArray[np.uint8]], fps: float) -> None:
    """Encode ``frames`` with what OpenCV's own FFmpeg can do."""
    height, width = frames[0].shape[:2]
    fourcc = cv2.VideoWriter.fourcc(*_CONTAINERS[codec][1])
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, fps, (width, height))
    if not writer.isOpened():
        raise PerceptionError(f"this OpenCV cannot encode {codec}; choose another codec")
    for frame in frames:
        writer.write(frame)
    writer.release()


def suffix_of(codec: Codec) -> str:
    """The file name's ending for a codec."""
    return _CONTAINERS[codec][0]


def patterns_of_image(image: NDArray[np.uint8]) -> list[Pattern]:
    """What one decoded canary image looks like: as it is, grey, as luma, as a network's input.

    Raises ``PerceptionError`` where its codec left less than half of the canary recognisable.
    """
    height, width = image.shape[:2]
    tiles = image.reshape(height * (width // _TILE_PX), _TILE_PX, 3)
    kinds, counts = np.unique(tiles.reshape(len(tiles), -1), axis=0, return_counts=True)
    commonest = np.argsort(counts)[::-1][:_KINDS]
    if counts[commonest].sum() < len(tiles) / 2:
        raise PerceptionError("the canary did not survive its codec; choose another codec or size")
    forms: dict[bytes, Pattern] = {}
    for number in commonest:
        tile = kinds[number].reshape(_TILE_PX, 3)
        for pattern in _patterns_of_tile(tile, len(tiles)):
            forms.setdefault(pattern.needle, pattern)
    return list(forms.values())


def _patterns_of_tile(tile: NDArray[np.uint8], count: int) -> list[Pattern]:
    """The forms of a tile, (16, 3) px; an image has ``count`` tiles."""
    forms = [Pattern("frame", tile.tobytes(), count)]
    grey = cv2.cvtColor(np.ascontiguousarray(tile[None]), cv2.COLOR_BGR2GRAY)[0]
    forms.append(Pattern("grey", np.tile(grey, 2).tobytes(), count // 2))
    # Decoders keep luma. Without colour, green is made of it alone: one to one for full range
    # (MJPEG), from 16..235 for the others.
    full = tile[:, 1]
    for luma in (full, np.ceil(full * (219 / 255) + 16).astype(np.uint8)):
        forms.append(Pattern("luma", np.tile(luma, 2).tobytes(), count // 2))
    # A network takes a channel as floats; or every second pixel of it, which were bytes before.
    for channel in range(3):
        forms.append(Pattern("input", tile[:, channel].astype(np.float32).tobytes(), count))
        for start in (0, 1):
            second = np.tile(tile[start::2, channel], 4)
            forms.append(Pattern("plane", second.tobytes(), count // 2))
            forms.append(Pattern("input", second[:_TILE_PX].astype(np.float32).tobytes(), count))
    return forms


def patterns_of_video(path: Path, count: int) -> list[Pattern]:
    """Patterns of the distinct images among the first ``count`` frames, and of their packets."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    found: dict[bytes, Pattern] = {}
    for _ in range(count):
        decoded, image = capture.read()
        if not decoded:
            raise PerceptionError(f"{path}: OpenCV cannot decode its own video")
        for pattern in patterns_of_image(image.astype(np.uint8)):
            found.setdefault(pattern.needle, pattern)
    capture.release()
    return list(found.values())


def patterns_of_packets(path: Path) -> list[Pattern]:
    """Pieces of the compressed stream, spread over a video that holds canaries only."""
    stream = path.read_bytes()
    found: dict[bytes, Pattern] = {}
    for start in np.linspace(len(stream) * 0.05, len(stream) * 0.9, _PACKETS).astype(int):
        piece = stream[start : start + _PACKET_BYTES]
        if len(set(piece)) >= 8:
            found.setdefault(piece, Pattern("packet", piece, 1))
    return list(found.values())
