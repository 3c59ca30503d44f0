# SPDX-License-Identifier: Apache-2.0
"""The aggregation node keeps a lasting fault on /diagnostics and lets a passing one go."""

from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")

from privcv_privacy.errors import LedgerError
from privcv_privacy.nodes.aggregation import AggregationNode


class Node(SimpleNamespace):
    """What ``_release`` needs of the node; ``logged`` counts its errors."""

    def __init__(self):
        self.logged = []
        super().__init__(
            _fault=None,
            get_logger=lambda: SimpleNamespace(error=self.logged.append),
            _aggregator=SimpleNamespace(withhold=lambda reason: None),
            _guard=SimpleNamespace(withholds=False),
        )

    def release(self, error=None):
        def make():
            if error is not None:
                raise error
            return []

        AggregationNode._release(self, make)


@pytest.mark.parametrize("text", ["wait for a restart", "it is an old copy; restore the latest"])
@pytest.mark.parametrize("lasting", [True, False])
def test_the_kind_decides_and_no_word(text, lasting):
    node = Node()
    node.release(LedgerError(text, lasting=lasting))
    assert str(node._fault) == text
    node.release()  # a tick that closes no window
    assert (node._fault is not None) == lasting


def test_a_fault_is_logged_once_and_again_when_it_lasts():
    node = Node()
    for lasting in (False, False, True, True):
        node.release(LedgerError("text", lasting=lasting))
    assert len(node.logged) == 2
