# SPDX-License-Identifier: Apache-2.0
"""Frames of a video file, with exact event times."""

import math
import threading
import time
from fractions import Fraction
from pathlib import Path

import cv2

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_perception.errors import BadFrameError, SourceError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.sources.settings import SourceSettings, parse_time_ns
from privcv_perception.sources.source import check_size


class FileSource:
    """Source of a video file's frames: frame i is taken at start + i / fps, exactly, at any pace.

    With ``rate`` 0 each ``read`` gives the next frame at once (lock-step). With a rate, ``read``
    waits until the frame is due; a late reader gets every frame unless ``drop_late`` is set.
    """

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self._path = Path(settings.uri)
        self._capture: cv2.VideoCapture | None = None
        self._interrupted = threading.Event()
        self._size = (0, 0)
        self._fps = Fraction(0)
        self._expected = 0
        self._start_ns = 0
        self._index = 0
        self._in_pass = 0
        self._played_from_s = 0.0
        self.dropped = 0
        self.missing = 0
        """Frames that the container claims but that were not there: a truncated file."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames, px; known once open."""
        return self._size

    @property
    def fps(self) -> float:
        """Frames per second of event time; known once open."""
        return float(self._fps)

    @property
    def frames(self) -> int:
        """Number of frames that the container claims; 0 where it claims none."""
        return self._expected

    @property
    def ending(self) -> str:
        """Why it ended, in words."""
        if self.missing:
            return f"{self._path}: ended {self.missing} frames early, the file is truncated"
        return f"{self._path}: end of the file"

    def open(self) -> None:
        """Open the file at its first frame."""
        if not self._path.is_file():
            raise SourceError(f"{self._path}: no such video file; correct source.uri")
        capture = self._capture_of_file()
        self._size = check_size(
            str(self._path),
            int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        self._fps = self._rate_of(capture)
        self._expected = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self._start_ns = self._first_time_ns()
        self._index = self._in_pass = self.dropped = self.missing = 0
        self._played_from_s = time.monotonic()
        self._interrupted.clear()

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        """The next frame, when it is due; None at the end of the file or once interrupted."""
        if not self._wait_until_due() or not self._grab():
            return None
        index, self._index = self._index, self._index + 1
        assert self._capture is not None
        decoded, image = self._capture.retrieve(into.pixels)
        if image is not None and image is not into.pixels:
            image.fill(0)
            raise SourceError(
                f"{self._path}: frame {index} is {image.shape[1]}x{image.shape[0]} px instead of "
                f"{into.size[0]}x{into.size[1]}; re-encode the file at one size"
            )
        if not decoded:
            raise BadFrameError(f"{self._path}: frame {index} cannot be decoded")
        return FrameStamp(index, self._time_ns(index))

    def interrupt(self) -> None:
        """End a wait for the next frame."""
        self._interrupted.set()

    def close(self) -> None:
        """Release the file with everything that was decoded of it."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _grab(self) -> bool:
        """Decode the next frame; at the end start over or say False."""
        if self._capture is None:
            return False
        if self._capture.grab():
            self._in_pass += 1
            return True
        if self._in_pass == 0:
            raise SourceError(f"{self._path}: holds no frame that can be decoded; re-encode it")
        self.missing += max(0, self._expected - self._in_pass)
        if not self._settings.loop:
            self.close()
            return False
        self._in_pass = 0
        self._capture_of_file()
        return self._grab()

    def _wait_until_due(self) -> bool:
        rate = self._settings.rate
        if not rate:
            return not self._interrupted.is_set()
        period_s = 1 / (self.fps * rate)
        wait_s = self._played_from_s + self._index * period_s - time.monotonic()
        if self._settings.drop_late:
            while wait_s < -period_s and self._grab():
                self.dropped += 1
                self._index += 1
                wait_s += period_s
        return not self._interrupted.wait(max(0.0, wait_s))

    def _capture_of_file(self) -> cv2.VideoCapture:
        self.close()
        # One decoding thread: each further one keeps a decoded frame of its own.
        self._capture = cv2.VideoCapture(
            str(self._path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1]
        )
        if not self._capture.isOpened():
            self.close()
            raise SourceError(
                f"{self._path}: cannot be read as a video; it is empty, truncated or in a format "
                "that OpenCV does not decode"
            )
        return self._capture

    def _rate_of(self, capture: cv2.VideoCapture) -> Fraction:
        stated = self._settings.fps or float(capture.get(cv2.CAP_PROP_FPS))
        if not math.isfinite(stated) or not 0 < stated <= 1000:
            raise SourceError(
                f"{self._path}: states no usable frame rate ({stated:g} per second); set source.fps"
            )
        return Fraction(stated).limit_denominator(1001)  # 29.97 is 30000/1001

    def _first_time_ns(self) -> int:
        if self._settings.start == "now":
            return time.time_ns()
        if self._settings.start == "file":
            return int(self._path.stat().st_mtime) * NS_PER_S
        return parse_time_ns(self._settings.start)

    def _time_ns(self, index: int) -> int:
        return self._start_ns + index * NS_PER_S * self._fps.denominator // self._fps.numerator
