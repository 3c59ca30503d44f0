# SPDX-License-Identifier: Apache-2.0
"""A ledger that was put back with its anchor: the aggregation says so, by a counter in a TPM."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

from graph_runner import running
from software_tpm import needs_tpm, software_tpm

from privcv_across.attestation.nv_counter import TpmSettings
from privcv_core.settings.dotted import to_flat
from privcv_core.settings.model import parse_settings
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_privacy.budget.closed_budget import NOTE
from privcv_privacy.budget.ledger import Ledger
from privcv_site.processes import NodeSpec, ProcessSpec

pytestmark = [pytest.mark.graph, needs_tpm]
IMPLEMENTATION = "privcv_privacy.nodes.aggregation:AggregationNode"


def test_a_ledger_that_was_put_back_withholds(tmp_path: Path) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy"
    state.mkdir()
    with software_tpm(tmp_path / "tpm") as chip:
        content = {
            "cameras": {"room": {"zones": {"hall": {"polygon_m": [0, 0, 4, 0, 4, 4, 0, 4]}}}},
            "ledger": str(state / "ledger.db"),
            "tpm": {"tcti": chip.tcti},
        }
        settings = parse_settings(AggregationSettings, content, where="test")
        node = NodeSpec(IMPLEMENTATION, "aggregation", "/", to_flat(settings))
        counter = TpmSettings(tcti=chip.tcti).counter("ledger")
        processes = [ProcessSpec("privacy", (node,))]

        def run(name: str, says: str = "") -> None:
            before = counter.read()
            with running(processes, tmp_path / name) as graph:
                graph.wait(lambda: counter.read() > before, "it counts")
                graph.wait(lambda: not says or any(says in line for line in graph.lines), says)

        run("first")
        shutil.copytree(state, copy)
        run("second")
        shutil.rmtree(state)
        copy.rename(state)
        run("third", "is an old copy")
        with Ledger(settings.ledger) as ledger:
            assert "is an old copy" in str(ledger.kept(NOTE))
