# SPDX-License-Identifier: Apache-2.0
"""The guard finds every way in which personal data could leave the nodes that it belongs to."""

from dataclasses import replace

import pytest

from privcv_compliance.graph.rules import Endpoint, Finding, GraphRules, Topic, check_graph

RULES = GraphRules(cameras=["lobby"], frame_topics={"/door/image_raw": "lobby"}, host="aabb")
DETECTIONS = "privcv_msgs/msg/Detections"
TRACKS = "privcv_msgs/msg/Tracks"
ANONYMOUS = "privcv_msgs/msg/AnonymousTracks"
REPORTS = "privcv_msgs/msg/ZoneReports"
SECURE = "privcv_msgs/msg/SecureReport"
IMAGE = "sensor_msgs/msg/Image"


def end(node: str, kind: str, host: str = "aabb") -> Endpoint:
    return Endpoint(node, kind, host)


def topic(name: str, kind: str, publisher: str, subscriber: str) -> Topic:
    return Topic(name, (end(publisher, kind),), (end(subscriber, kind),))


GOOD = [
    topic("/door/image_raw", IMAGE, "/door/driver", "/lobby/detection"),
    topic("/lobby/detections", DETECTIONS, "/lobby/detection", "/lobby/tracking"),
    topic("/lobby/tracks", TRACKS, "/lobby/tracking", "/lobby/anonymization"),
    topic("/lobby/anonymous_tracks", ANONYMOUS, "/lobby/anonymization", "/aggregation"),
    topic("/zone_reports", REPORTS, "/aggregation", "/uplink"),
    topic("/secure_reports", SECURE, "/aggregation", "/uplink"),
    topic("/rosout", "rcl_interfaces/msg/Log", "/lobby/detection", "/somebody"),
    Topic("/diagnostics", (end("/lobby/detection", "diagnostic_msgs/msg/DiagnosticArray"),)),
]


def pixels(kind: str) -> str | None:
    """Stands in for looking at the message class."""
    return "blob" if kind == "custom_msgs/msg/Blob" else None


def check(topics: list[Topic], rules: GraphRules = RULES) -> list[Finding]:
    return check_graph(topics, rules, pixels)


def with_listener(name: str, node: str, host: str = "aabb") -> list[Topic]:
    changed = []
    for known in GOOD:
        if known.name == name:
            kind = known.publishers[0].type
            known = replace(known, subscribers=(*known.subscribers, end(node, kind, host)))
        changed.append(known)
    return changed


def test_the_graph_as_it_should_be_has_no_findings() -> None:
    assert check(GOOD) == []


@pytest.mark.parametrize("name", ["/lobby/detections", "/lobby/tracks", "/lobby/anonymous_tracks"])
def test_a_listener_on_a_private_topic_is_found(name: str) -> None:
    (finding,) = check(with_listener(name, "/ros2cli_echo"))
    assert (finding.kind, finding.node, finding.topic) == ("listener", "/ros2cli_echo", name)


def test_even_our_own_nodes_may_not_listen_where_they_do_not_belong() -> None:
    (finding,) = check(with_listener("/lobby/tracks", "/uplink"))
    assert finding.kind == "listener"


def test_a_bag_recorder_is_named_as_one() -> None:
    (finding,) = check(with_listener("/lobby/tracks", "/rosbag2_recorder"))
    assert finding.kind == "recorder"
    assert "to disk" in finding.what


@pytest.mark.parametrize("name", ["/zone_reports", "/secure_reports"])
def test_a_reader_of_reports_has_to_be_named(name: str) -> None:
    (finding,) = check(with_listener(name, "/dashboard"))
    assert finding.kind == "reader"
    allowed = replace(RULES, report_readers=("/uplink", "/dashboard"))
    assert check(with_listener(name, "/dashboard"), allowed) == []


def test_a_player_that_waits_for_detections_is_named_and_hears_no_more() -> None:
    named = replace(RULES, detection_readers=("/privcv_replay",))
    assert check(with_listener("/lobby/detections", "/privcv_replay"), named) == []
    for topic in ("/lobby/tracks", "/lobby/anonymous_tracks"):
        (finding,) = check(with_listener(topic, "/privcv_replay"), named)
        assert finding.kind == "listener"


def test_frames_belong_to_detection_only() -> None:
    (finding,) = check(with_listener("/door/image_raw", "/rqt_image_view"))
    assert (finding.kind, finding.node) == ("frames", "/rqt_image_view")


def test_an_image_downstream_is_found() -> None:
    debug = Topic("/debug_view", (end("/lobby/tracking", IMAGE),))
    (finding,) = check([*GOOD, debug])
    assert (finding.kind, finding.topic) == ("image", "/debug_view")


def test_an_image_within_a_cameras_namespace_is_found_whoever_publishes_it() -> None:
    (finding,) = check([*GOOD, Topic("/lobby/view", (end("/somebody", IMAGE),))])
    assert finding.kind == "image"


def test_a_type_that_can_hold_an_image_is_found_by_its_fields() -> None:
    hidden = Topic("/status", (end("/aggregation", "custom_msgs/msg/Blob"),))
    (finding,) = check([*GOOD, hidden])
    assert "in 'blob'" in finding.what


def test_a_private_topic_with_another_type_is_found() -> None:
    odd = topic("/lobby/tracks", IMAGE, "/lobby/tracking", "/lobby/anonymization")
    found = check([odd if known.name == odd.name else known for known in GOOD])
    assert {finding.kind for finding in found} == {"type"}


def test_a_second_publisher_of_a_private_topic_is_found() -> None:
    forged = replace(GOOD[2], publishers=(*GOOD[2].publishers, end("/forger", TRACKS)))
    found = check([forged if known.name == forged.name else known for known in GOOD])
    assert [finding.kind for finding in found] == ["speaker"]


def test_another_machine_is_found() -> None:
    found = check(with_listener("/lobby/tracks", "/lobby/anonymization", host="ccdd"))
    assert [finding.kind for finding in found] == ["host"]


def test_a_setting_that_brings_shared_memory_back_is_found() -> None:
    (finding,) = check(GOOD, replace(RULES, discovery_range="LOCALHOST"))
    assert finding.kind == "transport"


def test_peers_on_other_machines_are_found() -> None:
    (finding,) = check(GOOD, replace(RULES, remote_peers="192.0.2.7"))
    assert finding.kind == "transport"


def test_ports_open_to_other_machines_are_found() -> None:
    (finding,) = check(GOOD, replace(RULES, open_ports=(7412, 7413)))
    assert (finding.kind, "7412, 7413" in finding.what) == ("port", True)


def test_within_a_namespace_the_same_is_found_and_the_other_device_is_none_of_ours() -> None:
    shared = {"/rosout", "/diagnostics", "/door/image_raw"}

    def moved(known: Topic, to: str) -> Topic:
        def ends(of: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
            return tuple(replace(one, node=f"/{to}{one.node}") for one in of)

        name = known.name if known.name in shared else f"/{to}{known.name}"
        return Topic(name, ends(known.publishers), ends(known.subscribers))

    rules = replace(RULES, namespace="/robot1", report_readers=("/robot1/uplink",))
    ours = [moved(known, "robot1") for known in GOOD]
    others = [moved(known, "robot2") for known in GOOD if known.name not in shared]
    assert check([*ours, *others], rules) == []
    heard = [moved(known, "robot1") for known in with_listener("/lobby/tracks", "/spy")]
    (finding,) = check([*heard, *others], rules)
    assert (finding.kind, finding.node) == ("listener", "/robot1/spy")


def test_only_the_detection_of_a_neighbour_reads_frames_that_are_not_ours() -> None:
    frames = "/robot2/lobby/image_raw"
    theirs = topic(frames, IMAGE, "/robot2/driver", "/robot2/lobby/detection")
    (finding,) = check([theirs])
    assert (finding.kind, finding.node) == ("frames", "/robot2/lobby/detection")
    named = replace(RULES, neighbours=("/robot2",))
    assert check([theirs], named) == []
    for node in ("/robot2/lobby/viewer", "/robot3/lobby/detection", "/robot2/detection"):
        (finding,) = check([topic(frames, IMAGE, "/robot2/driver", node)], named)
        assert (finding.kind, finding.node) == ("frames", node)
    (finding,) = check(with_listener("/door/image_raw", "/robot2/lobby/detection"), named)
    assert finding.kind == "frames"  # ours are ours


SHOWN = replace(RULES, redactions={"front": "/front/image_raw", "lobby": "/door/image_raw"})
IMAGES_SHOWN = [
    *with_listener("/door/image_raw", "/lobby/redaction"),
    topic("/front/image_raw", IMAGE, "/front/driver", "/front/redaction"),
    topic("/front/redacted/image_raw", IMAGE, "/front/redaction", "/anybody"),
    topic("/lobby/redacted/image_raw/compressed", IMAGE, "/lobby/redaction", "/anybody"),
]


def test_images_without_people_may_be_seen_by_anybody_on_this_machine() -> None:
    assert check(IMAGES_SHOWN, SHOWN) == []
    far = topic("/front/redacted/image_raw", IMAGE, "/front/redaction", "/far")
    far = replace(far, subscribers=(end("/far", IMAGE, "ccdd"),))
    assert [finding.kind for finding in check([far], SHOWN)] == ["host"]


@pytest.mark.parametrize(
    ("name", "publisher", "subscriber", "kind"),
    [
        ("/front/image_raw", "/front/driver", "/somebody", "frames"),
        ("/front/image_raw", "/front/driver", "/lobby/redaction", "frames"),
        ("/door/image_raw", "/door/driver", "/front/redaction", "frames"),
        ("/front/redacted/image_raw", "/front/driver", "/anybody", "speaker"),
        ("/lobby/redacted/image_raw", "/front/redaction", "/anybody", "speaker"),
        ("/front/clear", "/front/redaction", "/front/redaction", "image"),
        ("/lobby/shown/image_raw", "/lobby/redaction", "/lobby/detection", "image"),
    ],
)
def test_nobody_else_reads_or_speaks_for_a_redaction(
    name: str, publisher: str, subscriber: str, kind: str
) -> None:
    found = check([topic(name, IMAGE, publisher, subscriber)], SHOWN)
    assert kind in [finding.kind for finding in found]


def test_without_a_redaction_in_the_site_file_its_topics_are_found() -> None:
    assert {finding.kind for finding in check(IMAGES_SHOWN)} == {"frames", "image"}
