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
from privcv_core.event_time.frame_times import (
    CONFIRMING_FRAMES,
    LONGEST_JUMP_NS,
    FrameTime,
    FrameTimes,
    recorded_times,
)
from privcv_core.masking import mask
from privcv_core.node.refusals import Refusals
from privcv_core.protocol.timestamps import s_from_ns
from privcv_perception.camera.backoff import Backoff
from privcv_perception.camera.gate import AlwaysOpen, Gate
from privcv_perception.camera.status import CameraStatus, State
from privcv_perception.detection.detector import Detections, Detector
from privcv_perception.errors import BadFrameError, OtherSizeError, SourceError, SourceLostError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.frames.dropped import Dropped, OnDrop
from privcv_perception.sources.settings import SourceSettings
from privcv_perception.sources.source import Source, check_size

Build = Callable[[tuple[int, int]], Detector]
Deliver = Callable[[FrameStamp, tuple[int, int], Detections], None]

_ASK_AGAIN_S = 1.0
"""Pause between two questions to a gate that is closed, s."""


class CameraLoop:
    """Camera loop: one source and one detector on a thread of its own, from ``start`` to ``pause``.

    ``build_detector`` gets the size of the frames, (width, height) px, and is called once per
    size; ``deliver`` is called on the loop's thread with each frame's stamp, size and people, and
    ``ended`` once nothing follows. Each frame that came is either delivered or told to ``dropped``,
    with the reason, from any thread. While ``gate`` is closed the camera is released.
    """

    def __init__(
        self,
        settings: SourceSettings,
        source: Source,
        build_detector: Build,
        deliver: Deliver,
        ended: Callable[[], None] = lambda: None,
        gate: Gate | None = None,
        dropped: OnDrop = lambda stamp, why: None,
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
        # Cameras of our own have our stamps; those of a recording or a topic are somebody else's.
        is_ours = settings.kind in ("v4l2", "rtsp")
        self._times = FrameTimes(LONGEST_JUMP_NS) if is_ours else recorded_times()
        self._refusals: dict[Dropped, Refusals] = {}
        self._last_refusal = ""
        self._other_size: tuple[tuple[int, int], int] = ((0, 0), 0)  # size, frames in a row
        self._late_before = 0
        self._counting = threading.Lock()
        self._dropped = dropped
        source.on_drop = self._drop

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
                if self._source.is_over:
                    raise SourceError(f"{self._settings.label}: has ended unseen: {why}")
                self._note("closed", why)
                self._stop.wait(_ASK_AGAIN_S)
                continue
            try:
                self._follow(backoff)
                self._end()
                return
            except _GateClosed as closed:
                self._forget(str(closed))
                self._note("closed", str(closed))
            except SourceLostError as error:
                pause_s = backoff.next_s()
                self._note("lost", f"{error}; trying again in {pause_s:.0f} s")
                with self._counting:
                    self._status = replace(self._status, reopened=self._status.reopened + 1)
                self._stop.wait(pause_s)

    def _end(self) -> None:
        """Nothing follows. Raises ``SourceError`` where no frame of all that came could be used."""
        status = self._status
        if not self._stop.is_set() and not status.frames and status.worst is not None:
            count = sum(status.dropped.values())
            raise SourceError(
                f"{self._settings.label}: none of {count} frames could be used, "
                f"{status.dropped[status.worst]} of them {status.worst.value}: {self._last_refusal}"
            )
        self._note("ended", self._source.ending)

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
            if not self._open():
                return
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
                    self._refuse(error)
                    if isinstance(error, OtherSizeError) and self._is_new_size(error.size):
                        frame, detector = self._prepare(error.size)
                with self._counting:
                    late = self._late_before + self._source.dropped
                    self._status = replace(self._status, late=late)
        finally:
            self._source.close()
            if self._frame is not None:
                self._frame.wipe()

    def _open(self) -> bool:
        """Take the source, at its first frame that can be read; False where it ends before."""
        while not self._stop.is_set():
            if self._source.is_over:
                return False
            try:
                self._source.open()
                return True
            except BadFrameError as error:
                self._refuse(error)
        return False

    def _is_new_size(self, size: tuple[int, int]) -> bool:
        """Whether frames of another size go on for so long that they are what the camera gives."""
        before, count = self._other_size
        self._other_size = (size, count + 1 if size == before else 1)
        if self._other_size[1] < CONFIRMING_FRAMES:
            return False
        self._other_size = ((0, 0), 0)
        try:
            check_size(self._settings.label, *size)
        except SourceError:
            return False
        return True

    def _prepare(self, size: tuple[int, int]) -> tuple[FrameBuffer, Detector]:
        if self._frame is None or self._frame.size != size:
            self._frame = FrameBuffer(*size)
            if self._detector is not None:
                self._detector.close()
            self._detector = self._build_detector(size)
        assert self._detector is not None
        with self._counting:
            self._status = replace(self._status, size=size)
        return self._frame, self._detector

    def _process(self, frame: FrameBuffer, detector: Detector, stamp: FrameStamp) -> None:
        try:
            if (why := self._gate.closed()) is not None:
                self._drop(stamp, Dropped.CLOSED)
                raise _GateClosed(why)
            self._gate.hide(frame.pixels)
            off_s = self._times.off_s(stamp.time_ns)
            if self._times.judge(stamp.time_ns, stamp.era) is FrameTime.STRAY:
                raise BadFrameError(
                    f"time is off by {off_s:.3f} s; it is followed once it goes on so",
                    Dropped.AHEAD if off_s > 0 else Dropped.BEHIND,
                    stamp,
                )
            people = _detect(detector, frame, stamp, s_from_ns(self._times.steady_ns))
        finally:
            frame.wipe()
            detector.wipe()
        self._gate.looked()
        with self._counting:
            self._status = self._status.looked(getattr(detector, "doubt", ""))
        self._other_size = ((0, 0), 0)
        for refusals in self._refusals.values():
            refusals.accept()
        if self._status.reason:
            self._note("running", "")
        self._deliver(replace(stamp, era=self._times.steps), frame.size, people)

    def _refuse(self, error: BadFrameError) -> None:
        """A frame is dropped: count it, say so, answer."""
        why = error.kind or Dropped.UNDECODABLE
        if why not in self._refusals:
            self._refusals[why] = Refusals(f"{self._settings.label}: frames refused")
        self._last_refusal = str(error)
        self._refusals[why].refuse(str(error))
        self._note("running", self._refusals[why].warning or "")
        self._drop(error.stamp or FrameStamp(0, 0), why)

    def _drop(self, stamp: FrameStamp, why: Dropped) -> None:
        """Count a frame that is dropped, and answer; from any thread."""
        if why is not Dropped.LATE:  # those the source counts
            with self._counting:
                counts = {**self._status.dropped, why: self._status.dropped.get(why, 0) + 1}
                self._status = replace(self._status, dropped=counts)
        self._dropped(stamp, why)

    def _note(self, state: State, reason: str) -> None:
        with self._counting:
            self._status = replace(self._status, state=state, reason=mask(reason))


def _detect(
    detector: Detector, frame: FrameBuffer, stamp: FrameStamp, steady_s: float
) -> Detections:
    """``steady_s``: event time that no setting of a clock changes, for the detector's memory."""
    try:
        return detector.detect(frame.pixels, steady_s)
    except Exception as error:  # whatever a model, OpenCV or a provider raises on odd pixels
        raise BadFrameError(
            f"frame {stamp.index} could not be looked at: {type(error).__name__}: {error}",
            Dropped.UNDETECTED,
            stamp,
        ) from error


class _GateClosed(PrivcvError):
    """The camera must not be used any longer."""
