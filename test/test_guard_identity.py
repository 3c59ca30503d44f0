# SPDX-License-Identifier: Apache-2.0
"""The real guard beside real processes: who took the place of another, and who called for a moment.

Each event tells its own time and the audit log that of the finding: 2 s are promised between them.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

from graph_runner import RunningGraph, running

from privcv_core.audit.verify import read_chain
from privcv_core.node.environment import graph_environment, guard_environment
from privcv_site.processes import NodeSpec, ProcessSpec

pytestmark = pytest.mark.graph

PROMISED_S = 2.0
PATIENCE_S = 3.0
"""Of a machine on which other tests run: discovery, and the audit log's disk."""

BEGIN = """
import gc, sys, time, rclpy
from privcv_core.node.presence import announce
from privcv_msgs.msg import Tracks
from privcv_msgs.srv import RotateIdentities
rclpy.init()
def say(): print(time.time(), flush=True)
"""
TRACKING = (
    BEGIN
    + """
node = rclpy.create_node("tracking", namespace="/yard")
topic = node.create_publisher(Tracks, "tracks", 10)
topic.publish(Tracks())
if "announced" in sys.argv:
    announce("TrackingNode", "yard", "/yard/tracking")
say()
sys.stdin.read()
node.destroy_node()
rclpy.shutdown()
"""
)
SERVER = (
    BEGIN
    + """
node = rclpy.create_node("anonymization", namespace="/yard")
node.create_service(RotateIdentities, "rotate_identities", lambda request, answer: answer)
say()
while True:
    rclpy.spin_once(node, timeout_sec=0.1)
"""
)
CALLERS = (
    BEGIN
    + """
for number in range(5):
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node(f"caller{number}", context=context)
    client = node.create_client(RotateIdentities, "/yard/rotate_identities")
    assert client.wait_for_service(timeout_sec=20)
    say()
    answer = client.call_async(RotateIdentities.Request())
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(node)
    executor.spin_until_future_complete(answer, timeout_sec=20)
    assert answer.done()
    time.sleep(0.3)
    executor.shutdown()
    node.destroy_node()
    rclpy.shutdown(context=context)
    del client, answer, executor, node, context  # else it stays until the process ends
    gc.collect()
"""
)
STAND_ALONE = "from privcv_perception.nodes.tracking import main; main()"
CHANGES = (
    BEGIN
    + """
from lifecycle_msgs.srv import ChangeState
from lifecycle_msgs.msg import Transition
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
node = rclpy.create_node("somebody")
def call(kind, name, request):
    client = node.create_client(kind, name)
    assert client.wait_for_service(timeout_sec=20)
    answer = client.call_async(request)
    rclpy.spin_until_future_complete(node, answer, timeout_sec=20)
    return answer.result()
value = ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=1)
setting = SetParameters.Request(parameters=[Parameter(name="listeners", value=value)])
say()
assert call(SetParameters, "/yard/tracking/set_parameters", setting).results[0].successful
value.integer_value = 0
assert call(SetParameters, "/yard/tracking/set_parameters", setting).results[0].successful
for number in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
    asked = ChangeState.Request(transition=Transition(id=number))
    assert call(ChangeState, "/yard/tracking/change_state", asked).success
say()
asked = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
assert call(ChangeState, "/yard/tracking/change_state", asked).success
time.sleep(2)
"""
)


@dataclass
class Watched:
    """A guard that runs, and processes beside it that are ended with the test."""

    graph: RunningGraph
    audit: Path
    environment: dict[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, program: str, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *words], env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.started.append(process)
        return process

    def moment(self, process: subprocess.Popen[str]) -> float:
        """When the process did the next thing that it tells of, s since the Unix epoch."""
        assert process.stdout is not None
        return float(process.stdout.readline())

    def faults(self) -> dict[str, float]:
        """What the guard has recorded -> when first."""
        found: dict[str, float] = {}
        for entry in read_chain(self.audit, "guard", "fault"):
            when_s = datetime.fromisoformat(entry.time).timestamp()
            found.setdefault(str(entry.facts["what"]), when_s)
        return found

    def wait(self, condition: Callable[[], object], what: str) -> None:
        self.graph.wait(condition, f"{what}; found: {self.faults()}", within_s=40)

    def looks(self) -> None:
        """Wait until the guard has looked a few times since now."""
        count = lambda: int(self.graph.seen.value("/guard", "looks") or 0)  # noqa: E731
        before = count()
        self.wait(lambda: count() > before + 2, "the guard looks")

    def found(self, begins: str, since_s: float) -> None:
        """Fail where no finding that ``begins`` so was recorded in the time that is promised."""
        mine = lambda: [s for what, s in self.faults().items() if what.startswith(begins)]  # noqa: E731
        self.wait(mine, begins)
        assert min(mine()) - since_s < PROMISED_S + PATIENCE_S


@pytest.fixture
def guard(ros_domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    for name, value in graph_environment().items():
        monkeypatch.setenv(name, value)
    audit = tmp_path / "audit"
    parameters = {
        "cameras": ["yard"], "audit.folder": str(audit),
        "report_readers": ["/uplink", "/privcv_monitor"],
    }  # fmt: skip
    node = NodeSpec("privcv_compliance.nodes.guard:GuardNode", "guard", "/", parameters)
    process = ProcessSpec("guard", (node,), guard_environment())
    with running([process], tmp_path / "run") as graph:
        watched = Watched(graph, audit, dict(os.environ))
        try:
            graph.wait(lambda: graph.seen.health.get("/guard", (3,))[0] != 3, "the guard looks")
            yield watched
        finally:
            for process in watched.started:
                process.kill()
                process.communicate()


def test_a_process_that_took_the_place_of_another_is_found(guard: Watched) -> None:
    first = guard.start(TRACKING)
    guard.moment(first)
    guard.looks()
    first.communicate(timeout=20)  # it ends in order, so that it leaves the graph at once
    since_s = guard.moment(guard.start(TRACKING))
    guard.found("/yard/tracking is another process than before, and no restart", since_s)


def test_a_restart_that_the_guard_knows_of_is_no_finding(guard: Watched) -> None:
    first = guard.start(TRACKING, "announced")
    guard.moment(first)
    guard.looks()
    first.communicate(timeout=20)
    second = guard.start(TRACKING, "announced")
    guard.moment(second)
    impostor = guard.start(TRACKING)
    since_s = guard.moment(impostor)
    guard.found("/yard/tracking is 2 processes at once", since_s)  # so it has looked since
    assert not [what for what in guard.faults() if "another process" in what]


def test_who_calls_for_a_moment_is_found(guard: Watched) -> None:
    guard.moment(guard.start(SERVER))
    callers = guard.start(CALLERS)
    called_s = [guard.moment(callers) for _ in range(5)]
    assert callers.wait(timeout=60) == 0
    for number, since_s in enumerate(called_s):
        guard.found(f"/caller{number} calls /yard/rotate_identities, and may not", since_s)


def test_what_was_done_to_a_stand_alone_node_is_told(guard: Watched) -> None:
    guard.start(STAND_ALONE, "--ros-args", "-r", "__ns:=/yard", "-p", "camera:=yard")
    guard.wait(lambda: "/yard/tracking" in guard.graph.seen.health, "the node runs")
    guard.looks()
    changes = guard.start(CHANGES)
    guard.found("a parameter of /yard/tracking was set from outside", guard.moment(changes))
    guard.found("/yard/tracking was deactivated from outside", guard.moment(changes))
    assert changes.wait(timeout=30) == 0
    called = [what for what in guard.faults() if what.startswith("/somebody calls /yard/tracking/")]
    assert called
