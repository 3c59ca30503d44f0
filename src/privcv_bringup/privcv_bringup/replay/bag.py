# SPDX-License-Identifier: Apache-2.0
"""ROS 2 bags of camera images, read and written with rosbags: no ROS needed."""

import contextlib
import logging
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privcv_core.errors import PrivcvError
from privcv_core.files.input_file import check_inputs, open_input
from privcv_core.protocol.timestamps import NS_PER_S
from privcv_perception.errors import BadFrameError
from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.frames.dropped import Dropped, in_words
from privcv_perception.sources.file import FileSource
from privcv_perception.sources.settings import SourceSettings

_log = logging.getLogger(__name__)

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
    start: str = "file",
) -> Iterator[int]:
    """Make a bag of every frame of ``video``; yields the number of frames written so far.

    A frame's stamp is ``start`` (see ``SourceSettings``) and its own time in the video; with
    ``fps`` its index divided by that. Frames that cannot be read are left out, and told. What
    was written is removed where it is not finished. Raises ``BagError``, and ``SourceError`` for
    the video.
    """
    from rosbags.rosbag2 import StoragePlugin, Writer
    from rosbags.rosbag2.errors import WriterError
    from rosbags.typesys import Stores, get_typestore

    source = FileSource(
        SourceSettings(kind="file", uri=str(video.absolute()), fps=fps, start=start)
    )
    source.open()
    types = get_typestore(Stores.ROS2_JAZZY)
    plugin = StoragePlugin.MCAP if storage == "mcap" else StoragePlugin.SQLITE3
    kind = IMAGE_TYPES[1] if compressed else IMAGE_TYPES[0]
    name = f"{topic}/compressed" if compressed else topic
    existed = bag.exists()
    dropped: Counter[Dropped] = Counter()
    try:
        with Writer(bag, version=9, storage_plugin=plugin) as writer:
            connection = writer.add_connection(name, kind, typestore=types)
            count = 0
            for stamp_ns, frame in _frames(source, dropped):
                message = _image_message(types, frame, stamp_ns, compressed)
                writer.write(connection, stamp_ns, types.serialize_cdr(message, kind))
                count += 1
                yield count
        if count == 0:
            raise BagError(f"{video}: holds no frame that can be decoded")
        if dropped:
            _log.warning("%s: %s", video, in_words(dropped))
    except BaseException as error:
        if not existed:
            shutil.rmtree(bag, ignore_errors=True)
        if isinstance(error, (WriterError, OSError)):
            raise BagError(f"{bag}: cannot be written: {error}") from error
        raise
    finally:
        source.close()


def _frames(source: FileSource, dropped: Counter[Dropped]) -> Iterator[tuple[int, Any]]:
    """Time, ns since the epoch, and pixels of each frame that can be read; the rest is counted."""
    frame = FrameBuffer(*source.size)
    while True:
        try:
            stamp = source.read(frame)
        except BadFrameError as error:
            dropped[error.kind or Dropped.UNDECODABLE] += 1
            continue
        if stamp is None:
            return
        yield stamp.time_ns, frame.pixels


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


def is_bag(recording: Path) -> bool:
    """Whether it is a folder, or a file that is a bag by its name or its first bytes."""
    if recording.is_dir() or recording.suffix in (".mcap", ".db3", ".bag"):
        return True
    return _first_bytes(recording).startswith(_BAG_FILES)


_ROS_1 = b"#ROSBAG V"
_BAG_FILES = (_ROS_1, b"\x89MCAP0", b"SQLite format 3")


def _first_bytes(path: Path) -> bytes:
    try:
        with open_input(path) as file:
            return file.read(16)
    except OSError:
        return b""


class BagReader:
    """The images of one topic of a bag, in the order in which they were recorded.

    Raises ``BagError`` where the bag cannot be read, or where ``topic`` is not given and the bag
    holds several image topics or none.
    """

    def __init__(self, bag: Path, topic: str | None = None) -> None:
        from rosbags.highlevel import AnyReader
        from rosbags.typesys import Stores, get_typestore

        if not bag.exists():
            raise BagError(f"{bag}: there is no such bag")
        _check_files(bag)
        if _first_bytes(bag).startswith(_ROS_1):
            raise BagError(
                f"{bag}: is a bag of ROS 1; convert it: rosbags-convert --src {bag} --dst ros2_bag"
            )
        self._bag = bag
        self._types = get_typestore(Stores.ROS2_JAZZY)
        self.unreadable = 0
        """Messages of the topic that were left out, since they are none of its type."""
        try:
            self._reader = AnyReader([bag], default_typestore=self._types)
            self._reader.open()
            connections = list(self._reader.connections)
        except Exception as error:  # a dozen kinds, of rosbags and of what it reads with
            what = f"cannot be read as a ROS 2 bag: {_words(error)}{_hint(bag)}"
            raise BagError(f"{bag}: {what}") from error
        images = [c for c in connections if c.msgtype in IMAGE_TYPES]
        names = sorted({c.topic for c in images})
        wanted = [c for c in images if topic is None or c.topic == topic]
        if not wanted or len({(c.topic, c.msgtype) for c in wanted}) > 1:
            self.close()
            held = ", ".join(names) or "no image topic"
            raise BagError(f"{bag}: name one image topic with --topic; it holds {held}")
        self._connections = wanted
        self.topic = wanted[0].topic
        self.type: str = wanted[0].msgtype
        self.count = sum(c.msgcount for c in wanted)

    def images(self) -> Iterator[StoredImage]:
        """Every image, oldest first. Raises ``BagError`` where the bag is damaged from there on."""
        for stamp_ns, _, kind, cdr in self._read():
            yield StoredImage(stamp_ns, kind, cdr)

    def decoded(self) -> Iterator[tuple[int, Any]]:
        """The header's stamp, ns, and the message with its fields, of every image, oldest first.

        Raises ``BagError`` as ``images`` does.
        """
        for stamp_ns, message, _, _ in self._read():
            yield stamp_ns, message

    def _read(self) -> Iterator[tuple[int, Any, str, bytes]]:
        """Stamp, message, type and bytes of each."""
        messages = self._reader.messages(connections=self._connections)
        while True:
            try:
                found = next(messages, None)
            except Exception as error:
                raise BagError(f"{self._bag}: is damaged: {_words(error)}") from error
            if found is None:
                if self.unreadable:
                    _log.warning("%s: %d messages are no images", self._bag, self.unreadable)
                return
            connection, _, cdr = found
            try:
                message: Any = self._reader.deserialize(cdr, connection.msgtype)
                stamp = message.header.stamp
            except Exception:
                self.unreadable += 1
                continue
            stamp_ns = stamp.sec * NS_PER_S + stamp.nanosec
            yield stamp_ns, message, connection.msgtype, bytes(cdr)

    def close(self) -> None:
        """Let the bag go. Harmless when closed."""
        with contextlib.suppress(Exception):  # of a bag that is damaged, or closed already
            self._reader.close()

    def __enter__(self) -> "BagReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _check_files(bag: Path) -> None:
    """Raise ``BagError`` where a pipe or a device is in a bag."""
    try:
        check_inputs(bag)
    except OSError as error:
        raise BagError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _hint(bag: Path) -> str:
    """What may mend a bag of a recorder that was ended before it closed it."""
    if bag.is_dir() and not (bag / "metadata.yaml").exists():
        return f"; 'ros2 bag reindex {bag}' makes the metadata.yaml that is missing"
    names = [bag.name] if bag.is_file() else [file.name for file in bag.iterdir()]
    if any(name.endswith(".mcap") for name in names):
        return "; of an MCAP file that was cut off, 'mcap recover' saves what is there"
    return ""


def _words(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200].rstrip(".")
