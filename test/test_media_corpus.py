# SPDX-License-Identifier: Apache-2.0
"""A corpus of what cameras, drivers and editors write, through every command that reads it.

Whatever comes in: no traceback, no hang, no process left, no secret told, no silent 0. The quick
part is in every test run; ``long`` runs the graph on each kind.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import pytest
import yaml
from commands import BAD_INPUT, CommandRun, judge, run_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from media import break_frames, picture, write_clip, write_turned, write_with_times
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from privcv_bringup.replay.bag import IMAGE_TYPES, BagReader
from privcv_perception.camera.loop import CameraLoop
from privcv_perception.detection.detector import Detections
from privcv_perception.frames.buffers import FrameStamp
from privcv_perception.frames.dropped import Dropped
from privcv_perception.sources.settings import SourceSettings
from privcv_perception.sources.topic import TopicSource

CANARY = "c4n4ry-of-a-password"
LONG = bool(os.environ.get("PRIVCV_LONG"))
ENDS_WITHIN_S = 60.0
"""On a machine under load; a bad input ends in a fraction of it."""
S = 10**9
START_NS = 1_769_846_400 * S
TICKS = [0, 4, 8, 70, 74, 300, 301, 900, 910, 911, 1500]
SIZE = (160, 120)
TYPES = get_typestore(Stores.ROS2_JAZZY)


@dataclass(frozen=True)
class Clip:
    """A clip of the corpus: how it is made, and how many frames it holds; 0: it is none."""

    make: Callable[[Path], Path]
    frames: int


def cut(path: Path, share: float) -> Path:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


def text(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def joined(path: Path, parts: int) -> Path:
    """Recordings one after the other, as the hours of a recorder put together."""
    part = write_clip(path, 30, "mp4v", 12.5).read_bytes()
    return text(path, part * parts)


def overwritten(path: Path) -> Path:
    """An MP4 whose index is whole and whose frames are not."""
    content = bytearray(write_clip(path, 20, "mp4v").read_bytes())
    begin, end = content.index(b"mdat") + 4, content.rindex(b"moov") - 4
    content[begin:end] = b"\x55" * (end - begin)
    return text(path, bytes(content))


def noise(path: Path) -> Path:
    return text(path, random.Random(3).randbytes(50_000))


VIDEOS = {
    "even.avi": Clip(lambda p: write_clip(p, 30), 30),
    "even.ts": Clip(lambda p: write_clip(p, 30, "mp4v", 12.5), 30),
    "variable.mp4": Clip(lambda p: write_with_times(p, TICKS), 11),
    "variable.mkv": Clip(lambda p: write_with_times(p, TICKS), 11),
    "variable.webm": Clip(lambda p: write_with_times(p, TICKS), 11),
    "broken.avi": Clip(lambda p: break_frames(write_clip(p, 40), {0, 5, 6, 39}), 36),
    "unreadable.avi": Clip(lambda p: break_frames(write_clip(p, 10), range(10)), 0),
    "turned.mp4": Clip(lambda p: write_turned(p, 90, 10), 10),
    "half.avi": Clip(lambda p: cut(write_clip(p, 60, size=SIZE), 0.5), -1),
    "half.mp4": Clip(lambda p: cut(write_clip(p, 60, "mp4v", size=SIZE), 0.5), 0),
    "half.mkv": Clip(lambda p: cut(write_clip(p, 60, "MJPG", size=SIZE), 0.5), -1),
    "joined.ts": Clip(lambda p: joined(p, 3), 86),
    "overwritten.mp4": Clip(overwritten, 0),
    "picture.png": Clip(lambda p: text(p, cv2.imencode(".png", picture(90, SIZE))[1].tobytes()), 1),
    "one.avi": Clip(lambda p: write_clip(p, 1), 1),
    "tiny.avi": Clip(lambda p: write_clip(p, 3, size=(2, 2)), 0),
    "empty.mp4": Clip(lambda p: text(p, b""), 0),
    "page.mp4": Clip(lambda p: text(p, b"<html>404 not found</html>" * 50), 0),
    "noise.avi": Clip(noise, 0),
    "head.avi": Clip(lambda p: text(p, write_clip(p, 5).read_bytes()[:300]), 0),
}
"""Name: clip; -1: some frames."""
QUICK_VIDEOS = {"broken.avi", "turned.mp4", "half.mp4"}
EACH_VIDEO = [
    name if name in QUICK_VIDEOS else pytest.param(name, marks=pytest.mark.long)
    for name in sorted(VIDEOS)
]
"""In every test run some of them, in the long one all."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for name, clip in VIDEOS.items():
        clip.make(folder / name)
    return folder


@pytest.mark.parametrize("name", EACH_VIDEO)
def test_a_clip_is_tracked_to_its_last_frame_or_refused_in_one_line(
    corpus: Path, name: str, tmp_path: Path
) -> None:
    run = run_command("track", corpus / name, folder=tmp_path, timeout_s=ENDS_WITHIN_S)
    judge(run)
    _check_frames(run, VIDEOS[name].frames, "frames, ")


@pytest.mark.parametrize("name", EACH_VIDEO)
def test_a_bag_is_made_of_each_frame_or_of_none_in_one_line(
    corpus: Path, name: str, tmp_path: Path
) -> None:
    run = run_command("bag", corpus / name, "-o", "bag", folder=tmp_path, timeout_s=ENDS_WITHIN_S)
    judge(run)
    _check_frames(run, VIDEOS[name].frames, " frames on ")
    assert (tmp_path / "bag").exists() == (run.status == 0)


@pytest.mark.parametrize("name", EACH_VIDEO)
def test_a_calibration_is_drawn_over_each_or_refused_in_one_line(
    corpus: Path, name: str, tmp_path: Path
) -> None:
    (tmp_path / "camera.yaml").write_text(yaml.safe_dump({"detector": {"kind": "builtin"}}))
    words = ("calibrate", "camera.yaml", "--video", corpus / name)
    run = run_command(*words, folder=tmp_path, timeout_s=ENDS_WITHIN_S)
    judge(run)
    assert run.status == (0 if VIDEOS[name].frames else BAD_INPUT), run.said
    assert (tmp_path / "floor.png").exists() == (run.status == 0)


def _check_frames(run: CommandRun, frames: int, words: str) -> None:
    if frames == 0:
        assert run.status == BAD_INPUT, run.said
        return
    assert run.status == 0, run.said
    line = next(line for line in run.said.splitlines() if words in line)
    count = int(line.split(words)[0].split()[-1].split("frames")[0] or 0)
    assert count == frames or (frames < 0 < count < 60), run.said


WRONG: list[tuple[Sequence[str | bytes], str]] = [
    (("track", b"caf\xe9.mp4"), "not UTF-8"),
    (("track", "missing.mp4"), "missing.mp4"),
    (("up", "latin.yaml"), "not UTF-8"),
    (("up", "surrogate.yaml"), "uri"),
    (("up", "zero_byte.yaml"), "zero byte"),
    (("up", "future.yaml"), "modified before 1970 or after 2037"),
    (("bag", "future.avi", "-o", "x"), "modified before 1970 or after 2037"),
    (("calibrate", "missing.yaml"), "missing.yaml"),
    (("replay", "missing_bag", "--site", "site.yaml"), "no such bag or video"),
    (("replay", "old.bag", "--site", "site.yaml"), "ROS 1"),
    (("replay", "old", "--site", "site.yaml"), "ROS 1"),
    (("replay", "no_bag", "--site", "site.yaml"), "cannot be read as a ROS 2 bag"),
    (("replay", "piped", "--site", "site.yaml"), "is a pipe"),
    (("replay", "pipe.mcap", "--site", "site.yaml"), "is a pipe"),
    (("plan", "site.yaml", "--bag", "piped"), "is a pipe"),
    (("track", "pipe.mcap"), "no such video file"),
    (("bag", "pipe.mcap", "-o", "x"), "there is no such video"),
    (("demo", "--video", "pipe.mcap"), "there is no such video"),
    (("up", "pipe.mcap"), "is not a regular file"),
    (("replay", "bag", "--site", "site.yaml", "--topic", "a b"), "must be a topic's name"),
    (("replay", "bag", "--site", "site.yaml", "--topic", "/no/such"), "name one image topic"),
    (("replay", "bag", "--site", "site.yaml", "--camera", "nobody"), "has the cameras"),
    (("replay", "bag", "--camera", "a b", "--topic", "/x", "--lock-step"), "must be a topic's"),
    (("replay", "bag", "--site", "late.yaml"), "between 1970 and 2037"),
    (("up", "late.yaml"), "between 1970 and 2037"),
    (("graph", "topic.yaml"), "must be a topic's name"),
    (("up", "topic.yaml"), "must be a topic's name"),
    (("up", "old.yaml"), "between 1970 and 2037"),
    (("bag", "even.avi", "-o", "x", "--topic", "/a/1b"), "must be a topic's name"),
    (("bag", "even.avi", "-o", "x", "--start", "2040-01-01T00:00:00Z"), "between 1970 and 2037"),
    (("bag", "even.avi", "-o", "x", "--start", "1950-01-01T00:00:00Z"), "between 1970 and 2037"),
    (("bag", "even.avi", "-o", "x", "--start", "noon"), "must be 'file', 'now' or a time"),
    (("demo", "--video", "missing.mp4"), "there is no such video"),
    *(
        ((*command, value), "must be a")
        for command in (
            ("bag", "even.avi", "-o", "x", "--fps"),
            ("replay", "bag", "--site", "site.yaml", "--rate"),
            ("scene", "-o", "s", "--fps"),
            ("scene", "-o", "s", "--duration"),
            ("demo", "--duration"),
        )
        for value in ("-5", "nan", "inf", "0", "1e999", "ten")
    ),
    *((("scene", "-o", "s", "--people", value), "must be a") for value in ("-5", "nan", "inf")),
    *((("scene", "-o", "s", "--seed", value), "must be a") for value in ("-5", "nan", "1.5")),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bag, a site whose address holds the canary, and wrong ones beside them."""
    folder = tmp_path_factory.mktemp("desk")
    write_clip(folder / "even.avi", 30, size=SIZE)
    write_bag_of(folder / "bag", [(START_NS + i * S // 10, "good") for i in range(30)])
    (folder / "old.bag").write_bytes(b"#ROSBAG V2.0\n" + bytes(100))
    (folder / "old").write_bytes(b"#ROSBAG V2.0\n" + bytes(100))
    (folder / "no_bag").mkdir()
    (folder / "piped").mkdir()
    os.mkfifo(folder / "piped" / "metadata.yaml")
    os.mkfifo(folder / "pipe.mcap")
    write_site(folder / "site.yaml", {"kind": "rtsp", "uri": f"rtsp://me:{CANARY}@127.0.0.1:9/a"})
    (folder / "latin.yaml").write_bytes(b"site: caf\xe9\n")
    write_site(folder / "surrogate.yaml", {"kind": "file", "uri": "caf\udce9.avi"})
    write_site(folder / "zero_byte.yaml", {"kind": "file", "uri": "a\0b.avi"})
    write_clip(folder / "future.avi", 3, size=SIZE)
    os.utime(folder / "future.avi", (2_300_000_000, 2_300_000_000))
    write_site(folder / "future.yaml", {"kind": "file", "uri": "future.avi"})
    write_site(folder / "late.yaml", {"kind": "file", "uri": "even.avi", "start": "2040-01-01"})
    write_site(folder / "old.yaml", {"kind": "file", "uri": "even.avi", "start": "1960-01-01"})
    write_site(folder / "topic.yaml", {"kind": "topic", "uri": "/no topic"})
    return folder


def write_site(path: Path, source: dict[str, Any]) -> None:
    camera = {
        "source": source,
        "detector": {"kind": "builtin"},
        "authorization": {"required": False},
        "zones": {"all": {"polygon_m": [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]}},
    }
    privacy = {"unit": "person_window", "window_s": 10, "dwell_period_s": 60}
    site = {"site": "t", "state": "state", "cameras": {"c": camera}, "privacy": privacy}
    path.write_text(yaml.safe_dump(site))


EACH_WRONG = [
    number if number % 12 == 0 else pytest.param(number, marks=pytest.mark.long)
    for number in range(len(WRONG))
]


@pytest.mark.parametrize("number", EACH_WRONG)
def test_wrong_words_are_one_line_that_says_what_is_wrong(desk: Path, number: int) -> None:
    arguments, words = WRONG[number]
    run = run_command(*arguments, folder=desk, timeout_s=ENDS_WITHIN_S)
    judge(run, canary=CANARY, places=[desk], but=[desk / "site.yaml"])
    assert run.status == BAD_INPUT, run.said
    assert words in run.said


FAULTS = ("good", "broken", "empty", "other_size", "odd_encoding", "short", "no_time", "negative")


def image_message(fault: str, stamp_ns: int) -> tuple[Any, str]:
    """A message with ``fault`` and its type."""
    if fault == "no_time":
        stamp_ns = 0
    if fault == "negative":
        stamp_ns = -5 * S
    stamp = TYPES.types["builtin_interfaces/msg/Time"](stamp_ns // S, stamp_ns % S)
    header = TYPES.types["std_msgs/msg/Header"](stamp, "camera")
    image = picture(100, (80, 60) if fault == "other_size" else SIZE)
    height, width = image.shape[:2]
    data = image.reshape(-1)
    if fault == "empty":
        width = height = 0
    data = {"empty": data[:0], "short": data[:100], "broken": data[:7]}.get(fault, data)
    encoding = "odd" if fault == "odd_encoding" else "bgr8"
    kind = IMAGE_TYPES[0]
    message = TYPES.types[kind](header, height, width, encoding, 0, width * 3, data)
    return message, kind


def write_bag_of(
    path: Path, messages: Sequence[tuple[int, str]], storage: StoragePlugin = StoragePlugin.MCAP
) -> Path:
    """A bag of raw images: (stamp, ns; fault) of each."""
    with Writer(path, version=9, storage_plugin=storage) as writer:
        connection = writer.add_connection("/camera/image_raw", IMAGE_TYPES[0], typestore=TYPES)
        for index, (stamp_ns, fault) in enumerate(messages):
            message, kind = image_message(fault, stamp_ns)
            writer.write(connection, START_NS + index * S // 10, TYPES.serialize_cdr(message, kind))
    return path


class Nobody:
    """Finds nobody."""

    def detect(self, frame: Any, stamp_s: float) -> Detections:
        return Detections.from_rows([], [])

    def wipe(self) -> None:
        """Nothing to wipe."""

    def close(self) -> None:
        """Nothing to close."""


offsets = st.one_of(
    st.just(0),
    st.integers(-40, 40).map(lambda steps: steps * S // 10),
    st.integers(-(10**9) * S, 10**8 * S),
)
messages = st.lists(st.tuples(offsets, st.sampled_from(("good",) * 4 + FAULTS)), max_size=30)


@settings(
    max_examples=400 if LONG else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(given_messages=messages)
def test_any_bag_is_played_in_lock_step_with_one_answer_to_each_image(
    given_messages: list[tuple[int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    stamped = [
        (max(-(2**31) * S, min(START_NS + index * S // 10 + off_ns, (2**31 - 1) * S)), fault)
        for index, (off_ns, fault) in enumerate(given_messages)
    ]
    bag = write_bag_of(tmp_path_factory.mktemp("bag") / "bag", stamped)
    source_settings = SourceSettings(
        kind="topic", uri="/c/image_raw", replayed=True, stall_s=5.0, retry_first_s=0.1
    )
    source = TopicSource(source_settings)
    answered = threading.Semaphore(0)
    ended = threading.Event()
    answers: list[Dropped | None] = []

    def seen(stamp: FrameStamp, size: tuple[int, int], people: Detections) -> None:
        answers.append(None)
        answered.release()

    def dropped(stamp: FrameStamp, why: Dropped) -> None:
        answers.append(why)
        answered.release()

    loop = CameraLoop(
        source_settings, source, lambda size: Nobody(), seen, ended.set, None, dropped
    )
    loop.start()
    with BagReader(bag) as reader:
        played = 0
        while loop.status.state == "paused":
            pass
        for image in reader.images():
            source.offer(TYPES.deserialize_cdr(image.cdr, image.type))
            played += 1
            assert answered.acquire(timeout=10), f"image {played} was not answered: {answers}"
    source.end(played)
    assert ended.wait(10)
    status = loop.status
    assert played == len(stamped) == len(answers)
    assert status.frames == answers.count(None)
    closed = Counter(why for why in answers if why is not None)
    assert dict(status.dropped) == {why: n for why, n in closed.items() if why is not Dropped.LATE}
    if played and not status.frames:
        assert status.state == "failed"
        assert f"none of {played} frames could be used" in status.reason
    else:
        assert status.state == "ended"


ODD_BAGS: dict[str, list[tuple[int, str]]] = {
    "plain": [(START_NS + i * S // 10, "good") for i in range(60)],
    "zero": [(0, "no_time")] * 60,
    "repeated": [(START_NS + i // 2 * S // 5, "good") for i in range(60)],
    "back": [(START_NS + i % 30 * S // 10, "good") for i in range(60)],
    "swapped": [(START_NS + (i ^ 1) * S // 10, "good") for i in range(60)],
    "ten_years_ahead": [
        (START_NS + i * S // 10 + (10 * 365 * 86_400 * S if i == 20 else 0), "good")
        for i in range(60)
    ],
    "an_hour_ahead": [
        (START_NS + i * S // 10 + (3_600 * S if i == 20 else 0), "good") for i in range(60)
    ],
    "size_change": [
        (START_NS + i * S // 10, "good" if i < 30 else "other_size") for i in range(60)
    ],
    "odd_encoding": [(START_NS + i * S // 10, "odd_encoding") for i in range(60)],
    "one_empty": [(START_NS + i * S // 10, "empty" if i == 20 else "good") for i in range(60)],
    "all_broken": [(START_NS + i * S // 10, "broken") for i in range(60)],
    "no_image": [],
}
FAILING = {"zero", "odd_encoding", "all_broken", "no_image"}
QUICK = ("one_empty", "odd_encoding")


def check_replay(kind: str, tmp_path: Path, *how: str) -> None:
    write_bag_of(tmp_path / "bag", ODD_BAGS[kind])
    write_site(tmp_path / "site.yaml", {"kind": "rtsp", "uri": f"rtsp://me:{CANARY}@127.0.0.1:9/a"})
    words = ("replay", "bag", "--site", "site.yaml", *how)
    run = run_command(*words, folder=tmp_path, timeout_s=120.0)
    judge(run, canary=CANARY, places=[tmp_path], but=[tmp_path / "site.yaml"])
    if kind in FAILING:
        assert run.status == 1, run.said
        assert "could be used" in run.said or "no image that can be read" in run.said
    else:
        assert run.status == 0, run.said
        _, _, told = run.said.partition("frames were used, dropped were ")
        reasons = [words for words in told.partition("\n")[0].split(", ") if words]
        if "--lock-step" not in how:  # a busy machine is too slow for five times the pace
            reasons = [words for words in reasons if "came too fast" not in words]
        assert bool(reasons) == (kind != "plain"), run.said


@pytest.mark.graph
@pytest.mark.parametrize("kind", QUICK)
def test_an_odd_bag_neither_stalls_a_replay_nor_passes_in_silence(
    kind: str, tmp_path: Path, ros_domain: int
) -> None:
    check_replay(kind, tmp_path, "--lock-step")


@pytest.mark.long
@pytest.mark.parametrize("how", [("--lock-step",), ("--rate", "5")], ids=["lock-step", "paced"])
@pytest.mark.parametrize("kind", sorted(ODD_BAGS))
def test_so_it_is_with_each_kind_of_bag(
    kind: str, how: tuple[str, ...], tmp_path: Path, ros_domain: int
) -> None:
    check_replay(kind, tmp_path, *how)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(VIDEOS))
def test_so_it_is_with_each_kind_of_clip(
    corpus: Path, name: str, tmp_path: Path, ros_domain: int
) -> None:
    write_site(tmp_path / "site.yaml", {"kind": "rtsp", "uri": f"rtsp://me:{CANARY}@127.0.0.1:9/a"})
    words = ("replay", corpus / name, "--site", "site.yaml", "--rate", "100")
    run = run_command(*words, folder=tmp_path, timeout_s=120.0)
    judge(run, canary=CANARY, places=[tmp_path], but=[tmp_path / "site.yaml"])
    assert (run.status == 0) == (VIDEOS[name].frames != 0), run.said


@pytest.mark.long
@pytest.mark.parametrize("name", ["broken.avi", "even.ts"])
def test_a_demo_reports_on_each(name: str, tmp_path: Path, ros_domain: int) -> None:
    codec = "MJPG" if name.endswith("avi") else "mp4v"
    clip = write_clip(tmp_path / name, 120, codec, size=(320, 240))
    if name == "broken.avi":
        break_frames(clip, {3, 4, 60})
    run = run_command("demo", "--video", name, "-o", "out", folder=tmp_path, timeout_s=240.0)
    judge(run)
    assert run.status == 0, run.said
    assert (tmp_path / "out" / "report.html").exists()


def test_the_clips_are_what_they_are_called(corpus: Path) -> None:
    """The corpus itself: what OpenCV alone makes of it, so that none is odd by mistake only."""
    for name, clip in VIDEOS.items():
        capture = cv2.VideoCapture(str(corpus / name))
        assert capture.read()[0] == (clip.frames != 0 or name == "tiny.avi") or name in (
            "broken.avi",
        ), name


def test_a_folder_whose_name_is_no_utf_8_is_one_line(corpus: Path, tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    run = run_command("bag", corpus / "even.avi", "-o", "bag", folder=folder)
    judge(run)
    assert (run.status, "is not UTF-8" in run.said) == (BAD_INPUT, True)


def test_a_link_into_such_a_folder_is_followed(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    write_clip(tmp_path / "clip.avi", 5).rename(folder / "clip.avi")
    (tmp_path / "link").symlink_to(folder)
    run = run_command("bag", "link/clip.avi", "-o", "bag", folder=tmp_path)
    judge(run)
    assert run.status == 0, run.said
