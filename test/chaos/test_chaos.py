# SPDX-License-Identifier: Apache-2.0
"""The short version of ``make chaos``."""

import subprocess
import sys
from pathlib import Path


def test_whatever_happens_each_release_arrives_exactly_once() -> None:
    run = subprocess.run(
        [sys.executable, Path(__file__).with_name("run.py"), "--schedules", "8", "--at-once", "8"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
