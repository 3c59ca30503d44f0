# SPDX-License-Identifier: Apache-2.0
"""Live redactor: frames wait until it is known who was there a moment later, or are withheld.

Offline a plan looks back and ahead as far as the recording goes. Here it looks ahead by ``delay_s``
and back by ``past_s``, and is made anew as the window moves on, by the same rules. What it cannot
know is decided against the frame: after somebody was lost inside the picture nothing is published
for ``lost_s`` more. A jump in time, a change of size or a gap that is longer than ``hiding.fill_s``
ends the window, with all that waits in it; the next one shows nothing of its first ``lost_s``.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from privcv_core.protocol.timestamps import NS_PER_S, s_from_ns
from privcv_images.errors import ImagesError
from privcv_images.hiding.found import Found
from privcv_images.hiding.plan import plan_frames
from privcv_images.live.loose import carry_loose
from privcv_images.live.numbers import TrackNumbers
from privcv_images.live.reasons import LiveReason
from privcv_images.live.settings import LiveSettings
from privcv_images.recordings.finder import Finds
from privcv_images.recordings.scene_picture import SAMPLES, empty_scene
from privcv_images.redaction_registry import needs_scene
from privcv_images.redactions.redaction import Region
from privcv_images.redactions.scene import Scene
from privcv_perception.detection.detector import Detections, Frame, frame_size

T = TypeVar("T")


class Redacts(Protocol):
    """What ``Redactor`` does."""

    def redact(self, frame: Frame, regions: tuple[Region, ...], stamp_s: float) -> None:
        """Hide ``regions`` in ``frame``, in place."""


@dataclass
class _Seen(Generic[T]):
    """A frame that was looked at; ``frame`` is None once it was published or withheld."""

    stamp_ns: int
    found: Found
    token: T | None
    frame: Frame | None
    regions: tuple[Region, ...] = ()


class LiveRedactor(Generic[T]):
    """Live redactor of frames of one camera, one after the other, on one thread.

    ``publish`` gets what came with a frame and the frame without people, which is overwritten
    afterwards; it returns why it did not publish it, or None. ``make_redactor`` is called with the
    empty scene, or None where none is needed.
    """

    def __init__(
        self,
        settings: LiveSettings,
        finder: Finds,
        make_redactor: Callable[[Scene | None], Redacts],
        publish: Callable[[T, Frame], LiveReason | None],
    ) -> None:
        self._settings, self._finder = settings, finder
        self._make_redactor, self._publish = make_redactor, publish
        self._needs_scene = needs_scene(settings.redaction)
        self._redactor = None if self._needs_scene else make_redactor(None)
        self._window: deque[_Seen[T]] = deque()
        self._samples: list[tuple[int, Frame]] = []
        self._numbers = TrackNumbers()
        self._size = (0, 0)
        self._longest_gap_ns = self._ns(settings.hiding.fill_s)
        self._newest_ns: int | None = None
        self._looked_ns: int | None = None
        self._began_ns: int | None = None
        self._lost_ns: int | None = None
        self.published = 0
        self.withheld: Counter[LiveReason] = Counter()

    @property
    def has_scene(self) -> bool:
        """Whether it has the empty scene that it shows, where it needs one."""
        return self._redactor is not None

    def take(self, frame: Frame, stamp_ns: int, token: T) -> None:
        """Look at a frame, which is ours from now on, and publish those whose time has come.

        ``stamp_ns``: when it was taken. Whatever goes wrong, a frame that is not known to be
        without people is withheld.
        """
        newest = self._newest_ns
        if newest is not None and stamp_ns <= newest:
            self.withhold("late", frame)
            if newest - stamp_ns > self._longest_gap_ns:
                self.restart("time")  # a clock that was set back
            return
        if newest is not None and stamp_ns - newest > self._longest_gap_ns:
            self.restart("time")
        if frame_size(frame) != self._size:
            self.restart("size")
            self._size = frame_size(frame)
            self._samples.clear()
            if self._needs_scene:
                self._redactor = None
        self._newest_ns = stamp_ns
        if self._redactor is None:
            self._sample(frame, stamp_ns)
            return
        if sum(one.frame is not None for one in self._window) >= self._settings.most_held:
            self.withhold("full", frame)
            return
        found = self._found(frame, stamp_ns)
        if found.failed is None:
            if self._looked_ns is not None and stamp_ns - self._looked_ns > self._longest_gap_ns:
                self.restart("detector")  # nobody looked for so long: as if no frame had come
                self._newest_ns = stamp_ns
            self._looked_ns = stamp_ns
            if self._began_ns is None:
                self._began_ns = stamp_ns
        self._window.append(_Seen(stamp_ns, found, token, frame))
        self._publish_due()

    def withhold(self, reason: LiveReason, frame: Frame | None = None) -> None:
        """Overwrite ``frame``, and count it."""
        if frame is not None:
            frame.fill(0)
        self.withheld[reason] += 1

    def restart(self, reason: LiveReason) -> None:
        """Withhold all that waits, and begin with no past: what follows is another recording."""
        for one in self._window:
            if one.frame is not None:
                self.withhold(reason, one.frame)
        self._window.clear()
        self._newest_ns = self._looked_ns = self._began_ns = self._lost_ns = None
        self._finder.begin_anew()

    def _ns(self, seconds: float) -> int:
        return round(seconds * NS_PER_S)

    def _found(self, frame: Frame, stamp_ns: int) -> Found:
        stamp_s = s_from_ns(stamp_ns)
        try:
            return self._finder.find(frame, stamp_s)
        except Exception:  # of whatever looks: what is not known to be empty is withheld
            return Found(stamp_s, Detections.empty(), failed="detector")

    def _publish_due(self) -> None:
        """Plan the window, if a step has passed, and let go of what is behind the delay."""
        delay_ns, step_ns = self._ns(self._settings.delay_s), self._ns(self._settings.step_s)
        newest_ns = self._window[-1].stamp_ns
        oldest_ns = next(one.stamp_ns for one in self._window if one.frame is not None)
        if newest_ns - oldest_ns < delay_ns + step_ns:
            return
        found, hiding = [one.found for one in self._window], self._settings.hiding
        plans = plan_frames(found, self._size, hiding)
        loose = carry_loose(found, plans, self._size, hiding)
        regions = self._numbers.renumber(
            [(*plan.regions, *more) for plan, more in zip(plans, loose, strict=True)],
            [one.regions for one in self._window],
        )
        for one, plan, hidden in zip(self._window, plans, regions, strict=True):
            one.regions = hidden
            if one.frame is None or newest_ns - one.stamp_ns < delay_ns:
                continue
            self._let_go(one, self._reason(one.stamp_ns, plan.withheld))
        keep_ns = newest_ns - delay_ns - self._ns(self._settings.past_s)
        while self._window[0].stamp_ns < keep_ns and self._window[0].frame is None:
            self._window.popleft()

    def _reason(self, stamp_ns: int, planned: LiveReason | None) -> LiveReason | None:
        """Why a frame is withheld: by its ``planned`` reason, or because too little is known."""
        lost_ns = self._ns(self._settings.lost_s)
        is_lost = self._lost_ns is not None and stamp_ns - self._lost_ns <= lost_ns
        if planned == "ended" or (is_lost and planned == "detector"):
            self._lost_ns = stamp_ns  # frames that nobody looked at shorten no doubt
        if planned is not None:
            return planned
        if is_lost:
            return "ended"
        if self._began_ns is None or stamp_ns - self._began_ns < lost_ns:
            return "begun"
        return None

    def _let_go(self, one: _Seen[T], reason: LiveReason | None) -> None:
        """Publish a frame, or withhold it; nothing is kept of it either way."""
        frame, token = one.frame, one.token
        one.frame = one.token = None
        assert frame is not None
        assert token is not None
        if reason is not None:
            self.withhold(reason, frame)
            return
        try:
            assert self._redactor is not None
            self._redactor.redact(frame, one.regions, s_from_ns(one.stamp_ns))
        except Exception:  # of a library, ours or another's: half of it may be done
            self.withhold("redaction", frame)
            return
        try:
            refused = self._publish(token, frame)
        finally:
            frame.fill(0)
        if refused is None:
            self.published += 1
        else:
            self.withhold(refused)

    def _sample(self, frame: Frame, stamp_ns: int) -> None:
        """Keep the frame for the empty scene, and make that where it is time."""
        every_ns = self._ns(self._settings.scene_s) // SAMPLES
        begin_ns = self._samples[0][0] if self._samples else stamp_ns
        if stamp_ns - begin_ns >= len(self._samples) * every_ns:
            self._samples.append((stamp_ns, frame.copy()))
        self.withhold("scene", frame)
        if len(self._samples) < SAMPLES:
            return
        pictures = [sample for _, sample in self._samples]
        try:
            self._redactor = self._make_redactor(
                empty_scene(pictures, self._finder, self._settings)
            )
        except ImagesError:  # too much of it was never seen empty: other images may be better
            self._redactor = None
        finally:
            self._samples.clear()
            for picture in pictures:
                picture.fill(0)
            self._finder.begin_anew()
