# SPDX-License-Identifier: Apache-2.0
"""The service by which a pause is asked for on the graph, as the desk offers it.

Serves       pause_counting   privcv_msgs/PauseCounting   nobody is counted for some minutes

Nobody on the graph is trusted: a request carries an HMAC by the secret of the device, is believed
once and within a minute, and so does the answer, bound to it. Whoever has the secret may ask.
"""

import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions

from privcv_core.authorization.pause_note import LONGEST_MINUTES, Paused
from privcv_core.errors import PrivcvError
from privcv_core.node.authentication import Authenticator, UnauthenticMessage
from privcv_core.node.environment import as_in_the_graph
from privcv_core.node.freshness import Freshness
from privcv_core.node.lifecycle import sealed
from privcv_core.node.messages import MessageNode
from privcv_core.node.presence import announce
from privcv_core.node.process import make_executor
from privcv_msgs.srv import PauseCounting

NODE, SERVICE = "privcv_desk", "pause_counting"
_NONCES = 1024  # of a minute; an older request is too old to be believed anyway
SPIN_S = 0.2

Pause = Callable[[Sequence[str], int], Sequence[Paused]]
"""Pauses cameras, all where none is named, for so many minutes; gives nothing where that failed."""


class PauseService(MessageNode):
    """Answers requests for a pause of ``cameras``. ``fault``: is told what was refused, once in a
    minute, for the audit log; ``refused`` counts."""

    def __init__(
        self,
        authenticator: Authenticator,
        cameras: Collection[str],
        pause: Pause,
        fault: Callable[[str], None],
        **options: Any,
    ) -> None:
        super().__init__(NODE, **sealed(), **options)
        self.authenticator = authenticator
        self._cameras, self._pause, self._fault = cameras, pause, fault
        self._asked = Freshness()
        self._nonces: deque[int] = deque(maxlen=_NONCES)
        self._service = self.create_service(PauseCounting, SERVICE, self._answer)

    def record(self, event: str, **facts: Any) -> None:
        """Of what this node does, only what it refused is a fact of its own."""
        if event == "fault":
            self._fault(str(facts["what"]))

    def _answer(
        self, request: PauseCounting.Request, response: PauseCounting.Response
    ) -> PauseCounting.Response:
        name = self._service.service_name
        try:
            self._asked.believe(name, self.authenticator.check(name, request))
            if request.nonce in self._nonces:
                raise UnauthenticMessage(f"{name}: a request with the number of an earlier one")
        except UnauthenticMessage as error:
            self.refuse(name, str(error))
            response.message = "refused: no process of this graph asks, or it asked before"
            return response
        self._nonces.append(request.nonce)
        if request.camera and request.camera not in self._cameras:
            response.message = "the site has no camera of that name"
        elif not 1 <= request.minutes <= LONGEST_MINUTES:
            response.message = f"a pause lasts 1 to {LONGEST_MINUTES} minutes"
        else:
            self._ask(request, response)
        return self.authenticator.sign(name, response, request.nonce)

    def _ask(self, request: PauseCounting.Request, response: PauseCounting.Response) -> None:
        paused = self._pause((request.camera,) if request.camera else (), request.minutes)
        if paused:
            response.accepted = True
            response.until_s = int(min(one.until for one in paused).timestamp())
        else:
            response.message = "not paused, or not written down; the desk says why"


def serve_pauses(
    secret: bytes,
    cameras: Collection[str],
    pause: Pause,
    fault: Callable[[str], None],
    ended: threading.Event,
    listens: Callable[[], None] = lambda: None,
    namespace: str = "",
) -> None:
    """Offer the service until ``ended``; ``listens`` is called once it is there.

    ``namespace``: of the device.

    Raises ``PrivcvError`` where the machine does not tell one boot from another.
    """
    authenticator = Authenticator(secret)
    context = rclpy.Context()
    with as_in_the_graph():
        rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
        space = namespace or None
        node = PauseService(authenticator, cameras, pause, fault, context=context, namespace=space)
    announce(type(node).__name__, "", node.get_fully_qualified_name())
    executor = make_executor(context)
    executor.add_node(node)
    try:
        listens()
        while not ended.is_set():
            _spin_once(executor, node)
    finally:
        node.destroy_node()
        rclpy.try_shutdown(context=context)


def _spin_once(executor: Any, node: PauseService) -> None:
    try:
        executor.spin_once(timeout_sec=SPIN_S)
    except PrivcvError as error:  # what cannot be written down ends no desk
        node.get_logger().error(str(error))
    except Exception as error:  # bytes that are no request
        node.refuse("the middleware", f"cannot be read: {error}")
