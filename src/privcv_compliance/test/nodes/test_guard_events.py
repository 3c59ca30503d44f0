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

from privcv_compliance.graph import watch
from privcv_compliance.graph.roles import Call
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
    assert recorded(tmp_path) == ["a", "b", "a"]
    checks = [entry.facts["findings"] for entry in read_chain(tmp_path, "guard", "graph.checked")]
    assert checks == [1, 2, 1, 0, 1]


def test_the_guard_looks_as_soon_as_somebody_comes_and_else_once_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A call between two looks of a second would be missed."""
    now = {"s": 100.0, "who": "nobody"}
    monkeypatch.setattr(watch, "glance", lambda node, cameras: now["who"])
    for view in ("view_graph", "view_calls", "view_nodes"):
        monkeypatch.setattr(watch, view, lambda node: [])
    watched = watch.GraphWatch(None, ["lobby"], 1.0, lambda: float(now["s"]))
    for tenth in range(30):
        now["s"] = 100.0 + tenth / 10
        now["who"] = "a caller" if tenth in (13, 14) else "nobody"
        watched.look_if_changed()
    assert [round(sight.at_s, 1) for sight in watched.taken()] == [100, 101, 101.3, 101.5, 102.5]
    assert watched.taken() == []


def test_who_called_while_the_guard_waited_for_its_disk_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph is looked at on another thread than that which records what was found."""
    called = Call("/somebody", "/lobby/rotate_identities", gid="1" * 32)
    calls: list[Call] = []
    taken: list[int] = []
    begun, done = threading.Event(), threading.Event()

    def view_calls(node: object) -> list[Call]:
        if begun.is_set():
            taken.append(len(calls))
        return list(calls)

    monkeypatch.setattr(watch, "view_calls", view_calls)
    monkeypatch.setattr(watch, "glance", lambda node, cameras: tuple(calls))

    def slow(sight: object) -> list[Finding]:
        """The first that is recorded waits until the caller has come and gone."""
        if not begun.is_set():
            begun.set()
            assert done.wait(30)
        return findings(sight)

    context = Context()
    rclpy.init(context=context)
    given = {"cameras": ["lobby"], "audit": {"folder": str(tmp_path)}}
    file = SettingsFile(tmp_path / "settings.yaml", {"/guard": given})
    node = guard.GuardNode(context=context, settings_file=file)
    findings = node._findings
    monkeypatch.setattr(node, "_findings", slow)
    node.trigger_configure()
    node.trigger_activate()

    def visit() -> None:
        begun.wait(30)
        for now in ([called], []):
            calls[:] = now
            seen = len(taken)
            while not taken[seen:]:
                done.wait(0.01)
        done.set()

    visitor = threading.Thread(target=visit)
    visitor.start()
    while not any("/somebody" in what for what in recorded(tmp_path)):
        node._judge()
        done.wait(0.01)
    visitor.join()
    node.destroy_node()
    context.shutdown()


def test_what_the_canary_found_is_on_diagnostics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the guard, which the canary tells through the audit log only."""
    with operator_log(AuditSettings(folder=tmp_path)) as log:
        for check, state, number in (("images", "found", 2), ("schema", "ok", 0)):
            log.append(
                "canary.checked", check=check, state=state, findings=number, digest="ab" * 32
            )
    context = Context()
    rclpy.init(context=context)
    given = {"cameras": ["lobby"], "audit": {"folder": str(tmp_path)}}
    file = SettingsFile(tmp_path / "settings.yaml", {"/guard": given})
    node = guard.GuardNode(context=context, settings_file=file)
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


def recorded(folder: Path) -> list[str]:
    return [str(entry.facts["what"]) for entry in read_chain(folder, "guard", "fault")]
