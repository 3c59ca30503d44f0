# SPDX-License-Identifier: Apache-2.0
"""No two pytest processes share a ROS domain, none takes one in use, and a unit test has none."""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import ros_domain


def test_whoever_holds_a_domain_has_it_alone() -> None:
    with ExitStack() as stack:
        numbers = [stack.enter_context(ros_domain.held_domain()) for _ in range(5)]
        script = "import ros_domain\nwith ros_domain.held_domain() as n: print(n)"
        folder = Path(ros_domain.__file__).parent
        for _ in range(3):
            said = subprocess.check_output([sys.executable, "-c", script], cwd=folder, text=True)
            assert int(said) not in numbers
    assert len(set(numbers)) == 5
    assert all(1 <= number <= ros_domain.LAST_DOMAIN for number in numbers)


def test_a_domain_that_was_given_back_is_lent_again_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ros_domain.held_domain() as number:
        pass
    monkeypatch.setattr(ros_domain.random, "sample", lambda numbers, count: [number])
    with (
        ros_domain.held_domain() as again,
        pytest.raises(RuntimeError, match="are in use"),
        ros_domain.held_domain(),
    ):
        pass
    assert again == number


def test_a_domain_in_which_somebody_listens_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with ros_domain.held_domain() as number:
        pass
    monkeypatch.setattr(ros_domain.random, "sample", lambda numbers, count: [number])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        participant.bind(("", 7400 + 250 * number))
        with pytest.raises(RuntimeError, match="are in use"), ros_domain.held_domain():
            pass


def test_a_unit_test_can_start_no_node() -> None:
    rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")
    assert not os.environ["ROS_DOMAIN_ID"].isdigit()
    context = rclpy.Context()
    with pytest.raises(Exception, match="ROS_DOMAIN_ID"):
        context.init()


@pytest.mark.graph
def test_a_graph_test_has_one() -> None:
    assert 1 <= int(os.environ["ROS_DOMAIN_ID"]) <= ros_domain.LAST_DOMAIN
