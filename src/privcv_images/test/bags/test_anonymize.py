# SPDX-License-Identifier: Apache-2.0
"""A bag comes out with nobody in its images and everything else as it was, to the byte."""

import itertools
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import Reader, StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from scripted_finder import WhiteSquareFinder, picture

from privcv_core.errors import SettingsError
from privcv_images.bags.anonymize import BagAnonymizer
from privcv_images.bags.image_cdr import COMPRESSED, RAW, take_apart
from privcv_images.bags.pixels import CHANNELS
from privcv_images.errors import ImagesError
from privcv_images.hiding import stream
from privcv_images.recordings.settings import ImagesSettings
from privcv_perception.detection.settings import DetectorSettings

S = 10**9
STORAGES = ("mcap", "sqlite3")
TYPES = get_typestore(Stores.ROS2_JAZZY)
ACME = "acme_msgs/msg/Lift"
TYPES.register(get_types_from_msg("string name\nfloat64[] heights\nuint8[16] id\n", ACME))
SETTINGS = ImagesSettings(people=DetectorSettings(kind="builtin"))
ZERO = QosTime(0, 0)
LATCHED = Qos(
    QosHistory.KEEP_LAST, 7, QosReliability.RELIABLE, QosDurability.TRANSIENT_LOCAL, ZERO, ZERO,
    QosLiveliness.AUTOMATIC, ZERO, False,
)  # fmt: skip


def make(kind: str, *values):
    return TYPES.types[kind](*values)


def header(index: int, frame_id: str = "camera_optical"):
    stamp = make("builtin_interfaces/msg/Time", 100 + index // 10, index % 10 * 10**8)
    return make("std_msgs/msg/Header", stamp, frame_id)


def raw(index: int, encoding: str = "bgr8", pad: int = 0, frame_id: str = "camera_optical"):
    frame = picture(index)
    channels = CHANNELS.get(encoding, 2)
    if encoding == "mono8":
        shown = frame[..., :1]
    elif encoding in ("rgb8", "rgba8"):
        shown = frame[..., ::-1]
    else:
        shown = frame
    if channels == 4:
        shown = np.concatenate((shown, np.full((*shown.shape[:2], 1), 255, np.uint8)), axis=2)
    if channels == 2:
        shown = frame[..., :2]
    height, width = frame.shape[:2]
    rows = np.zeros((height, width * channels + pad), np.uint8)
    rows[:, : width * channels] = shown.reshape(height, -1)
    return make(
        RAW, header(index, frame_id), height, width, encoding, 0, width * channels + pad,
        rows.reshape(-1),
    )  # fmt: skip


def jpeg(index: int, format: str = "bgr8; jpeg compressed bgr8", end: str = ".jpg"):
    _, data = cv2.imencode(end, picture(index))
    return make(COMPRESSED, header(index), format, data.reshape(-1))


def write(path: Path, storage: str, topics: dict, messages) -> Path:
    """``topics``: name to type and QoS; ``messages``: topic, time, message, byte order."""
    plugin = StoragePlugin.MCAP if storage == "mcap" else StoragePlugin.SQLITE3
    with Writer(path, version=9, storage_plugin=plugin) as writer:
        made = {
            name: writer.add_connection(name, kind, typestore=TYPES, offered_qos_profiles=qos)
            for name, (kind, qos) in topics.items()
        }
        for topic, time_ns, message, little in messages:
            kind = topics[topic][0]
            content = TYPES.serialize_cdr(message, kind, little_endian=little)
            writer.write(made[topic], time_ns, content)
    return path


def content_of(path: Path):
    """Connections (topic, type, definition, hash, QoS), and messages (topic, time, bytes)."""
    with Reader(path) as reader:
        connections = [
            (c.topic, c.msgtype, c.msgdef.data, c.digest, tuple(c.ext.offered_qos_profiles))
            for c in reader.connections
        ]
        return connections, [(c.topic, time, bytes(data)) for c, time, data in reader.messages()]


def anonymize(source, target, storage="", given=SETTINGS, fails=(), **options):
    make_finder: Any = lambda settings: WhiteSquareFinder(fails)  # noqa: E731
    made = BagAnonymizer(given, make_finder, **options)
    return made.run(source, target, storage)


def others(index: int):
    tf = make(
        "geometry_msgs/msg/TransformStamped", header(index, "map"), "base",
        make("geometry_msgs/msg/Transform", make("geometry_msgs/msg/Vector3", 1.0, index, 0.0),
             make("geometry_msgs/msg/Quaternion", 0.0, 0.0, 0.0, 1.0)),
    )  # fmt: skip
    yield "/tf", make("tf2_msgs/msg/TFMessage", [tf])
    yield (
        "/lift",
        make(ACME, f"lift {index}", np.arange(index, dtype=float), np.full(16, 7, np.uint8)),
    )
    yield "/talk", make("std_msgs/msg/String", "x" * index)


TOPICS = {
    "/camera/image_raw": (RAW, [LATCHED]),
    "/camera/image_raw/compressed": (COMPRESSED, []),
    "/tf": ("tf2_msgs/msg/TFMessage", [LATCHED, LATCHED._replace(depth=100)]),
    "/lift": (ACME, []),
    "/talk": ("std_msgs/msg/String", []),
    "/silent": ("std_msgs/msg/String", [LATCHED]),
}


def usual(frames: int = 70, encoding: str = "bgr8", pad: int = 0, little: bool = True):
    for index in range(frames):
        time_ns = 100 * S + index * S // 10 + 5
        yield "/camera/image_raw", time_ns, raw(index, encoding, pad), little
        yield "/camera/image_raw/compressed", time_ns, jpeg(index), little
        for topic, message in others(index):
            yield topic, time_ns + 1, message, little


def decoded(content, kind):
    image = take_apart(content, kind)
    if kind == COMPRESSED:
        return cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR)
    rows = np.frombuffer(image.data, np.uint8).reshape(image.height, image.step)
    channels = CHANNELS[image.encoding]
    return rows[:, : image.width * channels].reshape(image.height, image.width, channels)


@pytest.mark.parametrize(("storage", "into"), [*itertools.product(STORAGES, STORAGES)])
def test_all_but_pixels_is_as_it_was(tmp_path: Path, storage: str, into: str) -> None:
    source = write(tmp_path / "in", storage, TOPICS, usual())
    made = anonymize(source, tmp_path / "out", into)
    (given, before), (written, after) = content_of(source), content_of(tmp_path / "out")
    assert written == given
    assert [(topic, time) for topic, time, _ in after] == [(t, time) for t, time, _ in before]
    pixels = 0
    for (topic, _, old), (_, _, new) in zip(before, after, strict=True):
        kind = TOPICS[topic][0]
        if kind not in (RAW, COMPRESSED):
            assert new == old
            continue
        one, other = take_apart(old, kind), take_apart(new, kind)
        assert old[: one.offset - 4] == new[: other.offset - 4]  # header, sizes, encoding, step
        shown, original = decoded(new, kind), decoded(old, kind)
        assert not (shown > 240).all(axis=2).any()
        pixels += int((original > 240).all(axis=2).sum())
        if kind == RAW:
            far = np.s_[:25]
            assert (shown[far] == original[far]).all()
    assert pixels > 10_000  # somebody was there
    assert {name: tally.frames for name, tally in made.images.items()} == {
        "/camera/image_raw": 70, "/camera/image_raw/compressed": 70,
    }  # fmt: skip
    assert made.copied == {"/lift": 70, "/talk": 70, "/tf": 70}


@pytest.mark.parametrize("encoding", sorted(CHANNELS))
@pytest.mark.parametrize("little", [True, False])
def test_every_encoding_keeps_its_rows_order_and_other_pixels(tmp_path, encoding, little) -> None:
    frames = [
        ("/i", 100 * S + index, raw(index, encoding, pad=13, frame_id="c" * (index % 5)), little)
        for index in range(8, 14)
    ]
    source = write(tmp_path / "in", "mcap", {"/i": (RAW, [])}, frames)
    anonymize(source, tmp_path / "out")
    for (_, _, old), (_, _, new) in zip(
        content_of(source)[1], content_of(tmp_path / "out")[1], strict=True
    ):
        assert len(old) == len(new)
        assert take_apart(new, RAW) == replace(take_apart(old, RAW), cdr=new)
        shown, original = decoded(new, RAW), decoded(old, RAW)
        assert not (shown[..., :3] > 240).all(axis=2).any()
        assert (shown[:25] == original[:25]).all()
        # rosbags, which serialized it, reads it too.
        message = TYPES.deserialize_cdr(new, RAW)
        assert message.encoding == encoding


JUNK = st.one_of(
    st.tuples(st.just("/talk"), st.text(max_size=40).map(lambda t: make(
        "std_msgs/msg/String", t.replace("\0", "").encode("utf-8", "ignore").decode()))),
    st.tuples(st.just("/lift"), st.tuples(
        st.text("abc", max_size=9), st.lists(st.floats(allow_nan=False), max_size=5),
        st.binary(min_size=16, max_size=16)).map(lambda v: make(
            ACME, v[0], np.array(v[1], float), np.frombuffer(v[2], np.uint8)))),
    st.tuples(st.just("/camera/image_raw"), st.integers(0, 60).map(raw)),
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    stored=st.lists(st.tuples(JUNK, st.integers(0, 3), st.booleans()), max_size=12),
    storage=st.sampled_from(STORAGES),
    into=st.sampled_from(STORAGES),
)
def test_whatever_lies_in_a_bag_comes_out_in_its_order(tmp_path_factory, stored, storage, into):
    folder = tmp_path_factory.mktemp("bag")
    time_ns, messages = 100 * S, []
    for (topic, message), later, little in stored:
        time_ns += later
        messages.append((topic, time_ns, message, little))
    source = write(folder / "in", storage, TOPICS, messages)
    made = anonymize(source, folder / "out", into)
    (given_, before), (written, after) = content_of(source), content_of(folder / "out")
    assert written == given_
    withheld = sum(len(times) for t in made.images.values() for times in t.withheld.values())
    assert len(before) == len(after) + withheld
    rest = [one for one in before if one[0] != "/camera/image_raw"]
    assert [one for one in after if one[0] != "/camera/image_raw"] == rest


def test_a_frame_whose_detector_failed_is_withheld_and_told(tmp_path: Path) -> None:
    source = write(tmp_path / "in", "mcap", TOPICS, usual())
    made = anonymize(source, tmp_path / "out", fails=(103.0,))
    for name, tally in made.images.items():
        assert dict(tally.withheld) == {"detector": [103 * S]}, name
        times = [time for topic, time, _ in content_of(tmp_path / "out")[1] if topic == name]
        assert len(times) == 69
        assert 103 * S + 5 not in times


def test_an_image_that_cannot_be_read_is_withheld(tmp_path: Path) -> None:
    broken = make(COMPRESSED, header(1), "jpeg", np.frombuffer(b"\xff\xd8 no picture", np.uint8))
    short = make(RAW, header(2), 50, 50, "bgr8", 0, 150, np.zeros(99, np.uint8))
    topics = {"/c": (COMPRESSED, []), "/r": (RAW, [])}
    messages = [("/c", 5, broken, True), ("/r", 6, short, True)]
    made = anonymize(write(tmp_path / "in", "mcap", topics, messages), tmp_path / "out")
    assert not content_of(tmp_path / "out")[1]
    assert [set(tally.withheld) for tally in made.images.values()] == [{"undecodable"}] * 2


POINTS = make(
    "sensor_msgs/msg/PointCloud2", header(0), 1, 1, [], False, 1, 1, np.zeros(1, np.uint8), True
)
PACKET = "ffmpeg_image_transport_msgs/msg/FFMPEGPacket"
TYPES.register(get_types_from_msg("std_msgs/Header header\nstring encoding\nuint8[] data", PACKET))
NESTED = "acme_msgs/msg/Clip"
TYPES.register(
    {**get_types_from_msg("acme_msgs/Part[] parts", NESTED),
     **get_types_from_msg("uint16[640] row", "acme_msgs/msg/Part")}
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "message", "words"),
    [
        ("sensor_msgs/msg/PointCloud2", POINTS, "a point cloud"),
        (PACKET, make(PACKET, header(0), "h264", np.zeros(9, np.uint8)), "may be an image"),
        (NESTED, make(NESTED, [make("acme_msgs/msg/Part", np.zeros(640, np.uint16))]), "'row' of"),
        (RAW, raw(1, "16UC1"), "may be depth"),
        (COMPRESSED, jpeg(1, "16UC1; compressedDepth png"), "compressed depth"),
        (COMPRESSED, jpeg(1, "webp"), "format 'webp'"),
    ],
)
def test_what_may_show_people_is_refused_unless_it_is_kept(tmp_path, kind, message, words) -> None:
    source = write(tmp_path / "in", "mcap", {"/x": (kind, [])}, [("/x", 5, message, True)])
    with pytest.raises(ImagesError, match=words) as refused:
        anonymize(source, tmp_path / "out")
    assert "--keep /x" in str(refused.value)
    assert not (tmp_path / "out").exists()
    made = anonymize(source, tmp_path / "out", keep=["/x"])
    assert content_of(tmp_path / "out") == content_of(source)
    assert made.kept == ("/x",)


def test_a_topic_that_turns_into_depth_ends_the_copy(tmp_path: Path) -> None:
    messages = [("/i", 5, raw(1), True), ("/i", 6, raw(2, "16UC1"), True)]
    source = write(tmp_path / "in", "mcap", {"/i": (RAW, [])}, messages)
    with pytest.raises(ImagesError, match="may be depth"):
        anonymize(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_and_a_topic_to_keep_has_to_be_there(tmp_path: Path) -> None:
    source = write(tmp_path / "in", "mcap", TOPICS, usual(5))
    with pytest.raises(ImagesError, match="exists already"):
        anonymize(source, source)
    with pytest.raises(ImagesError, match="--keep /camra: holds"):
        anonymize(source, tmp_path / "out", keep=["/camra"])
    with pytest.raises(ImagesError, match="no such bag"):
        anonymize(tmp_path / "none", tmp_path / "out")


@pytest.mark.parametrize("storage", STORAGES)
def test_a_second_run_gives_the_same_bytes(tmp_path: Path, storage: str) -> None:
    source = write(tmp_path / "in", storage, TOPICS, usual(30))
    for name in ("a", "b"):
        anonymize(source, tmp_path / name / "out")
    files = sorted((tmp_path / "a" / "out").iterdir())
    assert len(files) == 2
    for file in files:
        assert file.read_bytes() == (tmp_path / "b" / "out" / file.name).read_bytes()


def test_a_weak_bag_is_labelled(tmp_path: Path) -> None:
    source = write(tmp_path / "in", "mcap", TOPICS, usual(20))
    weak = SETTINGS.model_validate({**SETTINGS.model_dump(), "redaction": {"kind": "pixelate"}})
    with pytest.raises(SettingsError, match="--weak"):
        anonymize(source, tmp_path / "out", given=weak)
    made = anonymize(source, tmp_path / "out", given=weak, weak=True)
    assert not made.anonymous
    assert "NOT ANONYMOUS" in (tmp_path / "out" / "metadata.yaml").read_text()
    compressed = [d for t, _, d in content_of(tmp_path / "out")[1] if t.endswith("compressed")]
    assert all(b"NOT ANONYMOUS" in content for content in compressed)


def test_memory_does_not_grow_with_the_bag(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(stream, "SEGMENT", 30)
    monkeypatch.setattr(stream, "AROUND", 10)
    peaks = []
    for length in (50, 120, 240):  # the first loads what is loaded once
        frames = (("/i", 100 * S + i * S // 10, raw(i % 60), True) for i in range(length))
        source = write(tmp_path / f"in{length}", "mcap", {"/i": (RAW, [])}, frames)
        tracemalloc.start()
        anonymize(source, tmp_path / f"out{length}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    images = 120 * 160 * 120 * 3
    assert peaks[2] - peaks[1] < images / 4
