# SPDX-License-Identifier: Apache-2.0
"""The watch of one camera's pause, which its gate asks before every frame.

It fails closed: what stands in the place of a pause and is none, or cannot be read, keeps the
camera closed for the longest pause. And it ends by itself: nothing on disk keeps it closed longer.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from privcv_core.authorization.gate import Closed
from privcv_core.authorization.pause_note import LONGEST_MINUTES, note_file, read_pause
from privcv_core.errors import PrivcvError
from privcv_core.event_time.running_time import Running, running_time
from privcv_core.files.file_stamp import file_stamp

_LONGEST = timedelta(minutes=LONGEST_MINUTES)


class PauseWatch:
    """Whether ``camera`` is paused. ``state``: the state folder of the device.

    A pause that was seen stays until its end, even where its file is removed meanwhile.
    """

    def __init__(
        self, state: Path, camera: str, running: Callable[[], Running] = running_time
    ) -> None:
        self._state = state
        self._camera = camera
        self._file = note_file(state, camera)
        self._running = running
        self._seen: object = None
        self._ends_ns = 0  # running time
        self._reason = ""

    def decide(self, now: datetime) -> Closed | None:
        """Why the camera must not look at ``now`` (aware; the wall clock); None where it may."""
        stamp = file_stamp(self._file)
        running = self._running()
        if stamp != self._seen:
            self._seen = stamp
            if stamp is not None:
                self._read(running, now)
        if running.at_ns >= self._ends_ns:
            return None
        opens = now + timedelta(microseconds=(self._ends_ns - running.at_ns) // 1000)
        return Closed("paused", self._reason, opens)

    def _read(self, running: Running, now: datetime) -> None:
        try:
            note = read_pause(self._state, self._camera)
            left, reason = note.left(running, now), f"paused for an objection, by {note.by}"
        except FileNotFoundError:
            return  # gone between two looks
        except (OSError, PrivcvError) as error:
            left, reason = _LONGEST, f"closed for the longest pause: {error}"
        ends_ns = running.at_ns + left // timedelta(microseconds=1) * 1000
        if ends_ns > self._ends_ns:
            self._ends_ns, self._reason = ends_ns, reason
