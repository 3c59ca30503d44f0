# SPDX-License-Identifier: Apache-2.0
"""One endpoint for each role: twins, strange voices, callers and servers are findings."""

from dataclasses import replace

import pytest

from privcv_compliance.graph.roles import Call, check_roles
from privcv_compliance.graph.rules import Endpoint, GraphRules, Topic

RULES = GraphRules(cameras=["lobby"])
NODES = ["/lobby/detection", "/lobby/tracking", "/lobby/anonymization", "/aggregation", "/uplink"]
CALLS = [
    Call("/lobby/anonymization", "/lobby/rotate_identities", is_server=True),
    Call("/aggregation", "/lobby/rotate_identities"),
    Call("/privcv_dsr", "/lobby/rotate_identities"),
    Call("/privcv_desk", "/pause_counting", is_server=True),
    Call("/privcv_pause", "/pause_counting"),
    Call("/robot/planner", "/robot/planner/set_parameters", is_server=True),
    Call("/robot/tool", "/robot/planner/set_parameters"),
]


def heard(name: str, *publishers: str) -> Topic:
    return Topic(name, tuple(Endpoint(node, "any") for node in publishers))


TOPICS = [
    heard("/lobby/anonymous_tracks", "/lobby/anonymization"),
    heard("/delivery_status", "/uplink"),
    heard("/zone_reports", "/aggregation"),
    heard("/secure_reports", "/aggregation"),
    heard("/diagnostics", *NODES, "/robot/planner"),
    heard("/robot/scan", "/robot/lidar", "/robot/lidar"),
]


def kinds(
    topics: list[Topic] = TOPICS, nodes: list[str] = NODES, calls: list[Call] = CALLS
) -> list[tuple[str, str, str]]:
    found = check_roles(topics, nodes, calls, RULES)
    return [(finding.kind, finding.topic, finding.node) for finding in found]


def test_a_graph_as_it_should_be_has_no_finding() -> None:
    assert kinds() == []


def test_a_second_node_of_our_name_is_a_twin() -> None:
    assert kinds(nodes=[*NODES, "/lobby/anonymization", "/robot", "/robot"]) == [
        ("twin", "", "/lobby/anonymization")
    ]


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("/lobby/anonymous_tracks", "/lobby/anonymization"), ("/zone_reports", "/aggregation"),
        ("/secure_reports", "/aggregation"),
        ("/delivery_status", "/uplink"), ("/diagnostics", "/uplink"),
    ],
)  # fmt: skip
def test_a_second_voice_of_our_name_is_a_twin(name: str, node: str) -> None:
    assert kinds(topics=[heard(name, node, node)]) == [("twin", name, node)]


def test_acknowledgements_of_somebody_else_are_found() -> None:
    assert kinds(topics=[heard("/delivery_status", "/uplink", "/intruder")]) == [
        ("speaker", "/delivery_status", "/intruder")
    ]


def test_who_calls_or_offers_what_is_ours_is_found() -> None:
    calls = [
        Call("/intruder", "/lobby/rotate_identities"),
        Call("/intruder", "/lobby/rotate_identities", is_server=True),
        Call("/intruder", "/uplink/set_parameters"),
    ]
    assert kinds(calls=[*CALLS, *calls]) == [
        ("caller", "/lobby/rotate_identities", "/intruder"),
        ("server", "/lobby/rotate_identities", "/intruder"),
        ("caller", "/uplink/set_parameters", "/intruder"),
    ]


def test_only_our_command_and_named_nodes_ask_the_desk_for_a_pause() -> None:
    calls = [Call(node, "/pause_counting") for node in ("/robot/panel", "/intruder")]
    calls.append(Call("/intruder", "/pause_counting", is_server=True))
    named = replace(RULES, pause_callers=["/robot/panel"])
    found = check_roles(TOPICS, [*NODES, "/privcv_desk", "/privcv_desk"], calls, named)
    assert [(finding.kind, finding.node) for finding in found] == [
        ("twin", "/privcv_desk"), ("caller", "/intruder"), ("server", "/intruder"),
    ]  # fmt: skip
    assert len(check_roles(TOPICS, NODES, calls, RULES)) == 3


def test_a_second_server_of_our_name_is_a_twin() -> None:
    name = "/lobby/rotate_identities"
    servers = [Call("/lobby/anonymization", name, is_server=True, gid=gid) for gid in ("01", "02")]
    assert kinds(calls=servers) == [("twin", name, "/lobby/anonymization")]


def test_only_the_named_manager_calls_lifecycle_services() -> None:
    calls = [Call(node, "/uplink/change_state") for node in ("/manager", "/intruder")]
    calls.append(Call("/manager", "/uplink/set_parameters"))
    named = replace(RULES, lifecycle_manager="/manager")
    found = check_roles(TOPICS, NODES, calls, named)
    assert [(finding.node, finding.topic) for finding in found] == [
        ("/intruder", "/uplink/change_state"), ("/manager", "/uplink/set_parameters"),
    ]  # fmt: skip
    assert len(check_roles(TOPICS, NODES, calls, RULES)) == 3


@pytest.mark.parametrize("name", ["/guard_heartbeat", "/privacy_budget", "/delivery_status"])
def test_each_topic_of_the_device_has_one_voice(name: str) -> None:
    assert kinds(topics=[heard(name, "/intruder")]) == [("speaker", name, "/intruder")]


def test_within_a_namespace_the_same_is_found_and_nothing_of_the_same_names_outside() -> None:
    def moved(name: str) -> str:
        return name if name == "/diagnostics" or not name else f"/robot1{name}"

    topics = [
        Topic(moved(topic.name), tuple(Endpoint(moved(e.node), e.type) for e in topic.publishers))
        for topic in [*TOPICS, heard("/delivery_status", "/uplink", "/intruder")]
    ]
    calls = [Call(moved(call.node), moved(call.service), call.is_server) for call in CALLS]
    calls.append(Call("/privcv_dsr", "/robot1/lobby/rotate_identities"))  # of another device
    spaced = replace(RULES, namespace="/robot1")
    found = check_roles([*topics, *TOPICS], [*map(moved, NODES), *NODES], [*calls, *CALLS], spaced)
    assert [(finding.kind, finding.topic, finding.node) for finding in found] == [
        ("speaker", "/robot1/delivery_status", "/robot1/intruder"),
        ("caller", "/robot1/lobby/rotate_identities", "/privcv_dsr"),
    ]
