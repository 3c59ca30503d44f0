# SPDX-License-Identifier: Apache-2.0
"""Camera loop: read a frame, detect people in it, wipe it, hand on the detections.

Every frame is overwritten right after detection, before its result goes anywhere. A camera that
vanishes is opened again after a growing pause; what happened is in ``status``.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace

from privcv_core.errors import PrivcvError
from privcv_core.event_time.frame_times import FrameTime, FrameTimes
from privcv_core.masking import mask
from privcv_core.node.refusals import Refusals
from privcv_core.protocol.timestamps import NS_PER_S, s_from_ns
from privcv_perception.camera.backoff import Backoff
from privcv_perception.camera.gate import AlwaysOpen, Gate
from privcv_perception.camera.status import CameraStatus, State
from privcv_perception.detection.detector import Detections, Detector
from privcv_perception.errors import BadFrameError, SourceLostError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.sources.settings import SourceSettings
from privcv_perception.sources.source import Source

Build = Callable[[tuple[int, int]], Detector]
Deliver = Callable[[FrameStamp, tuple[int, int], Detections], None]

LONGEST_JUMP_NS = 86_400 * NS_PER_S
"""A frame that is further ahead of the one before is a stray, until others confirm it."""

_ASK_AGAIN_S = 1.0
"""Pause between two questions to a gate that is closed, s."""


class CameraLoop:
    """Camera loop: one source and one detector on a thread of its own, from ``start`` to ``pause``.

    ``build_detector`` gets the size of the frames, (width, height) px, and is called once per
    size; ``deliver`` is called on the loop's thread with each frame's stamp, size and people, and
    ``ended`` once nothing follows. While ``gate`` is closed the camera is released.
    """

    def __init__(
        self,
        settings: SourceSettings,
        source: Source,
        build_detector: Build,
        deliver: Deliver,
        ended: Callable[[], None] = lambda: None,
        gate: Gate | None = None,
    ) -> None:
        self._settings = settings
        self._source = source
        self._build_detector = build_detector
        self._deliver = deliver
        self._ended = ended
        self._gate = gate or AlwaysOpen()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._status = CameraStatus()
        self._frame: FrameBuffer | None = None
        self._detector: Detector | None = None
        self._times = FrameTimes(LONGEST_JUMP_NS)
        self._refusals = Refusals(f"{settings.label}: frames refused")
        self._late_before = 0

    @property
    def status(self) -> CameraStatus:
        """A snapshot; from any thread."""
        return self._status

    def start(self) -> None:
        """Begin to take frames. Harmless while running."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stop.clear()
        self._times.restart()
        self._thread = threading.Thread(target=self.run, name="frames", daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """Stop, release the camera, and wipe everything that was seen, the empty scene too."""
        self._stop.set()
        self._source.interrupt()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._note("paused", "")

    def run(self) -> None:
        """Body of the thread; call it directly to run a file to its end on this thread."""
        try:
            self._run()
        except PrivcvError as error:
            self._fail(str(error))
        except Exception as error:
            self._fail(f"{type(error).__name__}: {error}")
            raise
        finally:
            self._forget("paused" if self._stop.is_set() else self._status.reason)
            if not self._stop.is_set():
                self._ended()

    def _run(self) -> None:
        """Until the end of the source or a pause, through losses and closed hours."""
        backoff = Backoff(self._settings.retry_first_s, self._settings.retry_longest_s)
        while not self._stop.is_set():
            if (why := self._gate.closed()) is not None:
                self._note("closed", why)
                self._stop.wait(_ASK_AGAIN_S)
                continue
            try:
                self._follow(backoff)
                self._note("ended", self._source.ending)
                return
            except _GateClosed as closed:
                self._forget(str(closed))
                self._note("closed", str(closed))
            except SourceLostError as error:
                pause_s = backoff.next_s()
                self._note("lost", f"{error}; trying again in {pause_s:.0f} s")
                self._count(reopened=1)
                self._stop.wait(pause_s)

    def _fail(self, reason: str) -> None:
        reason = mask(reason)
        self._note("failed", reason)
        with contextlib.suppress(PrivcvError):  # it may be the log itself that failed
            self._gate.failed(reason)

    def _forget(self, reason: str) -> None:
        """The source is released: overwrite what the detector knows of the scene too."""
        if self._detector is not None:
            self._detector.close()
        try:
            self._gate.stopped(reason)
        except PrivcvError as error:
            self._note("failed", str(error))

    def _follow(self, backoff: Backoff) -> None:
        """From one opening of the source to its end."""
        self._note("opening", "")
        self._late_before = self._status.late
        try:
            self._source.open()
            frame, detector = self._prepare(self._source.size)
            self._note("running", "")
            while not self._stop.is_set():
                try:
                    stamp = self._source.read(frame)
                    if stamp is None:
                        return
                    self._process(frame, detector, stamp)
                    backoff.reset()
                except BadFrameError as error:
                    frame.wipe()
                    self._count(bad=1)
                    self._refuse(str(error))
                self._status = replace(self._status, late=self._late_before + self._source.dropped)
        finally:
            self._source.close()
            if self._frame is not None:
                self._frame.wipe()

    def _prepare(self, size: tuple[int, int]) -> tuple[FrameBuffer, Detector]:
        if self._frame is None or self._frame.size != size:
            self._frame = FrameBuffer(*size)
            if self._detector is not None:
                self._detector.close()
            self._detector = self._build_detector(size)
        assert self._detector is not None
        self._status = replace(self._status, size=size)
        return self._frame, self._detector

    def _process(self, frame: FrameBuffer, detector: Detector, stamp: FrameStamp) -> None:
        try:
            if (why := self._gate.closed()) is not None:
                raise _GateClosed(why)
            self._gate.hide(frame.pixels)
            off_s = self._times.off_s(stamp.time_ns)
            if self._times.judge(stamp.time_ns, stamp.era) is FrameTime.STRAY:
                self._count(backwards=off_s <= 0, ahead=off_s > 0)
                self._refuse(f"time is off by {off_s:.3f} s; it is followed once it goes on so")
                return
            people = _detect(detector, frame, stamp.index, s_from_ns(self._times.steady_ns))
        finally:
            frame.wipe()
            detector.wipe()
        self._gate.looked()
        self._count(frames=1)
        self._refusals.accept()
        if self._status.reason:
            self._note("running", "")
        self._deliver(replace(stamp, era=self._times.steps), frame.size, people)

    def _refuse(self, why: str) -> None:
        self._refusals.refuse(why)
        self._note("running", self._refusals.warning or "")

    def _note(self, state: State, reason: str) -> None:
        self._status = replace(self._status, state=state, reason=mask(reason))

    def _count(
        self,
        frames: int = 0,
        bad: int = 0,
        backwards: int = 0,
        ahead: int = 0,
        reopened: int = 0,
    ) -> None:
        now = self._status
        self._status = replace(
            now,
            frames=now.frames + frames,
            bad=now.bad + bad,
            backwards=now.backwards + backwards,
            ahead=now.ahead + ahead,
            reopened=now.reopened + reopened,
        )


def _detect(detector: Detector, frame: FrameBuffer, index: int, steady_s: float) -> Detections:
    """``steady_s``: event time that no setting of a clock changes, for the detector's memory."""
    try:
        return detector.detect(frame.pixels, steady_s)
    except Exception as error:  # whatever a model, OpenCV or a provider raises on odd pixels
        raise BadFrameError(
            f"frame {index} could not be looked at: {type(error).__name__}: {error}"
        ) from error


class _GateClosed(PrivcvError):
    """The camera must not be used any longer."""
