# SPDX-License-Identifier: Apache-2.0
"""The lifecycle design of ROS 2 on a real node: "not now" is FAILURE, a bug is ERROR."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.srv import GetParameters
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn

from privcv_core.audit.log import AuditSettings
from privcv_core.audit.verify import read_chain
from privcv_core.errors import PrivcvError
from privcv_core.node.authentication import Authenticator
from privcv_core.node.health import Health, Level
from privcv_core.node.lifecycle import GraphNode
from privcv_core.settings.model import Settings
from privcv_core.settings.settings_file import SettingsFile

pytestmark = pytest.mark.graph

SUCCESS, FAILURE, ERROR = (
    TransitionCallbackReturn.SUCCESS,
    TransitionCallbackReturn.FAILURE,
    TransitionCallbackReturn.ERROR,
)


class ProbeSettings(Settings):
    audit: AuditSettings | None = None


class Probe(GraphNode[ProbeSettings]):
    """Raises what ``raises`` says in the methods it names; ``did`` is what was called."""

    node_name = "probe"
    settings_model = ProbeSettings

    def __init__(self, **options: Any) -> None:
        self.raises: dict[str, Exception] = {}
        self.did: list[str] = []
        super().__init__(**options)

    def configure(self) -> None:
        self._do("configure")

    def activate(self) -> None:
        self._do("activate")

    def deactivate(self) -> None:
        self._do("deactivate")

    def cleanup(self) -> None:
        self._do("cleanup")

    def _do(self, what: str) -> None:
        self.did.append(what)
        if what in self.raises:
            raise self.raises[what]

    @property
    def label(self) -> str:
        """The state by the state machine itself, not by what the node keeps of it."""
        return str(self._state_machine.current_state[1])


@pytest.fixture(scope="module")
def context() -> Iterator[Context]:
    context = Context()
    rclpy.init(context=context)
    yield context
    context.shutdown()


@pytest.fixture
def node(context: Context) -> Iterator[Probe]:
    made = Probe(context=context)
    yield made
    made.destroy_node()


class Owner(Probe):
    """Creates one endpoint of each kind while it is configured, and a timer while it is active."""

    def configure(self) -> None:
        self.create_publisher(DiagnosticArray, "said", 10)
        self.create_subscription(DiagnosticArray, "heard", lambda message: None, 10)
        self.create_timer(1.0, lambda: None)
        self.create_service(GetParameters, "asked", lambda request, answer: answer)
        self.create_client(GetParameters, "asks")
        super().configure()

    def activate(self) -> None:
        self.create_timer(1.0, lambda: None)
        super().activate()

    @property
    def endpoints(self) -> int:
        ends = (self.publishers, self.subscriptions, self.timers, self.services, self.clients)
        return sum(len(list(end)) for end in ends)


BUG = ZeroDivisionError("a bug")
NOT_NOW = PrivcvError("the camera is not there yet")


@pytest.mark.parametrize("error", [NOT_NOW, BUG])
@pytest.mark.parametrize("transition", ["configure", "activate", "deactivate", "cleanup"])
def test_an_error_in_a_transition(node: Probe, transition: str, error: Exception) -> None:
    way = {
        "configure": (),
        "activate": ("configure",),
        "deactivate": ("configure", "activate"),
        "cleanup": ("configure",),
    }[transition]
    for before in way:
        assert getattr(node, f"trigger_{before}")() == SUCCESS
    stays, node.did = node.label, []
    node.raises = {transition: error}
    if transition == "cleanup":  # only the first time: what it left is cleaned up after all
        node.cleanup = lambda: node.raises.pop("cleanup", None) and _raise(error)  # type: ignore
    result = getattr(node, f"trigger_{transition}")()

    is_try_again = error is NOT_NOW and transition in ("configure", "activate")
    assert result == (FAILURE if is_try_again else ERROR)
    assert node.label == (stays if is_try_again else "unconfigured")
    assert str(error) in str(node.problem)
    if not is_try_again and transition != "cleanup":
        assert node.did[-1] == "cleanup"
    node.raises = {}
    if node.label == "unconfigured":
        assert node.trigger_configure() == SUCCESS
    assert node.trigger_activate() == SUCCESS
    assert (node.label, node.problem, node.is_active) == ("active", None, True)


def _raise(error: Exception) -> None:
    raise error


def test_why_it_could_not_be_activated_is_shown_until_it_is(node: Probe) -> None:
    """Whoever tries again cleans up first: the reason must not vanish from /diagnostics."""
    node.raises = {"activate": NOT_NOW}
    node.trigger_configure()
    assert node.trigger_activate() == FAILURE
    assert node.trigger_cleanup() == SUCCESS
    assert node.problem == str(NOT_NOW)
    node.raises = {}
    assert node.trigger_configure() == SUCCESS
    assert node.problem is None


def test_an_error_in_shutdown_ends_finalized(node: Probe) -> None:
    node.trigger_configure()
    node.raises = {"cleanup": BUG}
    assert node.trigger_shutdown() == ERROR
    assert (node.label, node.is_finalized) == ("finalized", True)


def test_what_cannot_be_cleaned_up_is_not_used_again(node: Probe) -> None:
    node.raises = {"configure": BUG, "cleanup": BUG}
    assert node.trigger_configure() == ERROR
    assert (node.label, node.is_finalized) == ("finalized", True)


def test_an_error_is_said_on_diagnostics(node: Probe, context: Context) -> None:
    node.raises = {"configure": BUG}
    node.trigger_configure()
    listener = rclpy.create_node("listener", context=context)
    said: list[DiagnosticArray] = []
    listener.create_subscription(DiagnosticArray, "/diagnostics", said.append, 10)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    executor.add_node(listener)
    for _ in range(200):
        executor.spin_once(timeout_sec=0.1)
        if said:
            break
    executor.shutdown()
    listener.destroy_node()
    (status,) = said[0].status
    assert (status.name, status.level) == ("/probe", b"\x02")
    assert "a bug" in status.message


@pytest.mark.parametrize(
    ("transition", "raises", "reason"),
    [
        ("cleanup", {}, "cleaned up"),
        ("shutdown", {}, "shut down"),
        ("activate", {"activate": BUG}, "error"),
    ],
)
def test_the_audit_log_says_once_why_processing_stopped(
    context: Context, tmp_path: Path, transition: str, raises: dict[str, Exception], reason: str
) -> None:
    given = {"/probe": {"audit": {"folder": str(tmp_path)}}}
    node = Probe(context=context, settings_file=SettingsFile(tmp_path / "settings.yaml", given))
    node.trigger_configure()
    node.raises = raises
    getattr(node, f"trigger_{transition}")()
    node.destroy_node()
    entries = list(read_chain(tmp_path, "probe", "process.stopped"))
    assert [entry.facts["reason"] for entry in entries] == [reason]


@pytest.mark.parametrize("raises", ["", "configure", "activate", "deactivate"])
@pytest.mark.parametrize("error", [NOT_NOW, BUG])
def test_what_was_created_in_a_transition_ends_with_its_opposite(
    context: Context, raises: str, error: Exception
) -> None:
    """However the transition ends: a timer that stayed would call into what is closed."""
    node = Owner(context=context)
    before = node.endpoints
    node.raises = {raises: error}
    for _ in range(2):
        node.trigger_configure()
        is_configured = node.label == "inactive"
        assert node.endpoints == before + 5 * is_configured
        if is_configured:
            node.trigger_activate()
            assert (
                node.endpoints
                == before + {"unconfigured": 0, "inactive": 5, "active": 6}[node.label]
            )
        if node.label == "active":
            node.trigger_deactivate()
            assert node.endpoints == before + 5 * (node.label == "inactive")
        if node.label == "inactive":
            node.trigger_cleanup()
        assert node.endpoints == before
    node.destroy_node()


def test_a_run_that_was_killed_leaves_a_fault_in_the_next(context: Context, tmp_path: Path) -> None:
    for end in ("shutdown", "killed", "shutdown"):
        file = SettingsFile(tmp_path / "s.yaml", {"/probe": {"audit": {"folder": str(tmp_path)}}})
        node = Probe(context=context, settings_file=file)
        node.trigger_configure()
        if end == "killed":
            assert node.audit_log is not None
            node.audit_log.close()
        else:
            node.trigger_shutdown()
        node.destroy_node()
    faults = [entry.facts for entry in read_chain(tmp_path, "probe", "fault")]
    assert faults == [{"where": "probe", "what": "the run before this one was killed or crashed"}]


@pytest.mark.parametrize("secret", [None, b"x" * 32])
def test_diagnostics_warn_of_a_node_that_believes_everybody(
    node: Probe, secret: bytes | None
) -> None:
    node.authenticator = Authenticator(secret)
    node.trigger_configure()
    node.trigger_activate()
    health = node.with_unauthenticated(node.health())
    assert health.level == (Level.OK if secret else Level.WARN)
    assert ("believes whoever speaks" in health.message) == (secret is None)
    node.health = lambda: Health(Level.ERROR, "worse")  # type: ignore[method-assign]
    worse = node.with_unauthenticated(node.health())
    assert worse.level == Level.ERROR
    assert worse.message.split("; ")[0] == "worse"  # and nothing hides the other
