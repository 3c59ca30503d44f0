# SPDX-License-Identifier: Apache-2.0
"""What a node can see of the running graph, as the plain data that the guard checks."""

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from privcv_compliance.graph.roles import DESK, DEVICE_TOPICS, PAUSE, Call
from privcv_compliance.graph.rules import PRIVATE_TOPICS, UNNAMED, Endpoint, GraphRules, Topic

_FAST_DDS = [0x01, 0x0F]  # vendor id with which its global ids begin
_UNKNOWN = "_UNKNOWN_"  # in the name and namespace that rmw gives what is of no node
_BYTES = ("uint8", "int8", "octet", "byte", "char")
_LONGEST_BYTES = 4


def view_graph(node: Any) -> list[Topic]:
    """Every topic that ``node`` knows of, with the endpoints on it."""
    return [
        Topic(
            name,
            tuple(_endpoint(info) for info in node.get_publishers_info_by_topic(name)),
            tuple(_endpoint(info) for info in node.get_subscriptions_info_by_topic(name)),
        )
        for name, _ in node.get_topic_names_and_types()
    ]


def view_nodes(node: Any) -> list[str]:
    """The full name of every node that ``node`` knows of, as often as it is there."""
    found = node.get_node_names_and_namespaces()
    return [f"{space.rstrip('/')}/{name}" for name, space in found]


def view_calls(node: Any) -> list[Call]:
    """Who offers and who may call which service: whoever reads and writes its requests in DDS, also
    where that is no node of ROS."""
    found = []
    for name, _ in node.get_topic_names_and_types(no_demangle=True):
        if name.startswith("rq/") and name.endswith("Request"):
            service = name[2:].removesuffix("Request")
            for info in node.get_publishers_info_by_topic(name, no_mangle=True):
                end = _endpoint(info)
                found.append(Call(end.node, service, gid=end.gid))
            for info in node.get_subscriptions_info_by_topic(name, no_mangle=True):
                end = _endpoint(info)
                found.append(Call(end.node, service, is_server=True, gid=end.gid))
    return found


def glance(node: Any, cameras: Sequence[str]) -> object:
    """A quick look, which costs a tenth of a whole one: equal to the last one if nobody has come or
    gone, and nobody listens, speaks or calls where ours do that did not before."""
    names = node.get_topic_names_and_types(no_demangle=True)
    base = own_namespace(node)
    ours = ("/aggregation", "/uplink", "/guard", DESK, PAUSE)
    spaces = tuple(f"rq{base}{name}" for name in (*ours, *(f"/{name}/" for name in cameras)))
    called = [
        (info.node_namespace, info.node_name, bytes(info.endpoint_gid))
        for name, _ in names
        if name.startswith(spaces)
        for info in node.get_publishers_info_by_topic(name, no_mangle=True)
    ]
    private = (f"/{camera}/{topic}" for camera in cameras for topic in PRIVATE_TOPICS)
    heard = tuple(
        (node.count_publishers(f"{base}{topic}"), node.count_subscribers(f"{base}{topic}"))
        for topic in (*DEVICE_TOPICS, *private)
    )
    return sorted(view_nodes(node)), sorted(name for name, _ in names), sorted(called), heard


def rules_for(
    node: Any,
    topics: Sequence[Topic],
    cameras: Sequence[str],
    frame_topics: dict[str, str],
    report_readers: Sequence[str],
    lifecycle_manager: str = "",
    pause_callers: Sequence[str] = (),
    neighbours: Sequence[str] = (),
    detection_readers: Sequence[str] = (),
    redactions: Mapping[str, str] | None = None,
) -> GraphRules:
    """The rules of a site, seen from ``node``, whose machine, environment and namespace count as
    ours. ``…_readers``: names of nodes, within that namespace where they are no full ones."""
    own, base = node.get_fully_qualified_name(), own_namespace(node)

    def full(names: Sequence[str]) -> list[str]:
        return [name if name.startswith("/") else f"{base}/{name}" for name in names]

    hosts = {
        endpoint.host
        for topic in topics
        for endpoint in (*topic.publishers, *topic.subscribers)
        if endpoint.node == own
    }
    return GraphRules(
        cameras=cameras,
        frame_topics=frame_topics,
        report_readers=full(report_readers),
        detection_readers=full(detection_readers),
        host=next(iter(sorted(hosts)), ""),
        discovery_range=os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", ""),
        remote_peers=os.environ.get("ROS_STATIC_PEERS", ""),
        lifecycle_manager=lifecycle_manager,
        pause_callers=pause_callers,
        open_ports=open_dds_ports(int(os.environ.get("ROS_DOMAIN_ID") or 0)),
        namespace=base,
        neighbours=neighbours,
        redactions=redactions or {},
    )


def own_namespace(node: Any) -> str:
    """The namespace of ``node`` as a prefix of full names: '' for the root, else ``/robot1``."""
    return str(node.get_namespace()).rstrip("/")


def open_dds_ports(domain: int, proc: Path = Path("/proc")) -> tuple[int, ...]:
    """UDP ports of a DDS domain that are bound to more than the loopback interface.

    ``ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST`` does not close them: it only keeps DDS from looking
    for others. The ports are those of the RTPS specification, section 9.6.1. The first, where
    multicast arrives, is bound to all interfaces by necessity and not counted: whoever calls there
    is answered on the loopback only.
    """
    first = 7400 + 250 * domain
    found = set()
    for table, loopback in (("udp", "0100007F"), ("udp6", "0" * 24 + "01000000")):
        try:
            lines = (proc / "self" / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            address, _, port = line.split()[1].partition(":")
            if address != loopback and first < int(port, 16) < first + 250:
                found.add(int(port, 16))
    return tuple(sorted(found))


@lru_cache(maxsize=256)
def pixel_field(type_name: str) -> str | None:
    """The first field of a message type that holds more than 4 bytes in a row; else ``None``.

    A type that cannot be loaded here is looked at by its name only, see ``IMAGE_TYPES``.
    """
    package, _, name = type_name.partition("/msg/")
    try:
        message = getattr(import_module(f"{package}.msg"), name)
    except (AttributeError, ImportError, ValueError):
        return None
    for field_name, kind in message.get_fields_and_field_types().items():
        item, length = _item(kind)
        if item in _BYTES and length > _LONGEST_BYTES:
            return str(field_name)
        if "/" in item:
            inner = pixel_field(item.replace("/", "/msg/"))
            if inner is not None:
                return f"{field_name}.{inner}"
    return None


def _item(kind: str) -> tuple[str, float]:
    """(type of an item, most items) of a field: ``sequence<uint8, 16>`` is ("uint8", 16)."""
    if kind.startswith("sequence<"):
        inner, _, bound = kind[len("sequence<") : -1].partition(",")
        return inner.strip(), int(bound) if bound else float("inf")
    if kind.endswith("]"):
        inner, _, bound = kind[:-1].partition("[")
        return inner, int(bound)
    return kind, 1


def _endpoint(info: Any) -> Endpoint:
    namespace = info.node_namespace.rstrip("/")
    gid = list(info.endpoint_gid)
    host = bytes(gid[2:4]).hex() if gid[:2] == _FAST_DDS else ""
    name = f"{namespace}/{info.node_name}"
    return Endpoint(UNNAMED if _UNKNOWN in name else name, info.topic_type, host, bytes(gid).hex())
