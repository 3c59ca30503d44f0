# SPDX-License-Identifier: Apache-2.0
"""An endpoint whose node is not known yet, or not any more, is judged all the same."""

from privcv_compliance.graph.participants import SETTLES_S
from privcv_compliance.graph.roles import Call
from privcv_compliance.graph.rules import UNNAMED, Endpoint, Topic
from privcv_compliance.graph.unnamed import Unnamed

TRACKS, SERVICE = "/lobby/tracks", "/lobby/rotate_identities"


def gid(process: int, endpoint: int) -> str:
    return f"{process:024x}{endpoint:08x}"


def tracks(process: int, node: str = UNNAMED) -> Topic:
    return Topic(TRACKS, subscribers=(Endpoint(node, "any", gid=gid(process, 1)),))


def call(process: int, node: str = UNNAMED) -> Call:
    return Call(node, SERVICE, gid=gid(process, 2))


def test_an_endpoint_without_a_name_counts_once_its_name_had_time_to_come() -> None:
    unnamed = Unnamed()
    topics, calls = [tracks(7)], [call(8)]
    assert unnamed.settled(topics, calls, 0.0) == ([Topic(TRACKS)], [])
    assert unnamed.settled(topics, calls, SETTLES_S) == (topics, calls)
    assert unnamed.settled([tracks(9)], [], SETTLES_S) == ([Topic(TRACKS)], [])


def test_what_ends_before_its_name_came_is_told_then_and_once() -> None:
    unnamed = Unnamed()
    unnamed.settled([tracks(7)], [call(8)], 0.0)
    assert unnamed.settled([], [], 0.3) == ([tracks(7)], [call(8)])
    assert unnamed.settled([], [], 0.4) == ([], [])


def test_it_is_told_under_the_name_that_others_of_its_process_have() -> None:
    unnamed = Unnamed()
    rosout = Topic("/rosout", (Endpoint("/caller", "any", gid=gid(8, 3)),))
    unnamed.settled([rosout, tracks(8)], [call(8)], 0.0)
    topics, calls = unnamed.settled([Topic(TRACKS)], [], 0.3)
    assert (topics, calls) == ([tracks(8, "/caller")], [call(8, "/caller")])


def test_a_node_of_ours_that_gives_up_a_start_is_no_news() -> None:
    """It makes its endpoints, fails to be configured, and destroys them."""
    unnamed = Unnamed(["/lobby/tracking"])
    rosout = Topic("/rosout", (Endpoint("/lobby/tracking", "any", gid=gid(8, 3)),))
    unnamed.settled([rosout, tracks(8)], [], 0.0)
    assert unnamed.settled([rosout], [], 0.3) == ([rosout], [])


def test_an_endpoint_keeps_its_name_until_it_is_gone() -> None:
    """The middleware takes the name away first: what ends in order is not without one."""
    unnamed = Unnamed()
    named = [tracks(7, "/lobby/anonymization")], [call(8, "/aggregation")]
    assert unnamed.settled(*named, 0.0) == named
    assert unnamed.settled([tracks(7)], [call(8)], 9.0) == named
    assert unnamed.settled([], [], 9.1) == ([], [])
