# SPDX-License-Identifier: Apache-2.0
"""New identities are recognized by their generation, whatever clocks did meanwhile."""

from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
from rclpy.task import Future

from privcv_core.event_time.running_time import running_time
from privcv_core.node.authentication import Authenticator
from privcv_msgs.srv import RotateIdentities
from privcv_privacy.nodes import renewal
from privcv_privacy.nodes.renewal import Renewal

LATER_NS = 2**62
"""After every answer."""


class Camera:
    """A node with one client, and the camera behind it, which counts its renewals."""

    srv_name = "/lobby/rotate_identities"

    def __init__(self, secret: bytes | None = None) -> None:
        self.authenticator = Authenticator(secret)
        self.answers_as = self.authenticator
        self.refused: list[str] = []
        self.generation = 0
        self.requests = 0
        self.open_clients = 0

    def create_client(self, kind: Any, name: str) -> "Camera":
        assert name == "lobby/rotate_identities"
        self.open_clients += 1
        return self

    def resolve_service_name(self, name: str) -> str:
        return f"/{name}"

    def destroy_client(self, client: "Camera") -> None:
        self.open_clients -= 1

    def service_is_ready(self) -> bool:
        return True

    def call_async(self, request: RotateIdentities.Request) -> "Future[Any]":
        self.requests += 1
        self.generation += 1
        future: Future[Any] = Future()
        # Its clock was years ahead when it answered.
        answer = RotateIdentities.Response(done=True, tick=2**32 - 1, generation=self.generation)
        future.set_result(self.answers_as.sign(self.srv_name, answer, request.nonce))
        return future

    def refuse(self, place: str, what: str) -> None:
        self.refused.append(place)


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Camera:
    monkeypatch.setattr(renewal, "ASK_AGAIN_S", 0.0)
    return Camera()


def test_the_first_tick_of_the_new_generation_is_told_once(camera: Camera) -> None:
    asked = Renewal(camera, ["lobby"])  # type: ignore[arg-type]
    asked.ask()
    assert [asked.reached("lobby", generation, LATER_NS) for generation in (0, 0, 1, 1, 2)] == [
        False, False, True, False, False,
    ]  # fmt: skip
    assert (asked.unanswered, camera.open_clients) == ([], 0)


def test_a_camera_that_was_started_again_is_asked_again(camera: Camera) -> None:
    asked = Renewal(camera, ["lobby"])  # type: ignore[arg-type]
    camera.generation = 7
    asked.ask()
    camera.generation = 0  # it was started again before a tick of generation 8 came
    for _ in range(20):
        asked.ask()
        if asked.reached("lobby", camera.generation, LATER_NS):
            break
    assert (camera.requests, asked.unanswered) == (2, [])


@pytest.mark.parametrize("impostor", [None, b"another secret"])
def test_the_answer_of_an_impostor_renews_nothing(
    impostor: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else old identities would pay out of cohorts that nobody retired."""
    monkeypatch.setattr(renewal, "ASK_AGAIN_S", 0.0)
    camera = Camera(b"the secret")
    camera.answers_as = Authenticator(impostor)
    asking = Renewal(camera, ["lobby"])  # type: ignore[arg-type]
    asking.ask()
    assert camera.refused == ["/lobby/rotate_identities"]
    assert not asking.reached("lobby", 2**31, LATER_NS)
    assert asking.unanswered == ["lobby"]
    camera.answers_as = camera.authenticator
    asking.ask()
    assert asking.reached("lobby", camera.generation, LATER_NS)


def test_a_tick_from_before_the_answer_renews_nothing_whatever_it_counts() -> None:
    """Recorded of an earlier start of the camera, whose count of renewals was higher."""
    camera = Camera(b"the secret")
    recorded_ns = running_time().at_ns
    asking = Renewal(camera, ["lobby"])  # type: ignore[arg-type]
    asking.ask()
    assert not asking.reached("lobby", 2**31, recorded_ns)
    assert asking.reached("lobby", camera.generation, running_time().at_ns)
