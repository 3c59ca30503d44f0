# SPDX-License-Identifier: Apache-2.0
"""Takes a checkpoint of the audit logs every few minutes, on its own thread, and hands it on."""

import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from privcv_core.audit.checkpoints import Checkpoint, take_checkpoint
from privcv_core.audit.entry import AuditLogError
from privcv_core.audit.files import strangers_in

INTERVAL_S = 600.0


class CheckpointThread:
    """Calls ``send`` with the body of a checkpoint at the start and every ``interval_s``.

    Where a chain is broken, or anything else fails, nothing is sent and ``fault`` is called with
    what is wrong, once per different problem; the next checkpoint is tried all the same. A file of
    a user who may not write its chain is told too, and stops nothing. Both are called on this
    object's thread.
    """

    def __init__(
        self,
        folder: Path,
        send: Callable[[dict[str, Any]], None],
        fault: Callable[[str], None],
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._folder = folder
        self._send = send
        self._fault = fault
        self._interval_s = interval_s
        self._last: list[Checkpoint] = []
        self._last_fault = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def start(self) -> None:
        """Begin; the first checkpoint is taken at once."""
        self._thread.start()

    def stop(self) -> None:
        """End; a checkpoint that is being taken is finished first."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._take()
            except (AuditLogError, OSError) as error:
                self._tell(str(error))
            except Exception as error:  # whatever it is: silence would look like a device at peace
                self._tell(f"no checkpoint was taken: {type(error).__name__}: {error}")
            if self._stop.wait(self._interval_s):
                return

    def _take(self) -> None:
        now = datetime.now(timezone.utc)
        taken = take_checkpoint(self._folder, now, self._last, newest_only=True)
        if taken.heads:
            self._send(taken.body())
            self._last = [taken]
        if strange := strangers_in(self._folder):
            names = ", ".join(f"{one.parent.name}/{one.name}" for one in strange[:3])
            more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
            self._tell(f"{names}{more} in the audit logs: of a user who may not write it")

    def _tell(self, what: str) -> None:
        if what != self._last_fault:
            self._last_fault = what
            self._fault(what)
