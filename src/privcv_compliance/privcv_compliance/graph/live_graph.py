# SPDX-License-Identifier: Apache-2.0
"""The running graph as a command uses it: find nodes, rotate identities, restart a node."""

import time
from types import TracebackType
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from privcv_core.node.environment import as_in_the_graph
from privcv_msgs.srv import RotateIdentities

DISCOVERY_S = 3.0
ANSWER_S = 10.0
_WIPE = (
    Transition.TRANSITION_DEACTIVATE,
    Transition.TRANSITION_CLEANUP,
    Transition.TRANSITION_CONFIGURE,
    Transition.TRANSITION_ACTIVATE,
)


class RunningGraph:
    """Joins the graph of this machine for a ``with`` block."""

    def __init__(self, discovery_s: float = DISCOVERY_S) -> None:
        self._discovery_s = discovery_s

    def __enter__(self) -> "RunningGraph":
        import rclpy
        from rclpy.executors import SingleThreadedExecutor

        with as_in_the_graph():
            rclpy.init()
            self._node = rclpy.create_node("privcv_dsr")
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        time.sleep(self._discovery_s)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import rclpy

        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown()

    def is_running(self, camera: str) -> bool:
        """Whether any node lives in the camera's namespace."""
        return any(
            namespace == f"/{camera}" for _, namespace in self._node.get_node_names_and_namespaces()
        )

    def rotate(self, camera: str, reason: str) -> str:
        """Have the camera forget its identities; why not, or an empty text."""
        request = RotateIdentities.Request(reason=reason[:64])
        answer = self._call(RotateIdentities, f"/{camera}/rotate_identities", request)
        if answer is None:
            return "the anonymization node does not answer"
        return "" if answer.done else str(answer.message)

    def restart(self, node: str) -> str:
        """Take a lifecycle node down to nothing and up again; why not, or an empty text."""
        for transition in _WIPE:
            request = ChangeState.Request(transition=Transition(id=transition))
            answer = self._call(ChangeState, f"{node}/change_state", request)
            if answer is None:
                return f"{node} does not answer"
            if not answer.success:
                return f"{node} refused transition {transition}"
        return ""

    def _call(self, kind: Any, name: str, request: Any) -> Any:
        client = self._node.create_client(kind, name)
        try:
            if not client.wait_for_service(timeout_sec=ANSWER_S):
                return None
            future = client.call_async(request)
            self._executor.spin_until_future_complete(future, timeout_sec=ANSWER_S)
            return future.result() if future.done() else None
        finally:
            self._node.destroy_client(client)
