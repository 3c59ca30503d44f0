# SPDX-License-Identifier: Apache-2.0
"""What the guard records of its findings: each once, however often another comes or goes."""

import threading
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from waiting import wait_until

from privcv_compliance.graph.rules import Finding
from privcv_compliance.nodes import guard
from privcv_compliance.operator_log import operator_log
from privcv_core.audit.log import AuditSettings
from privcv_core.audit.verify import read_chain
from privcv_core.node.health import Level
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


def test_the_guard_looks_as_soon_as_somebody_comes_and_else_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call between two looks of a second would be missed."""
    now = {"s": 100.0, "who": "nobody"}
    looked: list[float] = []
    monkeypatch.setattr(guard, "glance", lambda node, cameras: now["who"])
    monkeypatch.setattr(guard.time, "monotonic", lambda: now["s"])
    context = Context()
    rclpy.init(context=context)
    file = SettingsFile(tmp_path / "settings.yaml", {"/guard": {"cameras": ["lobby"]}})
    node = guard.GuardNode(context=context, settings_file=file)
    monkeypatch.setattr(node, "_look", lambda now_s: looked.append(round(now_s, 1)) or [])
    node.trigger_configure()
    for tenth in range(30):
        now["s"] = 100.0 + tenth / 10
        now["who"] = "a caller" if tenth in (13, 14) else "nobody"
        node._look_if_changed()
    node.destroy_node()
    context.shutdown()
    assert looked == [100.0, 101.0, 101.3, 101.5, 102.5]


def test_what_the_canary_found_is_on_diagnostics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the guard, which the canary tells through the audit log only."""
    with operator_log(AuditSettings(folder=tmp_path)) as log:
        for check, state, number in (("images", "found", 2), ("schema", "ok", 0)):
            log.append(
                "canary.checked", check=check, state=state, findings=number, digest="ab" * 32
            )
    monkeypatch.setattr(guard, "glance", lambda node, cameras: "nobody")
    context = Context()
    rclpy.init(context=context)
    given = {"cameras": ["lobby"], "audit": {"folder": str(tmp_path)}}
    file = SettingsFile(tmp_path / "settings.yaml", {"/guard": given})
    node = guard.GuardNode(context=context, settings_file=file)
    monkeypatch.setattr(node, "_look", lambda now_s: [])
    node.trigger_configure()
    node.trigger_activate()
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    spinning = threading.Thread(target=executor.spin, daemon=True)
    spinning.start()
    try:
        wait_until(lambda: "canary" in node.health().message, 60.0)
        said = node.health()
    finally:
        executor.shutdown()
        spinning.join(20.0)
        node.destroy_node()
        context.shutdown()
    assert said.level == Level.ERROR
    assert "canary: images: 2 findings on 20" in said.message
    assert said.values["canary schema"].startswith("ok on 20")
