# SPDX-License-Identifier: Apache-2.0
"""When messages of an MCAP bag were published, which rosbags neither tells nor writes.

An MCAP message has two times: when it was recorded, by which a bag is played, and when it was
published (MCAP specification, "Message"). rosbags (0.11) reads the first and writes it as both. So
chunks are taken apart here with its own functions, and the second time comes along with the bytes.
"""

import heapq
from collections.abc import Collection, Generator, Iterator
from io import BytesIO
from typing import Any, BinaryIO, ClassVar

from rosbags.rosbag2 import Reader, StoragePlugin, Writer, reader, storage_mcap
from rosbags.rosbag2.storage_mcap import McapReader, McapWriter

MESSAGE = 0x05


class Published(bytes):
    """A message's bytes, and when it was published, ns."""

    publish_ns: int


class PublishTimesReader(McapReader):  # type: ignore[misc]
    """Reads the messages of an indexed MCAP file as ``Published``; of another as rosbags does."""

    def messages(
        self, connections: Collection[Any], start: int | None = None, stop: int | None = None
    ) -> Generator[tuple[Any, int, bytes], None, None]:
        """See ``McapReader.messages``."""
        if not self.chunks or start is not None or stop is not None:
            yield from super().messages(connections, start, stop)
            return
        assert self.bio is not None
        wanted = {one.id: one for one in connections}
        sources = [
            _messages(chunk, wanted, self.bio)
            for chunk in self.chunks
            if any(chunk.channel_count.get(number, 0) for number in wanted)
        ]
        for log_ns, _, _, connection, content in heapq.merge(*sources, key=lambda one: one[:3]):
            if connection is not None:
                yield connection, log_ns, content


def _messages(
    chunk: Any, wanted: dict[int, Any], file: BinaryIO
) -> Iterator[tuple[int, int, int, Any, bytes]]:
    """Time of recording, place of the chunk and in it, connection and bytes of its messages.

    The first is none, so that a chunk is read when its time has come and not before.
    """
    place = chunk.chunk_start_offset
    yield chunk.message_start_time, place, -1, None, b""
    file.seek(chunk.chunk_start_offset + 9 + 24)
    crc = storage_mcap.deserialize_uint32(storage_mcap.read_exact(file, 4))[0]
    file.seek(chunk.chunk_start_offset + 9 + 40 + len(chunk.compression))
    packed = storage_mcap.read_exact(file, chunk.compressed_size)
    content = BytesIO(
        storage_mcap.decompress(packed, chunk.compression, chunk.uncompressed_size, crc)
    )
    found: list[tuple[int, int, int, Any, bytes]] = []
    while content.tell() < chunk.uncompressed_size:
        if ord(content.read(1)) != MESSAGE:
            storage_mcap.skip_sized(content)
            continue
        record = storage_mcap.read_sized(content)
        number, _, log_ns, publish_ns = storage_mcap.deserialize_hiqq(record[:22])
        if number in wanted:
            message = Published(record[22:])
            message.publish_ns = publish_ns
            found.append((log_ns, place, len(found), wanted[number], message))
    yield from sorted(found, key=lambda one: one[:3])


class PublishTimesWriter(McapWriter):  # type: ignore[misc]
    """Writes ``publish_ns``, where it is set, as when the next message was published."""

    publish_ns: int | None = None

    def write(self, connection: Any, timestamp: int, data: bytes | memoryview) -> None:
        """See ``McapWriter.write``."""
        published, self.publish_ns = self.publish_ns, None
        self.message_start_time: int = min(timestamp, self.message_start_time)
        self.message_end_time: int = max(timestamp, self.message_end_time)
        self.channel_stats[connection.id] += 1
        chunk = self.chunk
        chunk.message_start_time = min(timestamp, chunk.message_start_time)
        chunk.message_end_time = max(timestamp, chunk.message_end_time)
        chunk.msgs[connection.id].append((timestamp, chunk.bio.tell()))
        record = BytesIO()
        storage_mcap.write_uint16(record, connection.id)
        storage_mcap.write_uint32(record, 0)
        storage_mcap.write_uint64(record, timestamp)
        storage_mcap.write_uint64(record, timestamp if published is None else published)
        record.write(data)
        storage_mcap.write_record(chunk.bio, MESSAGE, record)
        if chunk.bio.tell() > 2**20:
            self.close_chunk()


class _DirectoryReader(reader.DirectoryReader):  # type: ignore[misc]
    STORAGE_PLUGINS: ClassVar[dict[Any, Any]] = {
        **reader.DirectoryReader.STORAGE_PLUGINS,
        "mcap": PublishTimesReader,
    }


class TimedReader(Reader):  # type: ignore[misc]
    """Reader of a bag, whose messages of MCAP are ``Published``."""

    STORAGE_PLUGINS: ClassVar[dict[Any, Any]] = {
        **Reader.STORAGE_PLUGINS, "dir": _DirectoryReader, ".mcap": PublishTimesReader,
    }  # fmt: skip


class TimedWriter(Writer):  # type: ignore[misc]
    """Writer of a bag that is told when messages were published."""

    STORAGE_PLUGINS: ClassVar[dict[Any, Any]] = {
        **Writer.STORAGE_PLUGINS,
        StoragePlugin.MCAP: PublishTimesWriter,
    }

    def write_timed(
        self, connection: Any, time_ns: int, publish_ns: int | None, content: bytes
    ) -> None:
        """Write a message as recorded at ``time_ns`` and published at ``publish_ns``, if known."""
        if isinstance(self.storage, PublishTimesWriter):
            self.storage.publish_ns = publish_ns
        self.write(connection, time_ns, content)
