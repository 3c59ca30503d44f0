# SPDX-License-Identifier: Apache-2.0
"""A live stream: serialized image messages in, the same messages without people out.

Of a message everything but the pixels is copied as bytes: header, sizes, encoding, step, format.
Its ``camera_info`` goes out with it, byte for byte, and with no other. Every message that cannot be
read, or comes while the gate is closed, is withheld; so is all that waits when the gate closes.
"""

import struct
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_images.bags.image_cdr import ORDER_BYTES, ImageCdr, take_apart
from privcv_images.bags.pixels import encoding_problem, from_frame, to_frame
from privcv_images.errors import ImagesError
from privcv_images.live.reasons import LiveReason
from privcv_images.live.settings import LiveSettings
from privcv_images.live.window import LiveRedactor, Redacts
from privcv_images.recordings.finder import Finds
from privcv_images.recordings.manifest import NOT_ANONYMOUS
from privcv_images.redactions.scene import Scene
from privcv_perception.detection.detector import Frame

MOST_INFOS = 512
"""As many ``camera_info`` messages wait for their image."""


class Asks(Protocol):
    """What an authorization gate does."""

    def closed(self) -> str | None:
        """Why nothing may be looked at or shown now; None where it may."""

    def looked(self) -> None:
        """One frame was looked at."""


class LiveStream:
    """A live stream of messages of the type ``kind`` (see ``bags.image_cdr``), on one thread.

    ``publish`` gets an image message, and its camera_info or None. ``anonymous``: whether what is
    shown is; else each image says that it is not.
    """

    def __init__(
        self,
        settings: LiveSettings,
        kind: str,
        finder: Finds,
        make_redactor: Callable[[Scene | None], Redacts],
        gate: Asks,
        publish: Callable[[bytes, bytes | None], None],
        *,
        anonymous: bool = True,
    ) -> None:
        self._kind, self._gate, self._publish = kind, gate, publish
        self._comment = "" if anonymous else NOT_ANONYMOUS
        self._infos: OrderedDict[int, bytes] = OrderedDict()
        self.redactor: LiveRedactor[ImageCdr] = LiveRedactor(
            settings, finder, make_redactor, self._out
        )
        self.received = 0
        self.without_info = 0
        self.problem = ""
        """Why messages are withheld, in words, of the last one that could not be used."""

    def info(self, cdr: bytes) -> None:
        """Keep a camera_info message until the image of its stamp is published."""
        stamp_ns = _header_stamp_ns(cdr)
        if stamp_ns is not None:
            self._infos[stamp_ns] = cdr
            if len(self._infos) > MOST_INFOS:
                self._infos.popitem(last=False)

    def image(self, cdr: bytes) -> None:
        """Take an image message; those whose time has come are published in here."""
        self.received += 1
        if (why := self._gate.closed()) is not None:
            self.problem = why
            self.redactor.withhold("closed")
            self.redactor.restart("closed")
            return
        try:
            image = take_apart(cdr, self._kind)
            problem = encoding_problem(self._kind, image.encoding)
            frame = None if problem else to_frame(image, self._kind)
        except ImagesError as error:
            self._unread("undecodable", str(error))
            return
        if frame is None:
            self._unread("encoding", problem)
            return
        if image.stamp_ns <= 0:
            frame.fill(0)
            self._unread("undecodable", "an image message has no header.stamp")
            return
        self.problem = ""
        self.redactor.take(frame, image.stamp_ns, image)
        self._gate.looked()

    def stop(self, reason: LiveReason = "stopped") -> None:
        """Overwrite all that waits: nothing of it is published any more."""
        self.redactor.restart(reason)
        self._infos.clear()

    def _unread(self, reason: LiveReason, problem: str) -> None:
        self.problem = problem
        self.redactor.withhold(reason)

    def _out(self, image: ImageCdr, frame: Frame) -> LiveReason | None:
        if (why := self._gate.closed()) is not None:  # withdrawn since it was looked at
            self.problem = why
            return "closed"
        info = self._infos.pop(image.stamp_ns, None)
        if info is None:
            self.without_info += 1
        self._publish(from_frame(frame, image, self._kind, self._comment), info)
        return None


def _header_stamp_ns(cdr: bytes) -> int | None:
    """The stamp of a message that begins with a ``std_msgs/Header``; None for what is none."""
    orders = {b"\0\0": ">", b"\0\1": "<"}
    try:
        seconds, nanoseconds = struct.unpack_from(f"{orders[cdr[:2]]}iI", cdr, ORDER_BYTES)
    except (KeyError, struct.error):
        return None
    return int(seconds) * NS_PER_S + int(nanoseconds)
