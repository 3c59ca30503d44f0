# SPDX-License-Identifier: Apache-2.0
"""What the canary said last, for /diagnostics: read from the audit log now and then."""

import threading
from datetime import datetime, timezone
from pathlib import Path

from privcv_compliance.keeping.canary import FOUND, last_checks
from privcv_core.audit.device_age import device_running_s
from privcv_core.audit.entry import Entry
from privcv_core.audit.retention import DAY_S
from privcv_core.errors import PrivcvError
from privcv_core.node.health import Level

EACH_S = 60.0
STALE_DAYS = 3
"""After so many days of running time without a look it is said that nobody looks."""


class CanaryWatch:
    """``folder``: of the audit logs; ``None``: there are none, and nothing is said."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._looked_s: float | None = None
        self._thread: threading.Thread | None = None
        self.problems: list[tuple[Level, str]] = []
        """What is wrong, by the last look."""
        self.values: dict[str, str] = {}
        """Check -> how it ended, and when."""

    def look_aside(self, now_s: float) -> None:
        """Read the log again where that was ``EACH_S`` ago, on a thread of its own: a long log may
        take longer than the guard may be silent. ``now_s``: of a monotonic clock."""
        if self._thread is not None and self._thread.is_alive():
            return
        if self._looked_s is None or now_s - self._looked_s >= EACH_S:
            self._looked_s = now_s
            self._thread = threading.Thread(target=self.look, name="canary", daemon=True)
            self._thread.start()

    def look(self) -> None:
        """Read the log."""
        if self._folder is None:
            return
        try:
            checks = last_checks(self._folder)
            self.values = {
                f"canary {name}": f"{entry.facts['state']} on {entry.time}"
                for name, entry in checks.items()
            } or {"canary": "never looked"}
            ran_s = device_running_s(self._folder, datetime.now(timezone.utc))
            self.problems = [*_found(checks), *_stale(checks, ran_s)]
        except (PrivcvError, OSError) as error:
            self.problems = [(Level.WARN, f"what the canary found is not known: {error}")]


def _found(checks: dict[str, Entry]) -> list[tuple[Level, str]]:
    return [
        (Level.ERROR, f"canary: {name}: {entry.facts['findings']} findings on {entry.time}")
        for name, entry in checks.items()
        if entry.facts["state"] == FOUND
    ]


def _stale(checks: dict[str, Entry], running_s: int) -> list[tuple[Level, str]]:
    newest_s = max((entry.running_s or 0 for entry in checks.values()), default=None)
    if newest_s is None or running_s - newest_s <= STALE_DAYS * DAY_S:
        return []
    days = (running_s - newest_s) / DAY_S
    return [(Level.WARN, f"the canary looked last {days:.0f} days of running ago: see its timer")]
