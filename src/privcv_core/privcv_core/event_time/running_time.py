# SPDX-License-Identifier: Apache-2.0
"""Running time: how long this machine has run since it was started, which no setting of a clock
moves, and which all processes on it share (CLOCK_BOOTTIME, and the kernel's name of the boot)."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

BOOT_VARIABLE = "PRIVCV_BOOT"
"""Names the boot where /proc/sys is hidden: a systemd unit knows it as ``%b``."""


@dataclass(frozen=True)
class Running:
    """How long the device has run: it only grows while a boot lasts, whatever the clock says."""

    boot: str  # names the boot, 32 hex digits; empty where it is not known
    at_ns: int  # since then, sleep included


def running_time() -> Running:
    """How long this device has run, by CLOCK_BOOTTIME."""
    return Running(_BOOT, time.clock_gettime_ns(time.CLOCK_BOOTTIME))


def _boot() -> str:
    try:
        said = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        said = os.environ.get(BOOT_VARIABLE, "")  # unknown: never the same as another
    return said.strip().replace("-", "")


_BOOT = _boot()
