# SPDX-License-Identifier: Apache-2.0
"""The short version of ``make soak``, and its measure of growth."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))

from flatness import Samples


def samples(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Samples:
    found = Samples()
    for second, value in enumerate(values):
        found.add(float(second), float(value))
    return found


def test_a_slope_is_that_of_the_line_and_its_interval_holds_it_as_often_as_it_says() -> None:
    """Noise whose neighbours are alike, as those of memory are: 10 MB/h under 1 MB of noise."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(300):
        noise = np.convolve(rng.normal(size=919), np.ones(20) / 20, mode="valid")
        slope = samples(100 + 10 * np.arange(900) / 3600 + noise).slope()
        held += slope.low <= 10 <= slope.high
    assert 0.88 <= held / 300 <= 0.99
    assert samples(np.full(100, 7.0)).slope().per_h == pytest.approx(0.0)
    assert samples(np.arange(900) / 3600 * 5).slope().per_h == pytest.approx(5.0)


def test_what_is_taken_once_at_the_start_is_no_growth() -> None:
    values = np.concatenate([np.linspace(50, 90, 100), np.full(300, 90.0)])
    assert samples(values).slope().high < 1.0


@pytest.mark.long
def test_a_fleet_runs_on_while_everything_under_it_fails() -> None:
    """24 hours of windows of 15 minutes, then three minutes in real time."""
    command = [sys.executable, str(Path(__file__).with_name("soak.py")), "--seed", "1"]
    options = ["--window-s", "900", "--real-s", "180", "--release-s", "10", "--every-s", "6"]
    run = subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, timeout=1200
    )
    assert run.returncode == 0, run.stdout + run.stderr
