# SPDX-License-Identifier: Apache-2.0
"""Signals that end a command: the first ends it, and no further one breaks what cleans up."""

import signal
import subprocess
import sys

import pytest

COMPUTING = """
import signal, sys
from privcv_bringup.run.signals import Interrupted, interrupt_on_signals
interruption = interrupt_on_signals()
try:
    try:
        signal.raise_signal({first})
    finally:
        signal.raise_signal({second})
        print("cleaned up")
except Interrupted:
    sys.exit(interruption.status)
"""


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_does_not_interrupt_the_end(
    first: signal.Signals, second: signal.Signals
) -> None:
    script = COMPUTING.format(first=int(first), second=int(second))
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (128 + first, "cleaned up\n", "")
