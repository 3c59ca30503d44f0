# SPDX-License-Identifier: Apache-2.0
"""Our nodes are known by their processes: a second one, or another one, is found."""

from privcv_compliance.graph.participants import (
    REPLACED_FOR_S,
    SETTLES_S,
    Participants,
)
from privcv_compliance.graph.roles import Call, our_nodes
from privcv_compliance.graph.rules import Endpoint, Topic

OURS = our_nodes(["lobby"])
NODE = "/lobby/tracking"


def gid(process: int, endpoint: int) -> str:
    return f"{process:024x}{endpoint:08x}"


def topic(name: str, *processes: int, node: str = NODE) -> Topic:
    return Topic(name, tuple(Endpoint(node, "any", gid=gid(p, 1)) for p in processes))


class Graph:
    """Looks, one after the other; ``started`` is a restart that becomes known."""

    def __init__(self) -> None:
        self.started = False
        self.now_s = 0.0
        self.participants = Participants(self._take)

    def _take(self, node: str) -> bool:
        taken, self.started = self.started, False
        return taken

    def kinds(
        self, *topics: Topic, after_s: float = 0.1, calls: tuple[Call, ...] = ()
    ) -> list[str]:
        self.now_s += after_s
        found = self.participants.check(topics, calls, OURS, self.now_s)
        return [finding.kind for finding in found]


def test_one_process_for_each_node_has_no_finding() -> None:
    graph = Graph()
    for _ in range(3):
        assert graph.kinds(topic("/lobby/tracks", 1), topic("/rosout", 1)) == []
        assert graph.kinds() == []  # it may go and come


def test_a_second_process_of_our_name_is_found_wherever_it_speaks() -> None:
    graph = Graph()
    assert graph.kinds(topic("/lobby/tracks", 1), topic("/rosout", 2)) == ["twin"]
    assert graph.kinds(topic("/lobby/tracks", 1), topic("/rosout", 1, 2)) == ["twin"]
    call = Call(NODE, "/lobby/tracking/get_state", is_server=True, gid=gid(2, 9))
    assert graph.kinds(topic("/lobby/tracks", 1), calls=(call,)) == ["twin"]


def test_a_process_in_the_place_of_the_first_is_found_for_a_while() -> None:
    graph = Graph()
    graph.kinds(topic("/lobby/tracks", 1))
    graph.kinds(topic("/lobby/tracks", 2))
    assert graph.kinds(topic("/lobby/tracks", 2), after_s=2 * SETTLES_S) == ["replaced"]
    assert graph.kinds(topic("/lobby/tracks", 2), after_s=REPLACED_FOR_S) == []
    graph.kinds(topic("/lobby/tracks", 1))
    assert graph.kinds(topic("/lobby/tracks", 1), after_s=2 * SETTLES_S) == ["replaced"]


def test_a_twin_that_stays_when_the_first_goes_has_replaced_it() -> None:
    graph = Graph()
    graph.kinds(topic("/lobby/tracks", 1))
    assert graph.kinds(topic("/lobby/tracks", 1, 2)) == ["twin"]
    graph.kinds(topic("/lobby/tracks", 2))
    assert graph.kinds(topic("/lobby/tracks", 2), after_s=2 * SETTLES_S) == ["replaced"]


def test_a_restart_that_is_known_is_none() -> None:
    graph = Graph()
    graph.started = True  # it runs already: that explains no later one
    graph.kinds(topic("/lobby/tracks", 1))
    graph.kinds(topic("/lobby/tracks", 2))
    graph.started = True  # the announcement comes after the endpoints
    assert graph.kinds(topic("/lobby/tracks", 2), after_s=2 * SETTLES_S) == []
    assert graph.kinds(topic("/lobby/tracks", 3)) == []
    assert graph.kinds(topic("/lobby/tracks", 3), after_s=2 * SETTLES_S) == ["replaced"]


def test_other_nodes_may_be_as_many_processes_as_they_like() -> None:
    assert Graph().kinds(topic("/rosout", 1, 2, node="/robot")) == []
