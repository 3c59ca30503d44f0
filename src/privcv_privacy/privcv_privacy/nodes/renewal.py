# SPDX-License-Identifier: Apache-2.0
"""New identities after a restart: each camera is asked until it has answered.

People may still be there who were counted before this process started, and what they paid is not
remembered one by one. With new identities they are new visits.
"""

import secrets
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

from privcv_core.node.authentication import UnauthenticMessage
from privcv_core.node.messages import MessageNode
from privcv_msgs.srv import RotateIdentities

ASK_AGAIN_S = 10.0

OLDER_TICKS = 6
"""So many ticks of an older generation may still be on their way when a camera has answered."""


class Renewal:
    """From ``ask`` on, called about once a second, to the first tick without old identities.

    That is told by the camera's count of renewals, its *generation*, in a tick that was made after
    the camera's answer: no clock that is set can put it out of reach, and no tick that somebody
    recorded of an earlier start, whatever it counts, is taken for it. Only a camera that was
    started again counts from 0: it is asked again.
    """

    def __init__(self, node: MessageNode, cameras: Iterable[str]) -> None:
        self._node = node
        self._clients = {
            camera: node.create_client(RotateIdentities, f"{camera}/rotate_identities")
            for camera in cameras
        }
        self._asked_s: dict[str, float] = {}
        # Once answered: the generation without old identities, and when it was said.
        self._awaited: dict[str, tuple[int, int]] = {}
        self._older: dict[str, int] = {}  # ticks of an older one since then

    @property
    def unanswered(self) -> list[str]:
        """Cameras whose people may still be those of before."""
        return list(self._clients)

    def ask(self) -> None:
        """Ask every camera that is there and has not answered; a lost request is repeated."""
        now_s = time.monotonic()
        for camera, client in self._clients.items():
            if camera in self._awaited:
                continue
            waits_s = now_s - self._asked_s.get(camera, -ASK_AGAIN_S)
            if waits_s >= ASK_AGAIN_S and client.service_is_ready():
                self._asked_s[camera] = now_s
                request = RotateIdentities.Request(
                    reason="the aggregation was restarted", nonce=secrets.randbits(64)
                )
                self._node.authenticator.sign(self._full_name(camera), request)
                answered = partial(self._answered, camera, request.nonce)
                client.call_async(request).add_done_callback(answered)

    def reached(self, camera: str, generation: int, made_ns: int) -> bool:
        """Whether the camera's tick of ``generation``, made at ``made_ns`` of running time, is the
        first one heard of that holds no old identity. True once."""
        awaited = self._awaited.get(camera)
        if awaited is None:
            return False
        if made_ns > awaited[1] and generation >= awaited[0]:
            del self._awaited[camera]
            self._node.destroy_client(self._clients.pop(camera))
            return True
        self._older[camera] += 1
        if self._older[camera] > OLDER_TICKS:
            del self._awaited[camera]
        return False

    def _answered(self, camera: str, nonce: int, future: Any) -> None:
        answer = future.result() if future.exception() is None else None
        if answer is None:
            return
        name = self._full_name(camera)
        try:
            made_ns = self._node.authenticator.check(name, answer, nonce)
        except UnauthenticMessage as error:  # an impostor's: its people still owe new ones
            self._node.refuse(name, str(error))
            return
        if answer.done and camera in self._clients:
            self._awaited[camera], self._older[camera] = (answer.generation, made_ns), 0

    def _full_name(self, camera: str) -> str:
        return str(self._node.resolve_service_name(f"{camera}/rotate_identities"))
