# SPDX-License-Identifier: Apache-2.0
"""Takes a checkpoint of the audit logs every few minutes, on its own thread, and hands it on."""

import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from privcv_core.audit.checkpoints import Checkpoint, take_checkpoint
from privcv_core.audit.entry import AuditLogError

INTERVAL_S = 600.0


class CheckpointThread:
    """Calls ``send`` with the body of a checkpoint at the start and every ``interval_s``.

    Where a chain is broken nothing is sent and ``fault`` is called with what is wrong, once per
    different problem. Both are called on this object's thread.
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
                taken = take_checkpoint(
                    self._folder, datetime.now(timezone.utc), self._last, newest_only=True
                )
            except (AuditLogError, OSError) as error:
                if str(error) != self._last_fault:
                    self._last_fault = str(error)
                    self._fault(self._last_fault)
            else:
                if taken.heads:
                    self._send(taken.body())
                    self._last = [taken]
            if self._stop.wait(self._interval_s):
                return
