# SPDX-License-Identifier: Apache-2.0
"""The thread on which a live stream looks at images, and the short queue in front of it.

Whoever gets messages from the middleware only hands them over. Where there is no room a message is
left out before anybody looked at it; where none comes for a while, what waits is overwritten; where
something fails that must not, the stream ends: no image follows.
"""

import queue
import threading
import time

from privcv_core.masking import mask
from privcv_images.live.stream import LiveStream

_INFO, _IMAGE = "info", "image"
_GLANCE_S = 0.2


class LiveWorker:
    """Runs ``stream`` from ``start`` to ``stop``; at most ``room`` messages wait.

    ``silent_s``: after so long without a message what waits in the stream is overwritten.
    """

    def __init__(self, stream: LiveStream, room: int, silent_s: float) -> None:
        self._stream, self._silent_s = stream, silent_s
        self._waiting: queue.Queue[tuple[str, bytes]] = queue.Queue(2 * room)
        self._heard_s = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="redaction", daemon=True)
        self.left_out = 0
        self.failure = ""
        """Why nothing is published any more; empty while all is well."""

    def start(self) -> None:
        """Begin to take messages."""
        self._thread.start()

    def stop(self) -> None:
        """End; what waits is overwritten. It may be called twice, and before ``start``."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def offer_image(self, cdr: bytes) -> None:
        """Take an image message, or leave it out; from any thread."""
        if not self._offer(_IMAGE, cdr):
            self.left_out += 1

    def offer_info(self, cdr: bytes) -> None:
        """Likewise a camera_info message: without one its image is published all the same."""
        self._offer(_INFO, cdr)

    def _offer(self, kind: str, cdr: bytes) -> bool:
        if self._stop.is_set() or self.failure:
            return False
        try:
            self._waiting.put_nowait((kind, cdr))
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._one()
        except Exception as error:  # an audit log that cannot be written, or a bug: nothing is sure
            self.failure = mask(f"{type(error).__name__}: {error}")
        finally:
            self._stream.stop()

    def _one(self) -> None:
        try:
            kind, cdr = self._waiting.get(timeout=_GLANCE_S)
        except queue.Empty:
            if time.monotonic() - self._heard_s > self._silent_s:
                self._stream.stop("time")
            return
        self._heard_s = time.monotonic()
        if kind == _INFO:
            self._stream.info(cdr)
        else:
            self._stream.image(cdr)
