# SPDX-License-Identifier: Apache-2.0
"""``privcv across demo``: totals beside the truth, made by the real programs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from privcv_bringup.across_demo import run
from privcv_bringup.cli.across_demo import command


def test_five_sites_come_to_one_total_in_one_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[run.Seen] = []
    ran = run.run_across_demo

    def remember(folder: Path, say: Callable[[str], None]) -> run.Seen:
        seen.append(ran(folder, say))
        return seen[0]

    monkeypatch.setattr(run, "run_across_demo", remember)
    monkeypatch.setattr(run, "WINDOWS", 3)
    result = CliRunner().invoke(command, ["-o", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "report.html").read_text()
    (found,) = seen
    assert found.totals.shape == found.truth.shape == (3, 3)
    # Noise of two of scale 6 and floors of five: beyond 150 once in e**20 runs.
    assert np.abs(found.totals - found.truth).max() < 150
    for total in found.totals.ravel():
        assert f"<td>{total} ± {found.half_width}</td>" in page
    assert (found.proved, found.reports) == (15, 15)  # five devices, three windows
    assert "15 of 15" in page
    assert "<script" not in page
