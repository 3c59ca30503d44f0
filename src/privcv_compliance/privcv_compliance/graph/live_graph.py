# SPDX-License-Identifier: Apache-2.0
"""The running graph as a command uses it: find nodes, rotate identities, pause, restart one."""

import secrets
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from privcv_compliance.errors import ComplianceError
from privcv_compliance.graph.node_process import end_and_await_again
from privcv_compliance.graph.roles import PAUSE
from privcv_core.errors import PrivcvError
from privcv_core.files.graph_secret import read_graph_secret
from privcv_core.node.authentication import Authenticator, UnauthenticMessage
from privcv_core.node.environment import as_in_the_graph
from privcv_msgs.srv import PauseCounting, RotateIdentities

DISCOVERY_S = 3.0
ANSWER_S = 10.0


class RunningGraph:
    """Joins the graph of this machine for a ``with`` block.

    ``secret``: the file with the secret of the graph; whoever may not read it is not answered.
    ``node``: the name that the guard knows the command by. ``namespace``: of the device, '' or such
    as ``/robot1``; names of nodes are those within it.
    """

    def __init__(
        self,
        secret: Path,
        discovery_s: float = DISCOVERY_S,
        node: str = "privcv_dsr",
        namespace: str = "",
    ) -> None:
        self._name = node
        self._secret, self._namespace = secret, namespace
        self._discovery_s = discovery_s
        self._ended: dict[str, str] = {}

    def __enter__(self) -> "RunningGraph":
        import rclpy
        from rclpy.executors import SingleThreadedExecutor

        with as_in_the_graph():
            rclpy.init()
            self._node = rclpy.create_node(self._name, namespace=self._namespace or None)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        time.sleep(self._discovery_s)
        return self

    def __exit__(self, *_: object) -> None:
        import rclpy

        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown()

    def is_running(self, camera: str) -> bool:
        """Whether any node lives in the camera's namespace."""
        wanted = f"{self._namespace}/{camera}"
        return any(space == wanted for _, space in self._node.get_node_names_and_namespaces())

    def rotate(self, camera: str, reason: str) -> str:
        """Have the camera forget its identities; why not, or an empty text."""
        name = f"{self._namespace}/{camera}/rotate_identities"
        try:
            authenticator = Authenticator(read_graph_secret(self._secret))
        except FileNotFoundError:
            authenticator = Authenticator(None)  # nodes that were started without one
        except PrivcvError as error:
            return str(error)
        request = RotateIdentities.Request(reason=reason[:64], nonce=secrets.randbits(64))
        answer = self._call(RotateIdentities, name, authenticator.sign(name, request))
        if answer is None:
            return "the anonymization node does not answer"
        try:
            if answer.done:
                authenticator.check(name, answer, request.nonce)
        except UnauthenticMessage as error:
            return str(error)
        return "" if answer.done else str(answer.message)

    def pause(self, camera: str, minutes: int) -> datetime:
        """Ask the desk to have ``camera`` count nobody, every camera where it is empty; until when.

        Raises ``ComplianceError`` where the desk does not answer, refuses or fails, and
        ``PrivcvError`` for an answer that is not the desk's.
        """
        try:
            authenticator = Authenticator(read_graph_secret(self._secret))
        except FileNotFoundError as error:
            raise ComplianceError(f"{self._secret}: is not there: has the graph run?") from error
        request = PauseCounting.Request(camera=camera, minutes=minutes, nonce=secrets.randbits(64))
        name = f"{self._namespace}{PAUSE}"
        answer = self._call(PauseCounting, name, authenticator.sign(name, request))
        if answer is None:
            raise ComplianceError(
                "the desk does not answer: run 'privcv desk listen' with 'desk: {service: {}}' in "
                "the site file"
            )
        if not answer.accepted:
            raise ComplianceError(f"not paused: {answer.message}")
        authenticator.check(name, answer, request.nonce)
        return datetime.fromtimestamp(answer.until_s, timezone.utc)

    def restart(self, node: str) -> str:
        """End the process of a node, such as ``/lobby/tracking``, and with it all it holds; why
        not, or an empty text.

        Whatever started the process starts it again. Nobody on the graph may do that: the kernel
        decides who may.
        """
        name = f"{self._namespace}{node}"
        if name not in self._ended:  # nodes of one process end together
            self._ended.update(end_and_await_again(name))
        return self._ended[name]

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
