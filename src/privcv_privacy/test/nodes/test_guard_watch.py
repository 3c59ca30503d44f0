# SPDX-License-Identifier: Apache-2.0
"""When the guard counts as missing, what is said and recorded of it, and what is withheld."""

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

from privcv_core.event_time.running_time import Running
from privcv_core.node.authentication import Authenticator
from privcv_privacy.nodes import guard_watch
from privcv_privacy.nodes.guard_watch import MISSING_AFTER_S, STARTS_WITHIN_S, GuardWatch

S = 10**9


class Node:
    """What the watch needs of a node; ``hear`` has it hear a heartbeat."""

    def __init__(self, secret: bytes | None = b"x" * 32) -> None:
        self.authenticator = Authenticator(secret)
        self.said: list[str] = []
        self.recorded: list[str] = []

    def get_logger(self) -> Any:
        return SimpleNamespace(warning=self.said.append)

    def get_name(self) -> str:
        return "aggregation"

    def listen_dated(self, kind: Any, topic: str, callback: Any, qos: Any) -> None:
        assert topic == "guard_heartbeat"
        self.hear = callback

    def record(self, event: str, **facts: str) -> None:
        self.recorded.append(facts["what"])


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ns = 100 * S
        monkeypatch.setattr(guard_watch, "running_time", lambda: Running("boot", self.ns))


def test_a_guard_that_falls_silent_is_missed_once_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, node = Clock(monkeypatch), Node()
    watch = GuardWatch(node, required=True)  # type: ignore[arg-type]
    assert watch.withholds  # closed from the start, and says so
    assert watch.warnings == ["no value is published before the guard looks"]
    for _ in range(3):
        node.hear(None, clock.ns)
        watch.note()
        assert not watch.withholds
        clock.ns += S
    clock.ns += int(MISSING_AFTER_S) * S
    for _ in range(3):
        watch.note()
        assert watch.withholds
        assert "the guard is missing" in watch.warnings[0]
    # What it said before is heard late: it tells when it was made, and that is too long ago.
    node.hear(None, clock.ns - int(MISSING_AFTER_S + 1) * S)
    assert watch.withholds
    node.hear(None, clock.ns)
    watch.note()
    assert (watch.withholds, watch.warnings) == (False, [])
    assert node.recorded == [
        "the guard is missing: nobody looks at the graph", "the guard looks at the graph again",
    ]  # fmt: skip
    assert len(node.said) == 2


def test_a_guard_that_never_comes_is_missed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, node = Clock(monkeypatch), Node()
    watch = GuardWatch(node, required=False)  # type: ignore[arg-type]
    watch.note()
    assert (watch.warnings, node.recorded) == ([], [])
    clock.ns += int(STARTS_WITHIN_S + 1) * S
    watch.note()
    assert node.recorded == ["the guard is missing: nobody looks at the graph"]
    assert not watch.withholds  # nobody asked for that


def test_without_a_secret_a_guard_that_is_required_is_never_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, node = Clock(monkeypatch), Node(secret=None)
    watch = GuardWatch(node, required=True)  # type: ignore[arg-type]
    node.hear(None, clock.ns)
    watch.note()
    assert watch.withholds
    assert "no secret was given" in watch.warnings[0]
