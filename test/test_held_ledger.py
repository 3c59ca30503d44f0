# SPDX-License-Identifier: Apache-2.0
"""An aggregation whose ledger another process holds says so, in its own words."""

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

from graph_runner import running

from privcv_core.settings.dotted import to_flat
from privcv_core.settings.model import parse_settings
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_privacy.budget.ledger import Ledger
from privcv_site.processes import NodeSpec, ProcessSpec

pytestmark = pytest.mark.graph


def test_a_ledger_in_use_is_named(tmp_path: Path) -> None:
    content = {
        "cameras": {"room": {"zones": {"hall": {"polygon_m": [0, 0, 4, 0, 4, 4, 0, 4]}}}},
        "ledger": str(tmp_path / "ledger.db"),
    }
    settings = parse_settings(AggregationSettings, content, where="test")
    implementation = "privcv_privacy.nodes.aggregation:AggregationNode"
    node = NodeSpec(implementation, "aggregation", "/", to_flat(settings))
    with (
        Ledger(settings.ledger),
        running([ProcessSpec("privacy", (node,))], tmp_path / "log") as graph,
    ):
        says = f"{settings.ledger}: is in use by another process"
        graph.wait(lambda: any(says in line for line in graph.lines), "it names the ledger")
