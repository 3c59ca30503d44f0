# SPDX-License-Identifier: Apache-2.0
"""Anybody may publish on an image topic: no message ends a camera, each costs one frame at most."""

import copy
import threading
from array import array
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from waiting import wait_until

from privcv_perception.camera.loop import CameraLoop
from privcv_perception.detection.detector import Detections
from privcv_perception.errors import BadFrameError, OtherSizeError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.frames.dropped import Dropped
from privcv_perception.sources import SourceSettings
from privcv_perception.sources.image_header import stated_size
from privcv_perception.sources.image_message import image_size, message_to_frame
from privcv_perception.sources.topic import TopicSource

SIZE = (64, 48)
SETTINGS = SourceSettings(kind="topic", uri="/lobby/image_raw", stall_s=0.5, retry_first_s=0.1)


def raw(second: float, size: tuple[int, int] = SIZE, **fields: Any) -> SimpleNamespace:
    """A ``sensor_msgs/Image``."""
    stamp = SimpleNamespace(sec=int(second), nanosec=round(second % 1 * 10**9))
    width, height = size
    if "data" not in fields:
        fields["data"] = array("B", bytes(3 * width * height))
    given = {
        "width": width, "height": height, "step": 3 * width, "encoding": "bgr8",
        "is_bigendian": 0,
    }  # fmt: skip
    return SimpleNamespace(header=SimpleNamespace(stamp=stamp), **{**given, **fields})


def jpeg(second: float, content: bytes | None = None, **fields: Any) -> SimpleNamespace:
    """A ``sensor_msgs/CompressedImage``."""
    stamp = SimpleNamespace(sec=int(second), nanosec=round(second % 1 * 10**9))
    good = cv2.imencode(".jpg", np.zeros((SIZE[1], SIZE[0], 3), np.uint8))[1].tobytes()
    data = array("B", good if content is None else content)
    given = {"format": "jpeg", "data": data}
    return SimpleNamespace(header=SimpleNamespace(stamp=stamp), **{**given, **fields})


def stamped(sec: int, nanosec: int) -> SimpleNamespace:
    message = raw(1)
    message.header.stamp = SimpleNamespace(sec=sec, nanosec=nanosec)
    return message


HUGE = (
    b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9"
)
BAD = [
    (raw(2, data=array("B")), Dropped.EMPTY),
    (jpeg(2, b""), Dropped.EMPTY),
    (raw(2, (0, 0), data=array("B"), step=0, encoding=""), Dropped.EMPTY),
    (jpeg(2, b"no picture at all"), Dropped.UNDECODABLE),
    (jpeg(2, HUGE), Dropped.SIZE),
    (jpeg(2, format="16UC1; compressedDepth"), Dropped.UNDECODABLE),
    (raw(2, encoding="no such encoding"), Dropped.ENCODING),
    (raw(2, data=array("B", bytes(100))), Dropped.UNDECODABLE),
    (raw(2, step=1), Dropped.UNDECODABLE),
    (raw(2, (16385, 20), data=array("B", bytes(30))), Dropped.SIZE),
    (raw(2, (65535, 65535), data=array("B", bytes(30))), Dropped.SIZE),
    (raw(2, (32, 24)), Dropped.SIZE),
    (stamped(0, 0), Dropped.NO_TIME),
    (stamped(-5, 0), Dropped.NO_TIME),
    (stamped(5, 4_000_000_000), Dropped.NO_TIME),
    (raw(0.5), Dropped.BEHIND),
    (raw(10 * 365 * 86_400), Dropped.AHEAD),
    (raw(3_600), Dropped.AHEAD),
]


class Nobody:
    """Finds nobody."""

    def detect(self, frame: np.ndarray, stamp_s: float) -> Detections:
        return Detections.from_rows([], [])

    def wipe(self) -> None:
        """Nothing to wipe."""

    def close(self) -> None:
        """Nothing to close."""


class Camera:
    """A camera loop on a topic; the test publishes and waits for the answer to each message."""

    def __init__(self, settings: SourceSettings = SETTINGS) -> None:
        self.source = TopicSource(settings)
        self.answers: list[tuple[FrameStamp, Dropped | None]] = []
        self.answered = threading.Semaphore(0)
        self.ended = threading.Event()
        self.sizes: list[tuple[int, int]] = []
        self.loop = CameraLoop(
            settings, self.source, self._build, self._seen, self.ended.set, None, self._dropped
        )

    def _build(self, size: tuple[int, int]) -> Nobody:
        self.sizes.append(size)
        return Nobody()

    def _seen(self, stamp: FrameStamp, size: tuple[int, int], people: Detections) -> None:
        self.answers.append((stamp, None))
        self.answered.release()

    def _dropped(self, stamp: FrameStamp, why: Dropped) -> None:
        self.answers.append((stamp, why))
        self.answered.release()

    def publish(self, message: Any) -> Dropped | None:
        """The answer: why it was dropped, None where it was used."""
        self.source.offer(message)
        assert self.answered.acquire(timeout=5), "no answer: whoever plays in lock-step stalls"
        stamp, why = self.answers[-1]
        expected_ns = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
        assert stamp.time_ns == expected_ns
        return why

    def start(self) -> None:
        self.loop.start()
        wait_until(lambda: self.loop.status.state in ("opening", "running"))


@pytest.mark.parametrize("kind", range(len(BAD)))
def test_a_bad_message_is_answered_counted_and_named_and_the_next_one_is_taken(kind: int):
    message, why = copy.deepcopy(BAD[kind][0]), BAD[kind][1]
    camera = Camera()
    camera.start()
    try:
        assert camera.publish(raw(1)) is None
        assert camera.publish(message) is why
        assert camera.loop.status.dropped == {why: 1}
        assert why is Dropped.SIZE or "frames refused" in camera.loop.status.reason
        assert camera.publish(raw(1.1)) is None
        assert camera.loop.status.state == "running"
    finally:
        camera.loop.pause()


@pytest.mark.parametrize("kind", range(len(BAD) - 3))
def test_so_it_is_where_the_bad_one_comes_first(kind: int):
    message, why = copy.deepcopy(BAD[kind][0]), BAD[kind][1]
    if message.__dict__.get("width") == 32:
        pytest.skip("a first frame may be of any size")
    camera = Camera()
    camera.start()
    try:
        assert camera.publish(message) is why
        assert camera.publish(raw(3)) is None
    finally:
        camera.loop.pause()


def test_a_message_of_two_pixels_comes_first_and_ends_nothing():
    camera = Camera()
    camera.start()
    try:
        assert camera.publish(raw(1, (2, 2))) is Dropped.SIZE
        assert camera.publish(raw(3)) is None
    finally:
        camera.loop.pause()


def test_a_change_of_size_is_followed_after_three_frames_and_by_no_single_one():
    camera = Camera()
    camera.start()
    try:
        answers = [
            camera.publish(raw(1 + index / 10, (128, 96) if index >= 3 else SIZE))
            for index in range(8)
        ]
        assert answers == [None] * 3 + [Dropped.SIZE] * 3 + [None] * 2
        assert camera.sizes == [SIZE, (128, 96)]
        assert camera.loop.status.reopened == 0
    finally:
        camera.loop.pause()


def test_only_the_word_of_the_replay_ends_it():
    camera = Camera()
    camera.start()
    camera.publish(raw(1))
    camera.publish(raw(2, data=array("B")))
    assert not camera.ended.wait(0.3)
    camera.source.end(2)
    assert camera.ended.wait(5)
    assert camera.loop.status.state == "ended"


def test_a_replay_of_which_no_frame_could_be_used_has_failed_for_that_reason():
    camera = Camera()
    camera.start()
    for index in range(4):
        assert camera.publish(raw(1 + index, encoding="bayer_odd8")) is Dropped.ENCODING
    camera.source.end(4)
    assert camera.ended.wait(5)
    status = camera.loop.status
    assert status.state == "failed"
    assert "none of 4 frames could be used" in status.reason
    assert "image encoding 'bayer_odd8' needs cv_bridge" in status.reason


def test_a_replay_without_a_message_ends():
    camera = Camera()
    camera.start()
    camera.source.end(0)
    assert camera.ended.wait(5)


def test_what_is_not_read_is_answered_too():
    source = TopicSource(SourceSettings(kind="topic", uri="/lobby/image_raw", fps=1.0))
    told: list[tuple[int, Dropped]] = []
    source.on_drop = lambda stamp, why: told.append((stamp.index, why))
    source.offer(raw(1))  # nobody has opened it
    opening = threading.Thread(target=source.open)
    opening.start()
    wait_until(lambda: not source._interrupted)
    source.offer(raw(2))
    opening.join(5)
    source.offer(raw(2.1))
    source.offer(raw(3.1))
    assert source.read(FrameBuffer(*SIZE)) == FrameStamp(3, 3_100_000_000)
    source.offer(raw(4.2))
    source.close()
    assert told == [
        (0, Dropped.CLOSED), (2, Dropped.PACED), (1, Dropped.LATE), (4, Dropped.CLOSED),
    ]  # fmt: skip
    assert source.dropped == 1


def test_a_stranger_s_header_takes_no_memory():
    source = TopicSource(SETTINGS)
    opening: list[BaseException] = []

    def run() -> None:
        try:
            source.open()
        except BadFrameError as error:
            opening.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: not source._interrupted)
    source.offer(raw(1, (16000, 16000), data=array("B", bytes(30))))
    thread.join(5)
    assert len(opening) == 1
    assert source.size == (0, 0)


def test_no_picture_is_decoded_to_learn_that_it_is_too_large(monkeypatch: pytest.MonkeyPatch):
    def decode(*arguments: object) -> None:
        pytest.fail("a few bytes would take gigabytes")

    monkeypatch.setattr(cv2, "imdecode", decode)
    assert image_size(jpeg(1, HUGE)) == (65535, 65535)
    with pytest.raises(OtherSizeError):
        message_to_frame(jpeg(1, HUGE), FrameBuffer(*SIZE))


@pytest.mark.parametrize("extension", [".jpg", ".png"])
@pytest.mark.parametrize("size", [(64, 48), (1, 1), (4000, 30), (17, 333)])
def test_the_size_that_a_header_states_is_that_of_the_picture(
    extension: str, size: tuple[int, int]
):
    content = cv2.imencode(extension, np.zeros((size[1], size[0], 3), np.uint8))[1]
    assert stated_size(content) == size
    for length in range(0, len(content), 7):
        assert stated_size(content[:length]) in (None, size)


def test_a_header_of_noise_states_nothing_or_something_and_ends():
    chance = np.random.default_rng(2)
    for start in (b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"):
        for _ in range(300):
            noise = chance.integers(0, 256, 40, np.uint8)
            stated_size(np.concatenate([np.frombuffer(start, np.uint8), noise]))
