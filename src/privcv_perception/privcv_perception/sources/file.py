# SPDX-License-Identifier: Apache-2.0
"""Frames of a video file, each with its own time."""

import math
import threading
import time
from fractions import Fraction
from pathlib import Path

import cv2

from privcv_core.event_time.pace import Pace
from privcv_core.protocol.timestamps import LATEST_EVENT_NS, NS_PER_S
from privcv_perception.errors import BadFrameError, OtherSizeError, SourceError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.frames.dropped import Dropped, OnDrop
from privcv_perception.sources.container import is_truncated
from privcv_perception.sources.opencv_capture import Capture, open_file, packets_of
from privcv_perception.sources.own_times import OwnTimes
from privcv_perception.sources.settings import SourceSettings, parse_time_ns
from privcv_perception.sources.source import check_size
from privcv_perception.sources.upright import upright

_NS_PER_MS = 1_000_000
_TRIED_BEYOND = 250
_MOST_LEFT = 1_000_000
_LOOKED_FOR_TIMES = 250
"""So many frames without a time of their own say that a file has none."""


class FileSource:
    """Source of a video file's frames, upright, each taken at start + its presentation time (pts).

    Where ``fps`` is set, or the file has no times (a raw stream), frame i is taken at
    start + i / fps, exactly. With ``rate`` 0 each ``read`` gives the next frame at once
    (lock-step). With a rate, ``read`` waits until the frame is due; a late reader gets every frame
    unless ``drop_late`` is set. A frame that cannot be decoded is one ``BadFrameError``.
    """

    is_over = False

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self._path = Path(settings.uri)
        self._capture: Capture | None = None
        self._interrupted = threading.Event()
        self._size = (0, 0)
        self._fps = Fraction(0)
        self._has_times = True
        self._start_ns = 0
        self._index = 0
        self._packets: int | None = None  # in the file; counted where some seem to be broken
        self._decoded_any = False
        self._in_pass = 0  # frames, with those that cannot be decoded
        self._pass_ns = 0  # event time of this pass' begin less that of the first
        self._last_ns = 0  # time of the last frame in its pass
        self._times = OwnTimes()
        self._undecodable = 0  # frames before the one that is grabbed
        self._is_grabbed = False
        self._pace = Pace(0.0)
        self.dropped = 0
        self.on_drop: OnDrop = lambda stamp, why: None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames, px; known once open."""
        return self._size

    @property
    def fps(self) -> float:
        """Frames per second, as stated; known once open. Frames may come at another rate."""
        return float(self._fps)

    @property
    def ending(self) -> str:
        """Why it ended, in words."""
        if is_truncated(self._path):
            return f"{self._path}: ended early, the file is truncated"
        return f"{self._path}: end of the file"

    def open(self) -> None:
        """Open the file at its first frame."""
        if not self._path.is_file():
            raise SourceError(f"{self._path}: no such video file; correct source.uri")
        self._decoded_any = False
        self._has_times = not self._settings.fps and self._states_times()
        capture = self._capture_of_file()
        sides = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        width, height = (int(capture.get(side)) for side in sides)
        if width == 0:  # it is known from what was decoded only
            self._refuse_unless_decoded()
        self._size = check_size(str(self._path), width, height)
        self._fps = self._rate_of(capture)
        self._start_ns = self._first_time_ns()
        self._index = self._in_pass = self.dropped = self._undecodable = 0
        self._pass_ns = self._last_ns = 0
        self._times = OwnTimes()
        self._is_grabbed = False
        self._packets = None
        self._pace = Pace(self._settings.rate)
        self._interrupted.clear()

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        """The next frame, when it is due; None at the end of the file or once interrupted."""
        while True:
            if self._interrupted.is_set() or not self._grab():
                return None
            stamp = self._next_stamp()
            overdue_s = -(self._pace.wait_s(stamp.time_ns) or 0.0)
            if not (self._settings.drop_late and self._settings.rate and overdue_s > 0):
                break
            if overdue_s * self.fps * self._settings.rate <= 1:
                break
            self.dropped += 1
            self.on_drop(stamp, Dropped.LATE)
        if self._interrupted.wait(max(0.0, -overdue_s)):
            return None
        self._retrieve(stamp, into)
        return stamp

    def interrupt(self) -> None:
        """End a wait for the next frame."""
        self._interrupted.set()

    def close(self) -> None:
        """Release the file with everything that was decoded of it."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _next_stamp(self) -> FrameStamp:
        """The stamp of the frame that was grabbed, which counts as taken then."""
        assert self._capture is not None
        index, self._index = self._index, self._index + 1
        self._is_grabbed = False
        time_ns = self._start_ns + self._pass_ns
        if self._has_times:
            self._last_ns = self._own_time_ns(self._capture, index)
        else:
            self._last_ns = index * NS_PER_S * self._fps.denominator // self._fps.numerator
            time_ns = self._start_ns  # the index goes on from pass to pass
        time_ns += self._last_ns
        if not 0 <= time_ns <= LATEST_EVENT_NS:
            raise BadFrameError(
                f"{self._path}: frame {index} lies {self._last_ns / NS_PER_S:.0f} s after the "
                "first, beyond what a stamp can state",
                Dropped.NO_TIME,
            )
        return FrameStamp(index, time_ns)

    def _own_time_ns(self, capture: Capture, index: int) -> int:
        own_ms = float(capture.get(cv2.CAP_PROP_POS_MSEC))
        place_ns = self._times.place(round(own_ms * _NS_PER_MS)) if math.isfinite(own_ms) else None
        if place_ns is not None:
            return place_ns
        if not own_ms or not math.isfinite(own_ms):  # where it has none it is said to be 0
            problem, why = "has no time of its own", Dropped.NO_TIME
        else:
            problem, why = "lies before the one that it follows", Dropped.BEHIND
        raise BadFrameError(f"{self._path}: frame {index} {problem}", why)

    def _retrieve(self, stamp: FrameStamp, into: FrameBuffer) -> None:
        assert self._capture is not None
        try:
            decoded, image = self._capture.retrieve(into.pixels)
        except cv2.error:
            decoded, image = False, None
        where = f"{self._path}: frame {stamp.index}"
        if image is not None and image is not into.pixels:
            size = (image.shape[1], image.shape[0])
            image.fill(0)
            problem: BadFrameError = OtherSizeError(
                f"{where} is {size[0]}x{size[1]} px instead of {into.size[0]}x{into.size[1]}", size
            )
        elif not decoded:
            problem = BadFrameError(f"{where} cannot be decoded", Dropped.UNDECODABLE)
        else:
            return
        problem.stamp = stamp
        raise problem

    def _grab(self) -> bool:
        """Decode the next frame; at the end start over or say False.

        Raises ``BadFrameError`` once for each frame before it that could not be decoded.
        """
        if self._capture is None:
            return False
        if not self._is_grabbed and not self._undecodable:
            self._is_grabbed = self._skip_to_frame()
        if self._undecodable:
            self._undecodable -= 1
            self._index += 1
            raise BadFrameError(
                f"{self._path}: frame {self._index - 1} cannot be decoded", Dropped.UNDECODABLE
            )
        if self._is_grabbed:
            self._in_pass += 1
            self._decoded_any = True
            return True
        self._refuse_unless_decoded()
        if not self._settings.loop:
            self.close()
            return False
        self._pass_ns += self._last_ns + NS_PER_S * self._fps.denominator // self._fps.numerator
        self._in_pass = 0
        self._times = OwnTimes()
        self._capture_of_file()
        return self._grab()

    def _refuse_unless_decoded(self) -> None:
        if not self._decoded_any:
            raise SourceError(f"{self._path}: holds no frame that can be decoded; re-encode it")

    def _skip_to_frame(self) -> bool:
        """Grab until there is a frame; False at the end of the file.

        A grab that failed is a frame that cannot be decoded as long as another one follows. The
        end is where none follows for as many grabs as the file says that it has frames left, which
        may be a guess, and some more.
        """
        assert self._capture is not None
        if self._capture.grab():
            return True
        stated = self._stated_left()
        for failed in range(1, stated + _TRIED_BEYOND + 1):
            if self._capture.grab():
                self._undecodable = failed
                self._in_pass += failed
                return True
        if stated and self._decoded_any and self._gives_a_frame_per_packet():
            # Only then: what reads a file once more may leave a piece of it in memory.
            if self._packets is None:
                self._packets = packets_of(str(self._path))
            self._undecodable = max(0, self._packets - self._in_pass)
            self._in_pass += self._undecodable
        return False

    def _stated_left(self) -> int:
        """Frames that the file says are still to come; 0 where it says nothing that can be."""
        assert self._capture is not None
        left = self._capture.get(cv2.CAP_PROP_FRAME_COUNT) - self._in_pass
        return int(left) if 0 < left < _MOST_LEFT else 0

    def _gives_a_frame_per_packet(self) -> bool:
        assert self._capture is not None
        code = int(self._capture.get(cv2.CAP_PROP_FOURCC))
        return code == cv2.VideoWriter.fourcc(*"MJPG") and not is_truncated(self._path)

    def _states_times(self) -> bool:
        """Whether the file has times: a raw stream has none, and then every frame's is 0."""
        capture = self._capture_of_file()
        for _ in range(_LOOKED_FOR_TIMES):
            if capture.grab():
                self._decoded_any = True
                if capture.get(cv2.CAP_PROP_POS_MSEC):
                    return True
        return False

    def _capture_of_file(self) -> Capture:
        self.close()
        name = str(self._path)
        try:
            name.encode()
        except UnicodeEncodeError:
            shown = name.encode(errors="backslashreplace").decode()
            raise SourceError(f"{shown}: the name is not UTF-8; rename the file") from None
        capture = open_file(name)
        if not capture.isOpened():
            raise SourceError(
                f"{self._path}: cannot be read as a video; it is empty, truncated or in a format "
                "that OpenCV does not decode"
            )
        self._capture = upright(capture)
        return self._capture

    def _rate_of(self, capture: Capture) -> Fraction:
        stated = self._settings.fps or float(capture.get(cv2.CAP_PROP_FPS))
        if not math.isfinite(stated) or not 0 < stated <= 1000:
            if not self._has_times:
                self._refuse_unless_decoded()
                raise SourceError(
                    f"{self._path}: states no usable frame rate ({stated:g} per second); "
                    "set source.fps"
                )
            stated = 25.0  # its frames have times: this is only between two passes of a loop
        return Fraction(stated).limit_denominator(1001)  # 29.97 is 30000/1001

    def _first_time_ns(self) -> int:
        if self._settings.start == "now":
            return time.time_ns()
        if self._settings.start == "file":
            modified_s = int(self._path.stat().st_mtime)
            if not 0 <= modified_s * NS_PER_S <= LATEST_EVENT_NS:
                raise SourceError(
                    f"{self._path}: was modified before 1970 or after 2037; set source.start"
                )
            return modified_s * NS_PER_S
        return parse_time_ns(self._settings.start)
