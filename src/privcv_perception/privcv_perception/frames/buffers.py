# SPDX-License-Identifier: Apache-2.0
"""Memory for pixels that this project owns: allocated once, locked, undumpable, wiped after use.

Everything in the camera process that holds pixels lives in a ``PixelBuffer``, from the frame to
the network's input, so that one ``wipe`` per frame leaves none of it behind. No numpy array of
pixels is ever allocated per frame: write into ``array`` in place (``out=``, ``dst=``,
``np.copyto``) and never rebind it.
"""

import ctypes
import math
import mmap
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from privcv_core.protocol.timestamps import s_from_ns

SMALLEST_FRAME_PX = 16
"""In a frame that is narrower or lower than this nobody can be seen."""

_MADV_WIPEONFORK = 18  # Linux; Python has no name for it
_LIVE: "weakref.WeakSet[PixelBuffer]" = weakref.WeakSet()


@dataclass(frozen=True)
class FrameStamp:
    """When a frame was taken and where it stands in its stream."""

    index: int
    """Index of the frame since the source was started, from 0; a gap is dropped frames."""
    time_ns: int
    """Event time, ns since the epoch (UTC)."""
    era: int = 0
    """How often the clock was set so far: within an era times only grow."""

    @property
    def time_s(self) -> float:
        """Event time, s since the epoch."""
        return s_from_ns(self.time_ns)


class PixelBuffer:
    """Pixel buffer: one numpy view of a mapping kept out of swap, core dumps and child processes.

    ``shape`` and ``dtype`` are those of ``array``. Locking in RAM needs room under
    ``RLIMIT_MEMLOCK``; where there is none the buffer works all the same and ``locked`` says so.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike = np.uint8) -> None:
        kind = np.dtype(dtype)
        size = max(1, math.prod(shape) * kind.itemsize)
        self._map = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.array: NDArray[Any] = np.frombuffer(
            self._map, dtype=kind, count=math.prod(shape)
        ).reshape(shape)
        self.undumped = _advise(self._map, getattr(mmap, "MADV_DONTDUMP", 16))
        self.hidden_from_children = _advise(self._map, _MADV_WIPEONFORK)
        self.locked = _lock(self.address, size)
        _LIVE.add(self)

    @property
    def address(self) -> int:
        """Where the first byte lies in this process, for the residue audit."""
        return int(self.array.__array_interface__["data"][0])

    def wipe(self) -> None:
        """Overwrite every byte with zero."""
        self.array.fill(0)

    def __del__(self) -> None:
        if hasattr(self, "array"):
            self.array.fill(0)


class FrameBuffer(PixelBuffer):
    """Frame buffer: ``pixels`` is (height, width, 3) uint8, blue green red."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__((height, width, 3), np.uint8)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The view to write into and to read from: (height, width, 3) uint8 BGR."""
        return self.array

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""
        return self.array.shape[1], self.array.shape[0]


@dataclass(frozen=True)
class Holdings:
    """What this process holds in pixel buffers, for diagnostics and for the audit."""

    buffers: int
    bytes: int
    locked_bytes: int
    """Of those, bytes that can never reach swap; less than ``bytes`` means a low RLIMIT_MEMLOCK."""
    ranges: tuple[tuple[int, int], ...]
    """(first address, one past the last) of each buffer."""


def holdings() -> Holdings:
    """Every live pixel buffer of this process."""
    buffers = sorted(_LIVE, key=lambda buffer: buffer.address)
    return Holdings(
        buffers=len(buffers),
        bytes=sum(buffer.array.nbytes for buffer in buffers),
        locked_bytes=sum(buffer.array.nbytes for buffer in buffers if buffer.locked),
        ranges=tuple((b.address, b.address + b.array.nbytes) for b in buffers),
    )


def _advise(mapping: mmap.mmap, advice: int) -> bool:
    try:
        mapping.madvise(advice)
    except (OSError, ValueError):
        return False
    return True


def _lock(address: int, size: int) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(size))
    return result == 0
