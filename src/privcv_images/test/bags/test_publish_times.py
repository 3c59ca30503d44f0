# SPDX-License-Identifier: Apache-2.0
"""Both times of an MCAP message come through: read here by the format, not by a library."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from live_messages import TYPES, S, camera_info, image
from rosbags.rosbag2 import Reader, StoragePlugin, Writer
from scripted_finder import WhiteSquareFinder

from privcv_images.bags.anonymize import BagAnonymizer
from privcv_images.bags.image_cdr import RAW
from privcv_images.recordings.settings import ImagesSettings

INFO = "sensor_msgs/msg/CameraInfo"
MESSAGE, CHUNK = 0x05, 0x06


def records(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    place = 0
    while place + 9 <= len(content):
        kind, length = struct.unpack_from("<BQ", content, place)
        yield kind, place + 9, content[place + 9 : place + 9 + length]
        place += 9 + length


def chunks(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Where the messages of each chunk begin, and they, uncompressed as rosbags writes them."""
    for kind, place, record in records(content[8:-8]):
        if kind == CHUNK:
            (length,) = struct.unpack_from("<I", record, 28)
            assert length == 0, "it is compressed"
            yield 8 + place + 40, record[40:]


def times(bag: Path) -> list[tuple[int, int, bytes]]:
    """Recorded, published and bytes of each message, in the order of the file."""
    (file,) = bag.glob("*.mcap")
    return [
        (*struct.unpack_from("<QQ", record, 6), record[22:])
        for _, content in chunks(file.read_bytes())
        for kind, _, record in records(content)
        if kind == MESSAGE
    ]


def set_publish_times(bag: Path) -> None:
    """Write into the file when messages were published: up to 2 ms before they were recorded."""
    (file,) = bag.glob("*.mcap")
    content = bytearray(file.read_bytes())
    rng = np.random.default_rng(1)
    for begin, chunk in list(chunks(bytes(content))):
        for kind, place, record in records(chunk):
            if kind == MESSAGE:
                (log_ns,) = struct.unpack_from("<Q", record, 6)
                published_ns = log_ns - int(rng.integers(1, 2_000_000))
                struct.pack_into("<Q", content, begin + place + 14, published_ns)
        crc = zlib.crc32(bytes(content[begin : begin + len(chunk)]))
        struct.pack_into("<I", content, begin - 16, crc)
    file.write_bytes(bytes(content))


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    with Writer(tmp_path / "in", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        topics = {
            name: writer.add_connection(name, kind, typestore=TYPES)
            for name, kind in (("/image", RAW), ("/info", INFO))
        }
        for index in range(60):
            stamp_ns = 1000 * S + index * S // 10
            writer.write(topics["/image"], stamp_ns, image(index, stamp_ns))
            for more in range(3):  # some at the same time
                writer.write(topics["/info"], stamp_ns + more // 2, camera_info(stamp_ns + more))
    set_publish_times(tmp_path / "in")
    return tmp_path / "in"


def test_both_times_of_every_message_come_through(bag: Path, tmp_path: Path) -> None:
    settings = ImagesSettings(people={"kind": "builtin"})
    make_finder = lambda settings: WhiteSquareFinder()  # noqa: E731
    BagAnonymizer(settings, make_finder).run(bag, tmp_path / "out")
    before, after = times(bag), times(tmp_path / "out")
    assert len(before) == 240
    assert all(log_ns != published_ns for log_ns, published_ns, _ in before)
    infos = [one for one in before if len(one[2]) < 5000]
    assert [one for one in after if len(one[2]) < 5000] == infos
    assert [one[:2] for one in after] == [one[:2] for one in before]
    with Reader(tmp_path / "out") as reader:  # a reader of others reads it too
        assert len(list(reader.messages())) == 240


def test_a_bag_of_another_storage_keeps_the_time_of_recording(bag: Path, tmp_path: Path) -> None:
    settings = ImagesSettings(people={"kind": "builtin"})
    make_finder = lambda settings: WhiteSquareFinder()  # noqa: E731
    anonymizer = BagAnonymizer(settings, make_finder)
    anonymizer.run(bag, tmp_path / "sqlite", "sqlite3")
    anonymizer.run(tmp_path / "sqlite", tmp_path / "again", "mcap")
    back = times(tmp_path / "again")
    assert [one[0] for one in back] == [one[0] for one in times(bag)]
    assert all(log_ns == published_ns for log_ns, published_ns, _ in back)
