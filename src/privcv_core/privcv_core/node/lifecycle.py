# SPDX-License-Identifier: Apache-2.0
"""The frame that every privcv node stands in: lifecycle, parameters, diagnostics, failures.

A node gives its settings model and four small methods::

    class TrackingNode(GraphNode[TrackingSettings]):
        node_name = "tracking"
        settings_model = TrackingSettings

        def configure(self) -> None: ...     # create publishers, subscriptions, the library object
        def activate(self) -> None: ...      # start
        def deactivate(self) -> None: ...    # stop
        def cleanup(self) -> None: ...       # close and forget what configure opened
        def health(self) -> Health: ...      # shown on /diagnostics once a second
"""

import time
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from privcv_core.audit.events import Fact
from privcv_core.audit.log import AuditLog, AuditLogError, AuditSettings
from privcv_core.audit.settings_digest import digest, log_configuration
from privcv_core.errors import PrivcvError
from privcv_core.masked_output import masked_traceback
from privcv_core.masking import mask
from privcv_core.node.diagnostics import diagnostics
from privcv_core.node.gc_freeze import spare_what_is_loaded
from privcv_core.node.health import Health, Level
from privcv_core.node.messages import MessageNode
from privcv_core.node.parameters import (
    declare_settings,
    read_settings,
    refuse_bad_changes,
    settings_from_file,
)
from privcv_core.node.presence import announce
from privcv_core.settings.model import Settings
from privcv_core.settings.settings_file import SettingsFile
from privcv_core.version import VERSION

LISTENERS_WITHIN_S = 2.0
FIRST_OR_ENDED = ("log.opened", "process.stopped")
"""After these a run begins that follows none, or one that ended as it should."""

STEADY_CLOCK = Clock(clock_type=ClockType.STEADY_TIME)
S = TypeVar("S", bound=Settings)

_PARAMETERS: dict[str, Any] = {"automatically_declare_parameters_from_overrides": True}
"""How a node is made that has parameters."""


def sealed() -> dict[str, Any]:
    """How a node is made that offers no service of ROS's own; rclpy has one more than it says."""
    return {
        "enable_communication_interface": False,
        "start_parameter_services": False,
        "parameter_overrides": [Parameter("start_type_description_service", value=False)],
    }


class GraphNode(MessageNode, Generic[S]):
    """A lifecycle node whose settings are a model, from a settings file or from parameters.

    With ``settings_file`` it has no parameters, and offers neither parameter nor lifecycle
    services: nobody on the graph can read or change what it was told, or stop it; the process is
    its lifecycle manager. Without one, what does not decide about trust is a ROS parameter.

    Raises ``SettingsError`` from the constructor where a parameter is misspelt, missing or out
    of range. In ``configure`` and ``activate`` a ``PrivcvError`` means "not now, try again": the
    transition returns FAILURE and the node is as it was. Any other exception, and any in a
    transition that ends something, is ERROR: ``on_error`` cleans up, and the node is unconfigured.
    Either is what ``problem`` and /diagnostics say.
    """

    node_name: ClassVar[str]
    settings_model: ClassVar[type[Settings]]
    audit_log: AuditLog | None = None

    def __init__(self, settings_file: SettingsFile | None = None, **options: Any) -> None:
        self._settings_file = settings_file
        how = _PARAMETERS if settings_file is None else sealed()
        super().__init__(self.node_name, **how, **options)
        self._problem: str | None = None
        self._state = "unconfigured"
        self._is_shutting_down = False
        try:
            self.settings: S = self._first_settings()
        except PrivcvError:
            self.destroy_node()
            raise
        camera = str(getattr(self.settings, "camera", ""))
        unseen = announce(type(self).__name__, camera, self.get_fully_qualified_name())
        if unseen:
            self.get_logger().warning(f"'privcv dsr' may not find this process: {unseen}")
        if settings_file is None:
            refuse_bad_changes(self, self.settings_model, lambda: self._state != "unconfigured")
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._diagnostics_timer = self.create_timer(1.0, self._publish_health)

    def configure(self) -> None:
        """Create what the node needs; it must not run yet. Raises ``PrivcvError`` likewise."""

    def activate(self) -> None:
        """Start to work. Raises ``PrivcvError`` where that is not possible now."""

    def deactivate(self) -> None:
        """Stop to work; ``activate`` may follow. Also called in other states: it must not mind."""

    def cleanup(self) -> None:
        """Close what ``configure`` opened, however far it came; it may be called twice.

        Publishers, subscriptions, timers, services and clients are destroyed by this class: those
        of ``configure`` before this, those that were created later before that.
        """

    def health(self) -> Health:
        """How the node is doing while it is active."""
        return Health(Level.OK, "running")

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Configure: read parameters, open the audit log, have the node create what it needs."""
        try:
            if self._settings_file is None:
                self.settings = read_settings(self, self.settings_model)  # type: ignore[assignment]
            self._open_audit_log()
            self.begin_owning()
            self.configure()
            self.all_configured()
        except Exception as error:
            return self._transition_failure(error, self._undo_configure)
        return self._reached("inactive", super().on_configure(state))

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Activate: have the node start."""
        try:
            self.activate()
            spare_what_is_loaded()
        except Exception as error:
            return self._transition_failure(error, self._undo_activate)
        return self._reached("active", super().on_activate(state))

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Deactivate: have the node stop."""
        try:
            self._undo_activate()
        except Exception as error:
            return self._transition_error(error)
        return self._reached("inactive", super().on_deactivate(state))

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Clean up: have the node destroy what it made, close the audit log."""
        try:
            self._clean_up()
        except Exception as error:
            return self._transition_error(error)
        self._close_audit_log("cleaned up")
        problem = self._problem  # why it could not be activated: still the reason that it is not
        result = self._reached("unconfigured", super().on_cleanup(state))
        self._problem = problem
        return result

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Shut down from any state: stop, destroy, close the audit log."""
        self._is_shutting_down = True
        try:
            if self._state == "active":
                self.deactivate()
            if self._state != "unconfigured":
                self._clean_up()
        except Exception as error:
            return self._transition_error(error)
        self._close_audit_log("shut down")
        return self._reached("finalized", super().on_shutdown(state))

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """After an unexpected error: destroy everything; unconfigured then, or finalized.

        Finalized is where the node was shutting down, and where cleaning up fails as well: what it
        still holds is not known then, so that it is not to be used again.
        """
        for undo in (self.deactivate, self._clean_up):
            try:
                undo()
                is_clean = True
            except Exception as error:
                is_clean = False
                self._show_problem(error)
        self._close_audit_log("error")
        if self._is_shutting_down or not is_clean:
            self._state = "finalized"
            return TransitionCallbackReturn.FAILURE
        self._state = "unconfigured"
        return super().on_error(state)

    def create_timer(
        self, timer_period_sec: float, callback: Callable[[], None], *args: Any, **options: Any
    ) -> Any:
        """A timer of the steady clock: by the wall clock, which is the default of ROS, one that is
        set back by hours would keep every timer from firing for as long."""
        options.setdefault("clock", STEADY_CLOCK)
        return super().create_timer(timer_period_sec, callback, *args, **options)

    def require_listeners(self, publisher: Any, count: int) -> None:
        """Wait until ``count`` subscriptions are matched, so that nothing published is lost.

        Raises ``PrivcvError`` after ``LISTENERS_WITHIN_S``: the transition then fails, and whoever
        manages the node tries again.
        """
        end_s = time.monotonic() + LISTENERS_WITHIN_S
        while publisher.get_subscription_count() < count:
            if time.monotonic() > end_s:
                raise PrivcvError(f"{publisher.topic_name}: nobody listens yet")
            time.sleep(0.02)

    def record(self, event: str, **facts: Fact) -> None:
        """Append to the audit log, where the settings name one (a field ``audit``).

        Raises ``AuditLogError`` where that fails. In a callback it ends the process: what cannot
        be recorded must not happen.
        """
        if self.audit_log is not None:
            self.audit_log.append(event, **facts)

    def _first_settings(self) -> S:
        model: Any = self.settings_model
        if self._settings_file is not None:
            return settings_from_file(self, model, self._settings_file)  # type: ignore[no-any-return]
        return declare_settings(self, model)  # type: ignore[no-any-return]

    def _open_audit_log(self) -> None:
        settings: AuditSettings | None = getattr(self.settings, "audit", None)
        if settings is None:
            return
        camera = getattr(self.settings, "camera", None)
        chain = f"{camera}.{self.node_name}" if camera else self.node_name
        self.audit_log = AuditLog(settings, chain)
        if self.audit_log.last_event not in FIRST_OR_ENDED:
            self.record("fault", where=chain, what="the run before this one was killed or crashed")
        log_configuration(self.audit_log, chain, self.settings)
        self.record("process.started", version=VERSION, settings=digest(self.settings))

    def _close_audit_log(self, reason: str) -> None:
        if self.audit_log is None:
            return
        try:
            self.record("process.stopped", reason=reason)
        except AuditLogError as error:
            self.get_logger().error(str(error))
        self.audit_log.close()
        self.audit_log = None

    @property
    def problem(self) -> str | None:
        """Why the node is not where somebody wanted it, in words; ``None`` where it is."""
        return self._problem

    @property
    def is_active(self) -> bool:
        """Whether the lifecycle node is active."""
        return self._state == "active"

    @property
    def is_inactive(self) -> bool:
        """Whether the lifecycle node is configured and not active."""
        return self._state == "inactive"

    @property
    def is_finalized(self) -> bool:
        """Whether the lifecycle node has ended for good: no transition leads out of it."""
        return self._state == "finalized"

    def _reached(self, name: str, result: TransitionCallbackReturn) -> TransitionCallbackReturn:
        self._state = name
        self._problem = None
        return result

    def _undo_activate(self) -> None:
        self.deactivate()
        self.destroy_of_activate()

    def _clean_up(self) -> None:
        self.destroy_owned()  # first: no callback comes while the rest is closed
        self.cleanup()

    def _undo_configure(self) -> None:
        self._clean_up()
        self._close_audit_log("not configured")

    def _transition_failure(
        self, error: Exception, undo: Callable[[], None]
    ) -> TransitionCallbackReturn:
        """FAILURE, which leaves the node as it was, where it is ours: "not now, try again".

        Anything else is a bug, after which nothing is known: ERROR, so that ``on_error`` cleans up.
        """
        if not isinstance(error, PrivcvError):
            return self._transition_error(error)
        self._show_problem(error)
        try:
            undo()
        except Exception as second:
            return self._transition_error(second)
        return TransitionCallbackReturn.FAILURE

    def _transition_error(self, error: Exception) -> TransitionCallbackReturn:
        self._show_problem(error)
        return TransitionCallbackReturn.ERROR

    def _show_problem(self, error: Exception) -> None:
        """Show it on /diagnostics, until a transition succeeds, and in the log."""
        self._problem = mask(str(error) if isinstance(error, PrivcvError) else repr(error))
        self.get_logger().error(self._problem)
        if not isinstance(error, PrivcvError):  # a bug; rclpy would swallow where it came from
            self.get_logger().error(masked_traceback(error))

    def _publish_health(self) -> None:
        if self._problem is not None:
            health = Health(Level.ERROR, self._problem)
        elif self._state == "active":
            health = self.with_unauthenticated(self.health())
        else:
            health = Health(Level.STALE, self._state)
        health = self.with_refused(health)
        stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(diagnostics(self.get_fully_qualified_name(), health, stamp))
