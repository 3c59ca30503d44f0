# SPDX-License-Identifier: Apache-2.0
"""ROS 2 bags of camera images, read and written with rosbags: no ROS needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privcv_core.errors import PrivcvError
from privcv_core.protocol.timestamps import NS_PER_S

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
JPEG_QUALITY = 95


class BagError(PrivcvError):
    """A bag that cannot be read or written."""


@dataclass(frozen=True)
class StoredImage:
    """One image message as it lies in a bag: ``cdr`` can be published as it is."""

    stamp_ns: int  # the header's stamp: event time
    type: str  # one of IMAGE_TYPES
    cdr: bytes


def write_bag(
    video: Path,
    bag: Path,
    *,
    topic: str = "/camera/image_raw",
    storage: str = "mcap",
    compressed: bool = True,
    fps: float = 0.0,
    start_ns: int = 0,
) -> Iterator[int]:
    """Make a bag of every frame of ``video``; yields the number of frames written so far.

    ``fps`` 0 takes the video's own rate. Raises ``BagError``.
    """
    import cv2
    from rosbags.rosbag2 import StoragePlugin, Writer
    from rosbags.rosbag2.errors import WriterError
    from rosbags.typesys import Stores, get_typestore

    capture = cv2.VideoCapture(str(video))
    if not capture.isOpened():
        raise BagError(f"{video}: cannot be opened as a video")
    rate = fps or capture.get(cv2.CAP_PROP_FPS) or 10.0
    types = get_typestore(Stores.ROS2_JAZZY)
    plugin = StoragePlugin.MCAP if storage == "mcap" else StoragePlugin.SQLITE3
    kind = IMAGE_TYPES[1] if compressed else IMAGE_TYPES[0]
    name = f"{topic}/compressed" if compressed else topic
    try:
        with Writer(bag, version=9, storage_plugin=plugin) as writer:
            connection = writer.add_connection(name, kind, typestore=types)
            count = 0
            while True:
                found, frame = capture.read()
                if not found:
                    break
                stamp_ns = start_ns + round(count * NS_PER_S / rate)
                message = _image_message(types, frame, stamp_ns, compressed)
                writer.write(connection, stamp_ns, types.serialize_cdr(message, kind))
                count += 1
                yield count
    except (WriterError, OSError) as error:
        raise BagError(f"{bag}: cannot be written: {error}") from error
    finally:
        capture.release()
    if count == 0:
        raise BagError(f"{video}: holds no frame that can be decoded")


def _image_message(types: Any, frame: Any, stamp_ns: int, compressed: bool) -> Any:
    import cv2
    import numpy as np

    stamp = types.types["builtin_interfaces/msg/Time"](stamp_ns // NS_PER_S, stamp_ns % NS_PER_S)
    header = types.types["std_msgs/msg/Header"](stamp, "camera")
    if compressed:
        _, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        return types.types[IMAGE_TYPES[1]](header, "bgr8; jpeg compressed bgr8", jpeg.ravel())
    height, width = frame.shape[:2]
    pixels = np.ascontiguousarray(frame).reshape(-1)
    return types.types[IMAGE_TYPES[0]](header, height, width, "bgr8", 0, width * 3, pixels)


class BagReader:
    """The images of one topic of a bag, in the order in which they were recorded.

    Raises ``BagError`` where the bag cannot be read, or where ``topic`` is not given and the bag
    holds several image topics or none.
    """

    def __init__(self, bag: Path, topic: str | None = None) -> None:
        from rosbags.highlevel import AnyReader, AnyReaderError
        from rosbags.typesys import Stores, get_typestore

        if not bag.exists():
            raise BagError(f"{bag}: there is no such bag")
        self._types = get_typestore(Stores.ROS2_JAZZY)
        try:
            self._reader = AnyReader([bag], default_typestore=self._types)
            self._reader.open()
        except (AnyReaderError, OSError) as error:
            raise BagError(f"{bag}: cannot be read as a ROS 2 bag: {error}") from error
        images = [c for c in self._reader.connections if c.msgtype in IMAGE_TYPES]
        names = sorted({c.topic for c in images})
        wanted = [c for c in images if topic is None or c.topic == topic]
        if not wanted or len({c.topic for c in wanted}) > 1:
            self._reader.close()
            held = ", ".join(names) or "no image topic"
            raise BagError(f"{bag}: name one image topic with --topic; it holds {held}")
        self._connections = wanted
        self.topic = wanted[0].topic
        self.type: str = wanted[0].msgtype
        self.count = sum(c.msgcount for c in wanted)

    def images(self) -> Iterator[StoredImage]:
        """Every image, oldest first."""
        for connection, _, cdr in self._reader.messages(connections=self._connections):
            header = self._reader.deserialize(cdr, connection.msgtype).header
            stamp_ns = header.stamp.sec * NS_PER_S + header.stamp.nanosec
            yield StoredImage(stamp_ns, connection.msgtype, bytes(cdr))

    def decoded(self) -> Iterator[tuple[int, Any]]:
        """The header's stamp, ns, and the message with its fields, of every image, oldest first."""
        for connection, _, cdr in self._reader.messages(connections=self._connections):
            message: Any = self._reader.deserialize(cdr, connection.msgtype)
            stamp = message.header.stamp
            yield stamp.sec * NS_PER_S + stamp.nanosec, message

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> "BagReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
