# SPDX-License-Identifier: Apache-2.0
"""Exactly one endpoint for each role of the graph: a pure check for twins, callers and servers.

A second node of a name that is ours, a second publisher where one speaks, somebody else's
acknowledgements, and whoever calls or offers a service of ours, is a ``Finding``.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from privcv_compliance.graph.rules import PRIVATE_TOPICS, RELEASES, Finding, GraphRules, Topic

LIFECYCLE_SERVICES = frozenset(
    {"change_state", "get_state", "get_available_states", "get_available_transitions",
     "get_transition_graph"}
)  # fmt: skip
MAY_ROTATE = ("/aggregation", "/privcv_dsr")  # as all names here, within the namespace
DESK, PAUSE, MAY_PAUSE = "/privcv_desk", "/pause_counting", "/privcv_pause"
_OF_DEVICE = ("/aggregation", "/uplink", "/guard", DESK)
_OF_CAMERA = ("detection", "tracking", "anonymization")
_SPEAKERS = {
    "/zone_reports": "/aggregation",
    "/secure_reports": "/aggregation",
    "/privacy_budget": "/aggregation",
    "/delivery_status": "/uplink",
    "/guard_heartbeat": "/guard",
}
DEVICE_TOPICS = tuple(_SPEAKERS)
"""Topics of the device, of which each has one voice; within its namespace."""


@dataclass(frozen=True)
class Call:
    """A node that offers a service (``is_server``), or may call it."""

    node: str
    service: str
    is_server: bool = False
    gid: str = ""  # of its endpoint, as hex; empty where it is not known


def our_nodes(
    cameras: Sequence[str], namespace: str = "", streams: Iterable[str] = ()
) -> frozenset[str]:
    """Full names of the nodes of a site with ``cameras``, and ``streams`` of images without people;
    ``namespace`` as in ``GraphRules``."""
    of_cameras = (f"/{camera}/{node}" for camera in cameras for node in _OF_CAMERA)
    of_streams = (f"/{stream}/redaction" for stream in streams)
    return frozenset(f"{namespace}{name}" for name in (*_OF_DEVICE, *of_cameras, *of_streams))


def check_roles(
    topics: Sequence[Topic], nodes: Sequence[str], calls: Sequence[Call], rules: GraphRules
) -> list[Finding]:
    """What of ``topics``, ``nodes`` (full names, each as often as it is there) and ``calls`` is not
    as it must be, in a graph with ``rules``."""
    ours = our_nodes(rules.cameras, rules.namespace, rules.redactions)
    speakers = {rules.full(topic): rules.full(node) for topic, node in _SPEAKERS.items()}
    found: list[Finding] = []
    for node, count in sorted(Counter(nodes).items()):
        if node in ours and count > 1:
            what = f"{node} is there {count} times: one of them is an impostor"
            found.append(Finding("twin", "", node, what))
    for topic in sorted(topics, key=lambda topic: topic.name):
        watched = {*speakers, *_private(rules), "/diagnostics"}
        if rules.redacted_by(topic.name):
            watched.add(topic.name)
        found.extend(_twins(topic, ours, watched))
        if topic.name in speakers and topic.name not in map(rules.full, RELEASES):
            found.extend(_strangers(topic, speakers[topic.name]))
    for call in sorted(set(calls), key=lambda call: (call.service, call.node, call.is_server)):
        found.extend(_service(call, ours, rules))
    servers = Counter((one.node, one.service) for one in set(calls) if one.is_server)
    for (node, service), count in sorted(servers.items()):
        if node in ours and count > 1:
            what = f"{node} offers {service} {count} times: one of them is an impostor"
            found.append(Finding("twin", service, node, what))
    return list(dict.fromkeys(found))


def _private(rules: GraphRules) -> set[str]:
    return {rules.full(f"/{camera}/{name}") for camera in rules.cameras for name in PRIVATE_TOPICS}


def _twins(topic: Topic, ours: frozenset[str], watched: Collection[str]) -> Iterator[Finding]:
    if topic.name not in watched:
        return
    for ends, verb in ((topic.publishers, "publishes"), (topic.subscribers, "listens to")):
        for node, count in sorted(Counter(end.node for end in ends).items()):
            if node in ours and count > 1:
                what = f"{node} {verb} {topic.name} {count} times: one of them is an impostor"
                yield Finding("twin", topic.name, node, what)


def _strangers(topic: Topic, speaker: str) -> Iterator[Finding]:
    for end in topic.publishers:
        if end.node != speaker:
            what = f"{end.node} publishes {topic.name}; only {speaker} may"
            yield Finding("speaker", topic.name, end.node, what)


def _service(call: Call, ours: frozenset[str], rules: GraphRules) -> Iterator[Finding]:
    owner = call.service.rpartition("/")[0]
    rotations = {rules.full(f"/{camera}/rotate_identities") for camera in rules.cameras}
    if call.service in rotations:
        owner = f"{owner}/anonymization"
        may_call = {rules.full(name) for name in MAY_ROTATE}
    elif call.service == rules.full(PAUSE):
        owner = rules.full(DESK)
        may_call = {rules.full(MAY_PAUSE), *rules.pause_callers}
    elif owner in ours:
        may_call = {owner}
        if call.service.rpartition("/")[2] in LIFECYCLE_SERVICES:
            may_call.add(rules.lifecycle_manager)
    else:
        return
    if call.is_server and call.node != owner:
        what = f"{call.node} offers {call.service}; only {owner} may"
        yield Finding("server", call.service, call.node, what)
    if not call.is_server and call.node not in may_call:
        what = f"{call.node} calls {call.service}, and may not"
        yield Finding("caller", call.service, call.node, what)
