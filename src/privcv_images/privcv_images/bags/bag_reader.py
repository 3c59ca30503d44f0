# SPDX-License-Identifier: Apache-2.0
"""A ROS 2 bag as it lies on disk, read with rosbags: connections, and messages as bytes."""

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from privcv_core.files.input_file import check_inputs
from privcv_images.bags.image_cdr import IMAGE_TYPES
from privcv_images.errors import ImagesError


class BagReader:
    """A bag, mcap or sqlite3, folder or single file. Raises ``ImagesError`` for what is none."""

    def __init__(self, bag: Path) -> None:
        from rosbags.typesys import Stores, get_typestore

        from privcv_images.bags.publish_times import TimedReader

        if not bag.exists():
            raise ImagesError(f"{bag}: there is no such bag")
        _check_files(bag)
        self.path = bag
        self.publish_ns: int | None = None
        """When the message read last was published, ns, where the bag says it."""
        self._types = get_typestore(Stores.ROS2_JAZZY)
        try:
            self._reader = TimedReader(bag)
            self._reader.open()
            self.connections: list[Any] = list(self._reader.connections)
        except Exception as error:  # a dozen kinds, of rosbags and of what it reads with
            raise ImagesError(f"{bag}: cannot be read as a ROS 2 bag: {_words(error)}") from error

    @property
    def storage(self) -> str:
        """``mcap`` or ``sqlite3``."""
        files = [self.path] if self.path.is_file() else list(self.path.iterdir())
        return "sqlite3" if any(".db3" in file.name for file in files) else "mcap"

    @property
    def images(self) -> list[Any]:
        """The connections of image types."""
        return [one for one in self.connections if one.msgtype in IMAGE_TYPES]

    def fields_of(self, connection: Any) -> dict[str, Any]:
        """Definitions of a connection's type and all in it: the bag's own, else those of ROS."""
        from rosbags.typesys import get_types_from_idl, get_types_from_msg

        definition = connection.msgdef
        try:
            if definition.format.name == "MSG":
                return dict(get_types_from_msg(definition.data, connection.msgtype))
            if definition.format.name == "IDL":
                return dict(get_types_from_idl(definition.data))
        except Exception:  # of a parser, for a text that somebody wrote: it is then not known
            return {}
        return dict(self._types.fielddefs)

    def definition_of(self, connection: Any) -> tuple[str, str]:
        """Text of the definition and type hash, to write it again. Raises ``ImagesError``."""
        text, digest = connection.msgdef.data, connection.digest
        if digest and connection.msgdef.format.name != "NONE":
            return text, digest
        kind = connection.msgtype
        try:
            if text:
                self._types.register(self.fields_of(connection))
            made, _ = self._types.generate_msgdef(kind, ros_version=2)
            return text or made, digest or self._types.hash_rihs01(kind)
        except Exception as error:
            raise ImagesError(
                f"{self.path}: holds no definition of {kind} ({connection.topic}): convert it "
                "where that package is installed: ros2 bag convert"
            ) from error

    def messages(self, connections: Collection[Any]) -> Iterator[tuple[Any, int, bytes]]:
        """Connection, time of recording, ns, and bytes of each message, in the bag's order.

        Raises ``ImagesError`` where the bag is damaged from there on.
        """
        if not connections:
            return
        messages = self._reader.messages(connections=list(connections))
        while True:
            try:
                found = next(messages, None)
            except Exception as error:
                raise ImagesError(f"{self.path}: is damaged: {_words(error)}") from error
            if found is None:
                return
            connection, time_ns, content = found
            self.publish_ns = getattr(content, "publish_ns", None)
            yield connection, time_ns, bytes(content)

    def close(self) -> None:
        """Let the bag go. Harmless when closed."""
        with contextlib.suppress(Exception):  # of a bag that is damaged, or closed already
            self._reader.close()

    def __enter__(self) -> "BagReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _check_files(bag: Path) -> None:
    """Raise ``ImagesError`` where a pipe or a device is in a bag."""
    try:
        check_inputs(bag)
    except OSError as error:
        raise ImagesError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _words(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200].rstrip(".")
