# SPDX-License-Identifier: Apache-2.0
"""Frames of a V4L2 device or an RTSP stream: always the newest, never a backlog.

A thread of its own takes every frame as it comes, so that the camera's queue stays empty however
long detection takes, and keeps one frame: the newest. It alone touches the capture, which is
released with everything it decoded as soon as the source is closed, interrupted or lost.
"""

import math
import threading
import time
from collections.abc import Callable

import cv2

from privcv_perception.errors import SourceError, SourceLostError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.frames.dropped import Dropped, OnDrop
from privcv_perception.sources.event_clock import EvenPace, EventClock, StreamClock
from privcv_perception.sources.opencv_capture import (
    OPEN_TIMEOUT_S,
    Capture,
    open_opencv,
    why_not_open,
)
from privcv_perception.sources.settings import SourceSettings
from privcv_perception.sources.source import check_size

FAILED_GRABS = 16
"""So many in a row, and the camera is lost: one is a packet that the network damaged."""


class LiveSource:
    """Source of the newest frame of a V4L2 or RTSP camera.

    ``open_capture`` is for tests; it defaults to OpenCV.
    """

    is_over = False

    def __init__(
        self,
        settings: SourceSettings,
        open_capture: Callable[[SourceSettings], Capture] | None = None,
    ) -> None:
        self._settings = settings
        self._open_capture = open_capture or open_opencv
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._lost: SourceError | None = None
        self._size = (0, 0)
        self._newest: FrameBuffer | None = None
        self._stamp: FrameStamp | None = None  # of the frame in _newest; None once it is taken
        self._clock = EventClock()
        self.dropped = 0
        self.on_drop: OnDrop = lambda stamp, why: None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames, px; known once open."""
        return self._size

    @property
    def ending(self) -> str:
        """Why it ended, in words."""
        return f"{self._settings.label}: closed"

    def open(self) -> None:
        """Connect, and wait until the first frame's size is known."""
        self.close()
        self._stopping = False
        self._lost = None
        self._size = (0, 0)
        self.dropped = 0
        self._thread = threading.Thread(target=self._follow, name="capture", daemon=True)
        self._thread.start()
        with self._changed:
            self._changed.wait_for(
                lambda: self._size != (0, 0) or self._lost or self._stopping,
                OPEN_TIMEOUT_S + self._settings.stall_s,
            )
            if self._size == (0, 0):
                raise self._lost or SourceLostError(
                    f"{self._settings.label}: was not opened in time"
                )

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        """Wait for a frame newer than the last one read."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._stamp or self._lost or self._stopping, self._settings.stall_s
            )
            if self._stopping:
                return None
            if self._stamp is None or self._newest is None:
                raise self._lost or SourceLostError(
                    f"{self._settings.label}: gave no frame for {self._settings.stall_s:g} s"
                )
            stamp, self._stamp = self._stamp, None
            if into.size != self._newest.size:
                raise SourceLostError(f"{self._settings.label}: changed its frame size")
            into.pixels[:] = self._newest.pixels
            self._newest.wipe()
            return stamp

    def interrupt(self) -> None:
        """End a wait for a frame, and let the capture go."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def close(self) -> None:
        """Release the capture; waits for a read in progress, at most about ``stall_s``."""
        self.interrupt()
        if self._thread is not None:
            self._thread.join(OPEN_TIMEOUT_S + self._settings.stall_s)
            self._thread = None
        self._stamp = None
        if self._newest is not None:
            self._newest.wipe()

    def _follow(self) -> None:
        """Body of the thread: connect, then take frames until something ends it."""
        capture: Capture | None = None
        problem: SourceError | None = None
        try:
            capture = self._open_capture(self._settings)
            self._take_frames(capture)
        except SourceError as error:
            problem = error
        except cv2.error as error:
            problem = SourceLostError(f"{self._settings.label}: {' '.join(str(error).split())}")
        finally:
            if capture is not None:
                capture.release()
            with self._changed:
                self._lost = problem
                self._stopping = self._stopping or problem is None
                self._stamp = None
                if self._newest is not None:
                    self._newest.wipe()
                self._changed.notify_all()

    def _take_frames(self, capture: Capture) -> None:
        label = self._settings.label
        if not capture.isOpened():
            raise SourceLostError(f"{label}: {why_not_open(self._settings)}")
        size = check_size(
            label,
            int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        with self._changed:
            if self._newest is None or self._newest.size != size:
                self._newest = FrameBuffer(*size)
            self._size = size
            self._changed.notify_all()
        self._clock.reopen()
        pace = EvenPace(self._settings.fps)
        stream = StreamClock() if self._settings.kind == "rtsp" else None
        while not self._stopping:
            self._grab(capture)
            now_ns = taken_ns = time.monotonic_ns()
            if stream is not None:
                pts_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
                pts_ns = round(pts_ms * 1_000_000) if math.isfinite(pts_ms) else 0
                taken_ns = stream.taken_ns(pts_ns, now_ns)
            if pace.due(taken_ns):
                wall_ns = time.time_ns() - (now_ns - taken_ns)
                self._keep(capture, self._clock.stamp(wall_ns, taken_ns))

    def _grab(self, capture: Capture) -> None:
        """Wait for the next frame that the decoder takes; raises ``SourceLostError``."""
        since_s = time.monotonic()
        for failed in range(FAILED_GRABS):
            if capture.grab():
                for _ in range(failed):
                    self.on_drop(FrameStamp(0, 0), Dropped.UNDECODABLE)
                return
            if self._stopping or time.monotonic() - since_s >= self._settings.stall_s / 2:
                break
        raise SourceLostError(
            f"{self._settings.label}: ended or gave no frame for {self._settings.stall_s:g} s; "
            "check its power, cable and network"
        )

    def _keep(self, capture: Capture, stamp: FrameStamp) -> None:
        with self._changed:
            assert self._newest is not None
            try:
                decoded, image = capture.retrieve(self._newest.pixels)
            except cv2.error:  # so it says that a V4L2 device gave an empty or cut frame
                decoded, image = False, None
            if image is not None and image is not self._newest.pixels:
                image.fill(0)
                raise SourceLostError(
                    f"{self._settings.label}: changed its frame size to "
                    f"{image.shape[1]}x{image.shape[0]} px"
                )
            if not decoded:
                self.on_drop(stamp, Dropped.UNDECODABLE)
                return
            if self._stamp is not None:
                self.dropped += 1
            self._stamp = stamp
            self._changed.notify_all()
