# SPDX-License-Identifier: Apache-2.0
"""Clips as cameras, phones and editors make them; frame i is a picture of its own, grey 5 i + 2.

Each is made so that the truth is known by construction: its times, which way is up, what is broken.
"""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = (64, 48)
TICKS_PER_S = 100
_FIRST = 2
_STEP = 5
_ROUND = 50
_MATRICES = {
    90: (0, 1 << 16, 0, -1 << 16, 0, 0),
    180: (-1 << 16, 0, 0, 0, -1 << 16, 0),
    270: (0, -1 << 16, 0, 1 << 16, 0, 0),
}
_TO_MATRIX = 44  # bytes from the name of a box 'tkhd' of version 0 to its matrix
CODECS = {".mp4": "MJPG", ".mov": "MJPG", ".mkv": "MJPG", ".webm": "VP80"}
"""Containers that keep any times, and what they hold here."""


def grey(index: int) -> int:
    """Level of frame ``index``; every 50 frames the levels begin anew."""
    return _FIRST + _STEP * (index % _ROUND)


def index_near(level: float) -> int:
    """Inverse of ``grey``, of what a lossy codec made of it."""
    return round((level - _FIRST) / _STEP)


def write_clip(
    path: Path,
    frames: int,
    codec: str = "MJPG",
    fps: float = 10.0,
    size: tuple[int, int] = SIZE,
    mark_top: bool = False,
) -> Path:
    """A clip with even times; ``mark_top``: the upper quarter is white, the rest as always."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, size)
    assert writer.isOpened(), path
    for index in range(frames):
        writer.write(picture(grey(index), size, mark_top))
    writer.release()
    return path


def picture(level: int, size: tuple[int, int] = SIZE, mark_top: bool = False) -> NDArray[np.uint8]:
    """One frame, (height, width, 3)."""
    image = np.full((size[1], size[0], 3), level, np.uint8)
    if mark_top:
        image[: size[1] // 4] = 255
    return image


def write_with_times(path: Path, ticks: Sequence[int]) -> Path:
    """A clip whose frame i is shown at ``ticks[i]`` hundredths of a second: a variable rate."""
    codec = CODECS[path.suffix]
    even = write_clip(path.with_name(f"even-{path.name}"), len(ticks), codec, TICKS_PER_S)
    packets = cv2.VideoCapture(str(even), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    raw = [cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1]
    fourcc = cv2.VideoWriter.fourcc(*codec)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, TICKS_PER_S, SIZE, raw)
    for tick in ticks:
        found, packet = packets.read()
        assert found
        writer.set(cv2.VIDEOWRITER_PROP_PTS, tick)
        writer.write(packet)
    writer.release()
    packets.release()
    os.unlink(even)
    return path


def write_turned(path: Path, degrees: int, frames: int = 5) -> Path:
    """A clip (.mp4) that lies as a phone's sensor does: turned clockwise by ``degrees`` it is
    upright, and then its upper quarter is white."""
    upright = picture(100, mark_top=True)
    back = {
        90: cv2.ROTATE_90_COUNTERCLOCKWISE,
        180: cv2.ROTATE_180,
        270: cv2.ROTATE_90_CLOCKWISE,
    }[degrees]
    lying = cv2.rotate(upright, back)
    fourcc = cv2.VideoWriter.fourcc(*"mp4v")
    size = (lying.shape[1], lying.shape[0])
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, 10.0, size)
    for _ in range(frames):
        writer.write(lying)
    writer.release()
    content = bytearray(path.read_bytes())
    a, b, u, c, d, v = _MATRICES[degrees]
    matrix = (a, b, u, c, d, v, 0, 0, 1 << 30)
    place = content.index(b"tkhd") + _TO_MATRIX
    content[place : place + 36] = b"".join(n.to_bytes(4, "big", signed=True) for n in matrix)
    path.write_bytes(content)
    return path


def break_frames(clip: Path, broken: Collection[int]) -> Path:
    """Overwrite the data of frames of an AVI; their chunks stay."""
    content = bytearray(clip.read_bytes())
    place = content.index(b"movi") + 4
    index = 0
    while content[place : place + 4] == b"00dc":
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        if index in broken:
            content[place + 8 : place + 8 + size] = b"\x55" * size
        index += 1
        place += 8 + size + size % 2
    assert index > max(broken), "the clip has fewer frames"
    clip.write_bytes(content)
    return clip
