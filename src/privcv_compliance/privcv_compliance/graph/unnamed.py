# SPDX-License-Identifier: Apache-2.0
"""Endpoints whose node is not known: yet, because they have just come, or any more, as they end.

The middleware tells of an endpoint first and of its node a moment later, and takes the name away
before the endpoint. What ends before its name came is told at its end.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from privcv_compliance.graph.participants import SETTLES_S, participant
from privcv_compliance.graph.roles import Call
from privcv_compliance.graph.rules import UNNAMED, Endpoint, Topic

_Placed = tuple[Topic | None, Endpoint | Call]
"""An endpoint: a publisher or subscriber as the one of a topic that has no other, or a call."""


class Unnamed:
    """``ours``: full names of the nodes of the graph, of which one that has not come far, such as
    at a start that fails, is no news."""

    def __init__(self, ours: Iterable[str] = ()) -> None:
        self._ours = frozenset(ours)
        self._names: dict[str, str] = {}  # of endpoints that are there
        self._since_s: dict[str, float] = {}
        self._young: dict[str, _Placed] = {}

    def settled(
        self, topics: Sequence[Topic], calls: Sequence[Call], now_s: float
    ) -> tuple[list[Topic], list[Call]]:
        """What is there with the names that are known, without what has had none for less than
        ``SETTLES_S``, and with what had none when it went."""
        placed = list(_placed(topics, calls))
        known = {**self._names, **{end.gid: end.node for _, end in placed if end.node != UNNAMED}}
        there = {end.gid for _, end in placed}
        gone = [self._with_name(one, known) for gid, one in self._young.items() if gid not in there]
        self._names = {gid: known[gid] for gid in there if gid in known}
        unnamed = there - self._names.keys()
        self._since_s = {gid: self._since_s.get(gid, now_s) for gid in unnamed}
        young = {gid for gid, since_s in self._since_s.items() if now_s - since_s < SETTLES_S}
        self._young = {end.gid: (topic, end) for topic, end in placed if end.gid in young}
        told = [one for one in gone if one[1].node not in self._ours]

        def kept(ends: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
            named = (replace(end, node=self._names.get(end.gid, end.node)) for end in ends)
            return tuple(end for end in named if end.gid not in young)

        at_topics = [
            replace(topic, publishers=kept(topic.publishers), subscribers=kept(topic.subscribers))
            for topic in topics
        ]
        at_services = [
            replace(call, node=self._names.get(call.gid, call.node))
            for call in calls
            if call.gid not in young
        ]
        return _with(at_topics, told), [
            *at_services, *(end for _, end in told if isinstance(end, Call))
        ]  # fmt: skip

    def _with_name(self, one: _Placed, known: dict[str, str]) -> _Placed:
        """An endpoint that went, under a name that other endpoints of its process have."""
        topic, end = one
        same = {node for gid, node in known.items() if participant(gid) == participant(end.gid)}
        node = min(same - self._ours or same, default=UNNAMED)
        if topic is not None:
            topic = replace(
                topic,
                publishers=tuple(replace(each, node=node) for each in topic.publishers),
                subscribers=tuple(replace(each, node=node) for each in topic.subscribers),
            )
        return topic, replace(end, node=node)


def _placed(topics: Sequence[Topic], calls: Sequence[Call]) -> Iterator[_Placed]:
    """Whatever has a global id."""
    for topic in topics:
        for end in filter(_gid, topic.publishers):
            yield Topic(topic.name, publishers=(end,)), end
        for end in filter(_gid, topic.subscribers):
            yield Topic(topic.name, subscribers=(end,)), end
    for call in filter(_gid, calls):
        yield None, call


def _gid(end: Endpoint | Call) -> str:
    return end.gid


def _with(topics: list[Topic], told: Sequence[_Placed]) -> list[Topic]:
    """``topics`` and the endpoints that went: each topic once."""
    found = {topic.name: topic for topic in topics}
    for more, _ in told:
        if more is not None:
            topic = found.get(more.name, Topic(more.name))
            found[more.name] = replace(
                topic,
                publishers=(*topic.publishers, *more.publishers),
                subscribers=(*topic.subscribers, *more.subscribers),
            )
    return list(found.values())
