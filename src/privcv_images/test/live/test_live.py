# SPDX-License-Identifier: Apache-2.0
"""A live stream bounds what it holds, keeps numbers of people, and says why it shows nothing."""

import threading

import numpy as np
import pytest
from live_messages import S, camera_info, image
from scripted_finder import WhiteSquareFinder, picture
from waiting import wait_until

from privcv_core.errors import SettingsError
from privcv_core.node.health import Level
from privcv_core.settings.model import parse_settings
from privcv_images.bags.image_cdr import RAW
from privcv_images.live.health import stream_health
from privcv_images.live.node_settings import StreamSettings, output_topics
from privcv_images.live.numbers import TrackNumbers
from privcv_images.live.settings import LiveSettings
from privcv_images.live.stream import LiveStream
from privcv_images.live.window import LiveRedactor
from privcv_images.live.worker import LiveWorker
from privcv_images.recordings.redactor import Redactor
from privcv_images.redactions.redaction import Region
from privcv_perception.detection.settings import DetectorSettings

PEOPLE = DetectorSettings(kind="builtin")


class OpenGate:
    def closed(self) -> str | None:
        return None

    def looked(self) -> None:
        pass


def redactor(shown: list, **given) -> LiveRedactor:
    settings = LiveSettings(people=PEOPLE, **given)

    def publish(token, frame):
        shown.append((token, frame.copy()))

    make = lambda scene: Redactor(settings, scene, weak=settings.weak)  # noqa: E731
    return LiveRedactor(settings, WhiteSquareFinder(), make, publish)


@pytest.mark.parametrize("rate_hz", [5, 10, 30])
def test_it_lags_by_its_delay_and_holds_no_more(rate_hz: int) -> None:
    shown: list = []
    live = redactor(shown, delay_s=1.2, step_s=0.2, lost_s=0.0)
    for index in range(4 * rate_hz):
        now_ns = 10 * S + index * S // rate_hz
        live.take(picture(index), now_ns, now_ns)
        waits = [one.stamp_ns for one in live._window if one.frame is not None]
        assert now_ns - waits[0] <= 1.4 * S + S // rate_hz
        assert all(now_ns - stamp_ns >= 1.2 * S for stamp_ns, _ in shown[-1:])
    stamps = [stamp_ns for stamp_ns, _ in shown]
    assert stamps == sorted(stamps)
    assert len(shown) > rate_hz


def test_memory_is_bounded_whatever_the_rate() -> None:
    live = redactor([], most_held=8)
    for index in range(200):
        live.take(picture(index), 10 * S + index * S // 100, index)
        assert sum(one.frame is not None for one in live._window) <= 8
    assert live.withheld["full"] > 50


def test_the_empty_scene_is_made_of_images_that_are_not_shown() -> None:
    shown: list = []
    live = redactor(shown, redaction={"kind": "background"}, scene_s=5, lost_s=0.4)
    for index in range(90):
        if index == 52:
            assert live.has_scene
        if index == 40:
            assert not live.has_scene
            assert live.withheld["scene"] == 40
        live.take(picture(index % 75), 10 * S + index * S // 10, index)
    assert shown
    empty = picture(person=False)
    for index, frame in shown:
        assert index > 41
        assert (np.abs(frame.astype(int) - empty) <= 2).all(), index


def test_a_camera_that_changes_size_needs_another_scene() -> None:
    live = redactor([], redaction={"kind": "background"}, scene_s=5)
    for index in range(60):
        live.take(picture(index), 10 * S + index * S // 10, index)
    assert live.has_scene
    live.take(picture(60, (200, 144)), 17 * S, 60)
    assert not live.has_scene


def body(left: int, track: int) -> Region:
    return Region("body", left, 10, left + 20, 60, track)


def test_people_keep_their_numbers_from_plan_to_plan() -> None:
    numbers = TrackNumbers()
    first = numbers.renumber([[body(0, 5), body(50, 2)], [body(2, 5), body(52, 2)]], [[], []])
    (left, right) = (region.track for region in first[0])
    assert left != right
    again = numbers.renumber(
        [[body(2, 0), body(52, 1)], [body(4, 0), body(54, 1), body(100, 7)]], [first[1], ()]
    )
    assert [region.track for region in again[0]] == [left, right]
    assert [region.track for region in again[1][:2]] == [left, right]
    assert again[1][2].track not in (left, right)
    later = numbers.renumber([[body(52, 3)]], [()])
    assert later[0][0].track > max(left, right, again[1][2].track)


def test_dp_colours_are_drawn_once_for_a_person_over_all_plans() -> None:
    shown: list = []
    live = redactor(shown, redaction={"kind": "mean"}, lost_s=0.0)
    for index in range(60):
        live.take(picture(index), 10 * S + index * S // 10, index)
    middles = [tuple(frame[65, 3 * index - 10]) for index, frame in shown if 20 < index < 40]
    assert len(middles) > 10
    assert len(set(middles)) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"delay_s": 0.3}, "delay_s: must be at least 0.5"),
        ({"redaction": {"kind": "p3", "custodian": "A" * 43}}, "p3 keeps a secret part"),
        ({"topic": "front image"}, "topic: must be a topic's name"),
    ],
)
def test_settings_that_cannot_be_are_refused(given: dict, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        parse_settings(StreamSettings, {"topic": "/front/image_raw", **given}, "redactions.front")


def test_topics_are_as_image_transport_has_them() -> None:
    for topic, info, shown in (
        ("/front/image_raw", "/front/camera_info", "redacted/image_raw"),
        ("/front/image_raw/compressed", "/front/camera_info", "redacted/image_raw/compressed"),
        ("image", "camera_info", "redacted/image_raw"),
    ):
        stream = StreamSettings(topic=topic)
        assert stream.camera_info_topic == info
        assert output_topics(stream.image_type) == (shown, "redacted/camera_info")


class Slow(WhiteSquareFinder):
    """Looks at an image only when it is let; or fails with what no finder may."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def find(self, frame, stamp_s):
        self.go.wait(30)
        return super().find(frame, stamp_s)


def worker(finder, publish, room: int = 4) -> LiveWorker:
    settings = LiveSettings(people=PEOPLE, lost_s=0.0)
    make = lambda scene: Redactor(settings, scene, weak=False)  # noqa: E731
    stream = LiveStream(settings, RAW, finder, make, OpenGate(), publish)
    return LiveWorker(stream, room, 60.0)


def test_a_full_queue_leaves_images_out_and_says_so() -> None:
    finder = Slow()
    made = worker(finder, lambda image, info: None)
    made.start()
    for index in range(30):
        made.offer_image(image(index, 10 * S + index * S // 10))
    assert made.left_out >= 20
    finder.go.set()
    made.stop()
    assert made._stream.received <= 10
    health = stream_health(made._stream, made, (), [])
    assert health.values["images left out for want of room"] == made.left_out


def test_where_publishing_fails_nothing_is_published_any_more() -> None:
    published = []

    def broken(image: bytes, info: bytes | None) -> None:
        published.append(image)
        raise RuntimeError("no publisher")

    made = worker(WhiteSquareFinder(), broken, 32)
    made.start()
    for index in range(40):
        made.offer_info(camera_info(10 * S + index * S // 10))
        made.offer_image(image(index, 10 * S + index * S // 10))
    wait_until(lambda: made.failure, 60)
    count = len(published)
    made.offer_image(image(50, 20 * S))
    made.stop()
    assert len(published) == count == 1
    health = stream_health(made._stream, made, (), [])
    assert health.level == Level.ERROR
    assert "nothing is published any more: RuntimeError" in health.message
    assert not any(one.frame is not None for one in made._stream.redactor._window)
