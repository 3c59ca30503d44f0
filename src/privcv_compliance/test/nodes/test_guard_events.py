# SPDX-License-Identifier: Apache-2.0
"""What the guard records of its findings: each once, however often another comes or goes."""

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
import rclpy
from rclpy.context import Context

from privcv_compliance.graph.rules import Finding
from privcv_compliance.nodes import guard
from privcv_core.audit.verify import read_chain
from privcv_core.settings.settings_file import SettingsFile

pytestmark = pytest.mark.graph


def test_a_finding_is_one_fault_while_it_lasts(tmp_path: Path) -> None:
    context = Context()
    rclpy.init(context=context)
    given = {"cameras": ["lobby"], "audit": {"folder": str(tmp_path)}}
    file = SettingsFile(tmp_path / "settings.yaml", {"/guard": given})
    node = guard.GuardNode(context=context, settings_file=file)
    node.trigger_configure()
    for second, seen in enumerate(("a", "ab", "ab", "a", "", "a")):
        node._tell([Finding("kind", "/topic", "/node", what) for what in seen], float(second))
    node.destroy_node()
    context.shutdown()
    faults = [entry.facts["what"] for entry in read_chain(tmp_path, "guard", "fault")]
    assert faults == ["a", "b", "a"]
    checks = [entry.facts["findings"] for entry in read_chain(tmp_path, "guard", "graph.checked")]
    assert checks == [1, 2, 1, 0, 1]
