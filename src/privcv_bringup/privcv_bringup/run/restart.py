# SPDX-License-Identifier: Apache-2.0
"""The restart policy of a process that ended: the same under ``privcv up`` and ``ros2 launch``."""

from dataclasses import dataclass

from privcv_core.errors import BAD_SETTINGS

BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
HEALTHY_AFTER_S = 60.0  # a process that ran this long starts its backoff anew


@dataclass(frozen=True)
class Decision:
    """When a process is started again. ``delay_s`` is ``None`` where it is not."""

    delay_s: float | None
    words: str


class RestartPolicy:
    """Backoff for one process: each failure waits longer than the one before, up to 30 s.

    A process that refused its settings is not started again: it would refuse them again.
    """

    def __init__(self) -> None:
        self._failures = 0

    def after(self, status: int, ran_s: float) -> Decision:
        """What follows on the end of a process with exit ``status`` that ran for ``ran_s``."""
        if status == BAD_SETTINGS:
            return Decision(None, "its settings were refused; it is not started again")
        if ran_s > HEALTHY_AFTER_S:
            self._failures = 0
        delay_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
        self._failures += 1
        return Decision(delay_s, f"ended with status {status}; restarting in {delay_s:g} s")


def shell_status(code: int) -> int:
    """A return code of ``subprocess``, negative for a signal, as a shell counts: 128 + signal."""
    return code if code >= 0 else 128 - code
