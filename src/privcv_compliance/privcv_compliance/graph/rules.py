# SPDX-License-Identifier: Apache-2.0
"""What must not be true of the running graph: a pure check of who publishes and who listens.

The graph keeps personal data between four nodes per camera. Whoever else listens in, records,
brings an image in, or takes the data to another machine is a ``Finding``. Names on a graph can be
forged; only SROS2 proves them. This check finds mistakes and carelessness, not a determined forger.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

PRIVATE_TOPICS = {
    "detections": ("detection", "tracking", "privcv_msgs/msg/Detections"),
    "tracks": ("tracking", "anonymization", "privcv_msgs/msg/Tracks"),
    "anonymous_tracks": ("anonymization", "/aggregation", "privcv_msgs/msg/AnonymousTracks"),
}
"""Topic of a camera -> its one publisher, its one subscriber, its type; names with a leading slash
are of the device, within its namespace."""

RELEASES = {
    "/zone_reports": "privcv_msgs/msg/ZoneReports",
    "/secure_reports": "privcv_msgs/msg/SecureReport",
}
"""Topic of the device on which what leaves it comes from the privacy process -> its type."""

REDACTED = "redacted"
"""Namespace, within that of a stream, of its images without people."""

IMAGE_TYPES = frozenset(
    {
        "sensor_msgs/msg/Image",
        "sensor_msgs/msg/CompressedImage",
        "sensor_msgs/msg/PointCloud2",
        "stereo_msgs/msg/DisparityImage",
        "theora_image_transport/msg/Packet",
        "ffmpeg_image_transport_msgs/msg/FFMPEGPacket",
        "foxglove_msgs/msg/CompressedVideo",
    }
)
"""Known as images even where their package is not installed here."""

UNNAMED = "(no ROS node)"
"""Stands for the name of an endpoint of DDS that no node of ROS has."""

ROS_OWN = frozenset({"/parameter_events", "/rosout", "/clock"})


@dataclass(frozen=True)
class Endpoint:
    """A publisher or subscriber. ``host`` tells machines apart; empty where it is not known, as is
    ``gid``, its global id in DDS, as hex."""

    node: str
    type: str
    host: str = ""
    gid: str = ""


@dataclass(frozen=True)
class Topic:
    """A topic of the running graph."""

    name: str
    publishers: tuple[Endpoint, ...] = ()
    subscribers: tuple[Endpoint, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One thing that must not be, in words. ``kind`` is for programs."""

    kind: str
    topic: str
    node: str
    what: str

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class GraphRules:
    """What may be. ``frame_topics``: topic of images -> the camera whose detection reads it.

    ``report_readers`` may listen to reports, which are noisy totals; ``detection_readers`` to the
    detections, beside tracking: a player in lock-step does. ``host`` is this machine.
    ``open_ports`` are ports of DDS on which this machine listens to others; ``remote_peers`` is
    ``ROS_STATIC_PEERS`` and ``discovery_range`` is ``ROS_AUTOMATIC_DISCOVERY_RANGE`` of the graph.
    ``lifecycle_manager``: the one node that may call the lifecycle services of ours, if any.
    ``pause_callers`` may ask the desk for a pause, beside our own command.
    ``namespace``: '' or such as ``/robot1``, what our names begin with. ``neighbours``: those of
    other devices on this machine, whose detection may read frames that no camera of ours reads.
    ``redactions``: stream -> topic of images that its redaction reads, to publish them without
    people, which anybody on this machine may see.
    """

    cameras: Sequence[str]
    frame_topics: Mapping[str, str] = field(default_factory=dict)
    report_readers: Sequence[str] = ("/uplink",)
    detection_readers: Sequence[str] = ()
    host: str = ""
    discovery_range: str = "SUBNET"
    remote_peers: str = ""
    open_ports: Sequence[int] = ()
    lifecycle_manager: str = ""
    pause_callers: Sequence[str] = ()
    namespace: str = ""
    neighbours: Sequence[str] = ()
    redactions: Mapping[str, str] = field(default_factory=dict)

    def redacted_by(self, topic: str) -> str:
        """The node that alone may publish images without people as ``topic``; '' for another."""
        for stream in self.redactions:
            if topic.startswith(self.full(f"/{stream}/{REDACTED}/")):
                return self.full(f"/{stream}/redaction")
        return ""

    def full(self, name: str) -> str:
        """The full name of a node or topic of ours, from that within the namespace (``/guard``)."""
        return f"{self.namespace}{name}"


def check_graph(
    topics: Sequence[Topic], rules: GraphRules, holds_pixels: Callable[[str], str | None]
) -> list[Finding]:
    """Everything about ``topics`` that ``rules`` do not allow.

    ``holds_pixels`` names the field of a message type that could hold an image, or gives ``None``.
    """
    found: list[Finding] = list(_transport(rules))
    for topic in sorted(topics, key=lambda topic: topic.name):
        found.extend(_hosts(topic, rules))
        private = _private(topic.name, rules)
        if private is not None:
            also = rules.detection_readers if topic.name.endswith("/detections") else ()
            found.extend(_listeners(topic, private[1], also))
            found.extend(_speakers(topic, *private))
            found.extend(_type(topic, private[2]))
        elif (kind := _released(topic.name, rules)) is not None:
            found.extend(_readers(topic, rules))
            found.extend(_type(topic, kind))
        elif topic.name not in ROS_OWN:
            found.extend(_images(topic, rules, holds_pixels))
    return found


def _released(name: str, rules: GraphRules) -> str | None:
    """The type of a topic of ours on which releases leave the privacy process."""
    return next((kind for one, kind in RELEASES.items() if name == rules.full(one)), None)


def _private(name: str, rules: GraphRules) -> tuple[str, str, str] | None:
    """(publisher, subscriber, type) of a private topic of one of our cameras."""
    for camera in rules.cameras:
        for topic, (publisher, subscriber, kind) in PRIVATE_TOPICS.items():
            if name == rules.full(f"/{camera}/{topic}"):
                is_of_device = subscriber.startswith("/")
                listener = subscriber if is_of_device else f"/{camera}/{subscriber}"
                return rules.full(f"/{camera}/{publisher}"), rules.full(listener), kind
    return None


def _listeners(topic: Topic, subscriber: str, also: Sequence[str]) -> Iterator[Finding]:
    for endpoint in topic.subscribers:
        if endpoint.node == subscriber or endpoint.node in also:
            continue
        if endpoint.node.rsplit("/", 1)[-1].startswith("rosbag2"):
            what = f"{endpoint.node} records {topic.name}, which is personal data, to disk"
            yield Finding("recorder", topic.name, endpoint.node, what)
        else:
            what = f"{endpoint.node} listens to {topic.name}; only {subscriber} may"
            yield Finding("listener", topic.name, endpoint.node, what)


def _speakers(topic: Topic, publisher: str, subscriber: str, kind: str) -> Iterator[Finding]:
    for endpoint in topic.publishers:
        if endpoint.node != publisher:
            what = f"{endpoint.node} publishes {topic.name}; only {publisher} may"
            yield Finding("speaker", topic.name, endpoint.node, what)


def _readers(topic: Topic, rules: GraphRules) -> Iterator[Finding]:
    for endpoint in topic.subscribers:
        if endpoint.node not in rules.report_readers:
            what = f"{endpoint.node} listens to {topic.name} and is not among the report readers"
            yield Finding("reader", topic.name, endpoint.node, what)
    yield from _speakers(topic, rules.full("/aggregation"), "", "")


def _type(topic: Topic, expected: str) -> Iterator[Finding]:
    for endpoint in (*topic.publishers, *topic.subscribers):
        if endpoint.type != expected:
            what = f"{endpoint.node} uses {topic.name} as {endpoint.type}, not as {expected}"
            yield Finding("type", topic.name, endpoint.node, what)


def _images(
    topic: Topic, rules: GraphRules, holds_pixels: Callable[[str], str | None]
) -> Iterator[Finding]:
    redaction = rules.redacted_by(topic.name)
    if redaction:
        yield from _speakers(topic, redaction, "", "")
        return
    readers = [
        rules.full(f"/{one}/redaction") for one, t in rules.redactions.items() if t == topic.name
    ]
    for endpoint in topic.publishers:
        why = _image_field(endpoint.type, holds_pixels)
        if why and _is_ours(endpoint.node, rules):
            what = f"{endpoint.node} publishes {topic.name}: {why}"
            yield Finding("image", topic.name, endpoint.node, what)
        elif (
            why
            and _is_ours(topic.name, rules)
            and topic.name not in (*rules.frame_topics, *rules.redactions.values())
        ):
            what = f"{topic.name} lies within a camera's namespace: {why}"
            yield Finding("image", topic.name, endpoint.node, what)
    for endpoint in topic.subscribers:
        why = _image_field(endpoint.type, holds_pixels)
        camera = rules.frame_topics.get(topic.name)
        if camera is None and not readers and _is_neighbour(endpoint.node, rules):
            continue
        may_read = [*([rules.full(f"/{camera}/detection")] if camera else []), *readers]
        if why and endpoint.node not in may_read:
            only = f"only {' and '.join(may_read)} may"
            may = only if may_read else "no camera of this site reads it"
            what = f"{endpoint.node} listens to frames on {topic.name}; {may}"
            yield Finding("frames", topic.name, endpoint.node, what)


def _image_field(kind: str, holds_pixels: Callable[[str], str | None]) -> str | None:
    if kind in IMAGE_TYPES:
        return f"{kind} is an image"
    field_name = holds_pixels(kind)
    return f"{kind} can hold an image in '{field_name}'" if field_name else None


def _is_ours(name: str, rules: GraphRules) -> bool:
    """Whether a node or topic belongs to the graph of privcv."""
    device = ("/aggregation", "/uplink", "/guard")
    redactions = (f"/{stream}/redaction" for stream in rules.redactions)
    return name in map(rules.full, (*device, *redactions)) or any(
        name.startswith(rules.full(f"/{camera}/")) for camera in rules.cameras
    )


def _is_neighbour(node: str, rules: GraphRules) -> bool:
    """Whether it is the detection of a camera of another device that may be there."""
    camera, _, name = node.rpartition("/")
    return name == "detection" and camera.rpartition("/")[0] in rules.neighbours


def _hosts(topic: Topic, rules: GraphRules) -> Iterator[Finding]:
    if not rules.host:
        return
    for endpoint in (*topic.publishers, *topic.subscribers):
        if endpoint.host and endpoint.host != rules.host:
            what = f"{endpoint.node} on {topic.name} runs on another machine or network namespace"
            yield Finding("host", topic.name, endpoint.node, what)


def _transport(rules: GraphRules) -> Iterator[Finding]:
    if rules.discovery_range == "LOCALHOST":
        what = (
            "ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST adds the shared-memory transport, where "
            "messages stay readable: keep DDS on the loopback with a profile instead"
        )
        yield Finding("transport", "", "", what)
    if rules.open_ports:
        ports = ", ".join(map(str, rules.open_ports))
        what = f"DDS listens to other machines on the UDP ports {ports}: bind it to 127.0.0.1"
        yield Finding("port", "", "", what)
    if rules.remote_peers:
        what = f"DDS may leave this machine: ROS_STATIC_PEERS is '{rules.remote_peers}'"
        yield Finding("transport", "", "", what)
