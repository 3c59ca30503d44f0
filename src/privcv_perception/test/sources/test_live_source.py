# SPDX-License-Identifier: Apache-2.0
"""A live camera gives its newest frame, never a backlog, and says why it is lost."""

import threading
import time
from typing import Any

import numpy as np
import pytest

from privcv_perception.errors import SourceError, SourceLostError
from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.frames.dropped import Dropped
from privcv_perception.sources import SourceSettings
from privcv_perception.sources.event_clock import EvenPace, EventClock
from privcv_perception.sources.live import LiveSource

SIZE = (64, 48)
SETTINGS = SourceSettings(kind="rtsp", uri="rtsp://u:p@camera/live", stall_s=0.5)


class FakeCamera:
    """A capture whose frame n is n everywhere; the test lets each frame come."""

    def __init__(self, opened: bool = True, size: tuple[int, int] = SIZE) -> None:
        self.opened, self.size = opened, size
        self.frames = threading.Semaphore(0)
        self.idle = threading.Event()  # it waits for the next frame to come
        self.ended = self.released = False
        self.count = self.broken = 0
        self.later_size: tuple[int, int] | None = None

    def isOpened(self) -> bool:
        return self.opened

    def get(self, property: int) -> float:
        return float({0: 0, 3: self.size[0], 4: self.size[1]}[property])

    def set(self, property: int, value: float) -> bool:
        return False

    def grab(self) -> bool:
        if self.ended:
            return False
        if self.broken:
            self.broken -= 1
            return False
        if not self.frames.acquire(blocking=False):
            self.idle.set()
            self.frames.acquire()
        self.count += 1
        return not self.ended

    def retrieve(self, image: np.ndarray) -> tuple[bool, np.ndarray]:
        if self.later_size is not None:
            return True, np.ones((*self.later_size[::-1], 3), np.uint8)
        image.fill(self.count)
        return True, image

    def release(self) -> None:
        self.released = True

    def show(self, frames: int) -> None:
        """Let frames come, and wait until they were taken."""
        for _ in range(frames):
            self.idle.clear()
            self.frames.release()
            assert self.idle.wait(5)

    def end(self) -> None:
        self.ended = True
        self.frames.release()


def opened(camera: FakeCamera, settings: SourceSettings = SETTINGS) -> LiveSource:
    source = LiveSource(settings, lambda _: camera)
    source.open()
    assert camera.idle.wait(5)
    return source


def test_a_slow_reader_gets_the_newest_frame_and_the_others_are_counted():
    camera = FakeCamera()
    source = opened(camera)
    frame = FrameBuffer(*SIZE)
    camera.show(1)
    first = source.read(frame)
    assert (frame.pixels == 1).all()
    camera.show(5)
    second = source.read(frame)
    assert (frame.pixels == 6).all()
    assert first is not None
    assert second is not None
    assert (first.index, second.index, source.dropped) == (0, 5, 4)
    assert second.time_ns > first.time_ns
    assert abs(second.time_ns - time.time_ns()) < 60e9
    camera.end()
    source.close()
    assert camera.released


def test_nothing_stays_in_the_source_after_a_read():
    camera = FakeCamera()
    source = opened(camera)
    camera.show(1)
    source.read(FrameBuffer(*SIZE))
    assert source._newest is not None
    assert not source._newest.pixels.any()
    camera.end()
    source.close()


def test_a_camera_that_vanishes_is_an_error_that_says_so_without_the_password():
    camera = FakeCamera()
    source = opened(camera)
    camera.end()
    with pytest.raises(
        SourceLostError, match=r"rtsp://\*\*\*@camera/\*\*\*: ended or gave no frame"
    ):
        source.read(FrameBuffer(*SIZE))
    source.close()
    assert camera.released


def test_a_camera_that_hangs_is_lost_after_the_stall_time():
    camera = FakeCamera()
    source = opened(camera)
    with pytest.raises(SourceLostError, match=r"no frame for 0\.5 s"):
        source.read(FrameBuffer(*SIZE))
    camera.end()
    source.close()


def test_what_cannot_be_opened_says_what_to_check():
    with pytest.raises(SourceLostError, match="cannot be opened; check address"):
        LiveSource(SETTINGS, lambda _: FakeCamera(opened=False)).open()
    device = SourceSettings(kind="v4l2", uri="/dev/video99")
    with pytest.raises(SourceLostError, match=r"/dev/video99: cannot be opened.*group 'video'"):
        LiveSource(device).open()


def test_a_camera_of_one_pixel_is_refused_for_good():
    with pytest.raises(SourceError, match="too small") as caught:
        LiveSource(SETTINGS, lambda _: FakeCamera(size=(1, 1))).open()
    assert not isinstance(caught.value, SourceLostError)


def test_a_change_of_size_ends_the_stream_so_that_it_is_opened_anew():
    camera = FakeCamera()
    source = opened(camera)
    camera.later_size = (32, 32)
    camera.frames.release()
    with pytest.raises(SourceLostError, match="changed its frame size to 32x32"):
        source.read(FrameBuffer(*SIZE))
    source.close()


def test_an_interrupt_ends_a_wait():
    camera = FakeCamera()
    source = opened(camera, SETTINGS.model_copy(update={"stall_s": 60.0}))
    result: list[Any] = []
    reader = threading.Thread(target=lambda: result.append(source.read(FrameBuffer(*SIZE))))
    reader.start()
    source.interrupt()
    reader.join(5)
    assert result == [None]
    camera.end()
    source.close()


@pytest.mark.parametrize(
    ("camera_fps", "wanted", "expected"), [(25, 10, 10), (30, 10, 10), (10, 10, 10), (8, 10, 8)]
)
def test_at_most_so_many_frames_a_second_evenly_spaced(camera_fps, wanted, expected):
    pace = EvenPace(wanted)
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, camera_fps * 10) / camera_fps
    times = [round((i / camera_fps + noise[i] + 5) * 1e9) for i in range(camera_fps * 10)]
    taken = [t for t in times if pace.due(t)]
    assert abs(len(taken) - expected * 10) <= 2
    assert max(np.diff(taken)) < 2.1e9 / expected


S = 10**9


@pytest.mark.parametrize("step_s", [-60, 60, -19_800, 365 * 86_400, -2])
def test_a_clock_that_was_set_is_followed_once_after_two_seconds(step_s):
    clock = EventClock()
    before = [clock.stamp(1000 * S + t, t) for t in range(0, 5 * S, S // 10)]
    after = [clock.stamp((1000 + step_s) * S + t, t) for t in range(5 * S, 10 * S, S // 10)]
    assert [stamp.time_ns - 1000 * S for stamp in before] == list(range(0, 5 * S, S // 10))
    eras = [stamp.era for stamp in after]
    assert eras == [0] * 20 + [1] * 30
    for stamp, t in zip(after, range(5 * S, 10 * S, S // 10), strict=True):
        assert stamp.time_ns == (1000 + step_s * stamp.era) * S + t


def test_a_clock_that_is_wrong_for_a_moment_changes_nothing():
    clock = EventClock()
    for t in range(0, 60 * S, S // 10):
        wrong = (t // S) % 3 == 1  # for a second, again and again
        stamp = clock.stamp((1000 + 500 * wrong) * S + t, t)
        assert (stamp.era, stamp.time_ns) == (0, 1000 * S + t)


def test_a_camera_that_was_opened_again_keeps_its_time_and_counts_from_0():
    clock = EventClock()
    clock.stamp(1000 * S, 0)
    clock.reopen()
    stamp = clock.stamp(400 * S, 10 * S)  # the clock was set meanwhile
    assert (stamp.index, stamp.time_ns, stamp.era) == (0, 1010 * S, 0)
    assert clock.stamp(402 * S, 12 * S).era == 1


def test_a_grab_that_failed_is_a_frame_dropped_and_told_and_not_the_end():
    camera = FakeCamera()
    camera.broken = 5
    source = LiveSource(SETTINGS, lambda _: camera)
    told: list[Dropped] = []
    source.on_drop = lambda stamp, why: told.append(why)
    source.open()
    camera.frames.release()
    assert source.read(FrameBuffer(*SIZE)) is not None
    assert told == [Dropped.UNDECODABLE] * 5
    camera.end()
    source.close()
