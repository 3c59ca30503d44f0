# SPDX-License-Identifier: Apache-2.0
"""The short version of ``make chaos``."""

import os
import subprocess
import sys
from pathlib import Path


def test_whatever_happens_each_release_arrives_exactly_once(tmp_path: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("run.py"), "--schedules", "8", "--at-once", "8"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        said, _ = run.communicate(timeout=300)
    finally:
        run.terminate()  # not kill: it has disks to unmount
        run.wait(30)
    assert run.returncode == 0, said
    assert list(tmp_path.iterdir()) == []
