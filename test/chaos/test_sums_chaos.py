# SPDX-License-Identifier: Apache-2.0
"""The short version of ``python test/chaos/sums.py``, and that it finds what it looks for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(("planted", "status"), [("", 0), ("redraw", 1)])
def test_whatever_dies_each_report_counts_once_and_noise_is_drawn_once(
    planted: str, status: int, tmp_path: Path
) -> None:
    program = Path(__file__).with_name("sums.py")
    run = subprocess.run(
        [sys.executable, program, "--schedules", "2", "--fault", planted],
        capture_output=True, text=True, timeout=280, check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert run.returncode == status, run.stdout + run.stderr
    assert "2 of 2 schedules" in run.stdout
