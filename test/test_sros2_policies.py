# SPDX-License-Identifier: Apache-2.0
"""The SROS2 policies permit what the graph uses, and nothing else."""

import importlib.util
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
CAMERAS = {"lobby": "/door/image_raw", "office": ""}
Permissions = dict[str, dict[str, set[str]]]  # node -> publish, subscribe, reply, request -> names


@pytest.fixture(scope="module")
def keystore() -> ModuleType:
    """``config/sros2/keystore.py``."""
    spec = importlib.util.spec_from_file_location("keystore", ROOT / "config/sros2/keystore.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def permissions(policies: dict[str, Any], prefix: str = "/") -> Permissions:
    """What the nodes of the enclaves that begin with ``prefix`` may do, with full names."""
    found: Permissions = {}
    for path, tree in policies.items():
        if not path.startswith(prefix):
            continue
        for profile in tree.iter("profile"):
            namespace = profile.attrib["ns"].rstrip("/")
            node = f"{namespace}/{profile.attrib['node']}"
            mine = found.setdefault(node, {})
            for group in profile:
                for right in group.attrib:
                    names = mine.setdefault(right, set())
                    names |= {_full(entry.text, namespace, node) for entry in group}
    return found


def _full(name: str, namespace: str, node: str) -> str:
    if name.startswith("~/"):
        return f"{node}/{name[2:]}"
    return name if name.startswith("/") else f"{namespace}/{name}"


def test_personal_topics_stay_within_the_camera_enclave(keystore: ModuleType) -> None:
    everything = permissions(keystore.policies(CAMERAS))
    for topic in ("detections", "tracks"):
        for camera in CAMERAS:
            readers = {
                node
                for node, rights in everything.items()
                if f"/{camera}/{topic}" in rights.get("subscribe", set())
            }
            own = "tracking" if topic == "detections" else "anonymization"
            assert readers == {f"/{camera}/{own}"}


def test_the_uplink_sees_nothing_of_a_camera(keystore: ModuleType) -> None:
    (rights,) = permissions(keystore.policies(CAMERAS), "/privcv/uplink").values()
    assert rights["subscribe"] == {"/zone_reports", "/secure_reports", "/privacy_budget"}


def test_only_the_desk_answers_and_only_the_command_asks_for_a_pause(keystore: ModuleType) -> None:
    everything = permissions(keystore.policies(CAMERAS))
    for right, node in (("reply", "/privcv_desk"), ("request", "/privcv_pause")):
        may = {name for name, all in everything.items() if "/pause_counting" in all.get(right, ())}
        assert may == {node}


def test_nothing_is_left_to_fill_in(keystore: ModuleType) -> None:
    for tree in keystore.policies(CAMERAS).values():
        text = "".join(tree.getroot().itertext()) + str([e.attrib for e in tree.iter()])
        assert "CAMERA" not in text
        assert "FRAMES" not in text


def test_only_a_camera_with_a_topic_may_read_one(keystore: ModuleType) -> None:
    everything = permissions(keystore.policies(CAMERAS))
    assert everything["/lobby/detection"]["subscribe"] == {"/door/image_raw"}
    assert "subscribe" not in everything["/office/detection"]


def test_a_redaction_reads_one_topic_and_shows_its_own(keystore: ModuleType) -> None:
    streams = {"front": "/front/image_raw", "rear": "/rear/image_raw/compressed"}
    everything = permissions(keystore.policies(CAMERAS, "", streams))
    assert everything["/front/redaction"]["subscribe"] == {
        "/front/image_raw", "/front/camera_info"
    }  # fmt: skip
    assert everything["/rear/redaction"]["publish"] >= {
        "/rear/redacted/image_raw/compressed", "/rear/redacted/camera_info"
    }  # fmt: skip
    shown = "/front/redacted/image_raw"
    may = {node for node, all in everything.items() if shown in all.get("publish", ())}
    assert may == {"/front/redaction"}
    assert "/front/redaction" not in permissions(keystore.policies(CAMERAS))


def test_within_a_namespace_a_device_has_its_own_names_and_those_that_all_share(
    keystore: ModuleType,
) -> None:
    shared = {"/rosout", "/parameter_events", "/diagnostics", "/door/image_raw"}
    plain, spaced = (
        permissions(keystore.policies(CAMERAS, space)) for space in ("", "building/floor_2")
    )

    def moved(name: str) -> str:
        return name if name in shared else f"/building/floor_2{name}"

    assert spaced == {
        moved(node): {right: set(map(moved, names)) for right, names in rights.items()}
        for node, rights in plain.items()
    }
    enclaves = keystore.policies(CAMERAS, "robot1")
    assert sorted(enclaves)[0] == "/robot1/privcv/camera/lobby"


def test_the_commands_name_every_enclave_and_its_policy(
    keystore: ModuleType, tmp_path: Path
) -> None:
    files = dict.fromkeys(keystore.policies(CAMERAS), tmp_path / "x.xml")
    commands = keystore.commands(tmp_path / "keystore", files)
    assert commands[0][:3] == ["ros2", "security", "create_keystore"]
    for verb in ("create_enclave", "create_permission"):
        assert [words[4] for words in commands if words[2] == verb] == list(files)


# Against the graph itself.

# Called once after a restart, sooner than anybody could watch.
SELDOM = {"/lobby/rotate_identities"}
PATIENCE_S, SETTLE_S = 60.0, 4.0

SITE = """
site: policies
state: {state}
cameras:
  lobby:
    source: {{kind: topic, uri: /door/image_raw}}
    authorization: {{required: false}}
    zones: {{door: {{polygon_m: [[0, 0], [4, 0], [4, 4], [0, 4]]}}}}
uplink:
  url: https://127.0.0.1:1
  pins: [sha256/{pin}=]
  key_file: {state}/uplink-key.json
  outbox: {{file: {state}/outbox.db}}
"""


@pytest.fixture
def graph(ros_domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The processes of a site, running; gives the full names of its nodes."""
    pytest.importorskip("rclpy", reason="needs ROS 2")
    from privcv_core.node.environment import graph_environment

    for name, value in graph_environment().items():
        monkeypatch.setenv(name, value)
    from privcv_site.graph import build_graph
    from privcv_site.processes import write_settings
    from privcv_site.site import load_site
    from privcv_uplink.delivery import device_keys

    state = tmp_path / "state"
    state.mkdir()
    device_keys.new(state / "uplink-key.json")
    site = tmp_path / "site.yaml"
    site.write_text(SITE.format(state=state, pin="A" * 43))
    processes = build_graph(load_site(site))
    running = []
    for process in processes:
        command = process.command(write_settings(process, tmp_path))
        with (tmp_path / f"{process.name}.log").open("wb") as log:
            running.append(
                subprocess.Popen(
                    command, env={**os.environ, **process.environment}, stdout=log, stderr=log
                )
            )
    yield [node.full_name for process in processes for node in process.nodes]
    for started in running:
        started.terminate()
    for started in running:
        started.wait(timeout=20)


@pytest.mark.graph
def test_the_policies_are_what_the_graph_uses(keystore: ModuleType, graph: list[str]) -> None:
    """Both ways: nothing the graph uses is missing, and nothing is permitted that it never uses."""
    allowed = permissions(keystore.policies({"lobby": "/door/image_raw"}))
    used = _watch(graph, allowed)
    for node in graph:
        for right in ("publish", "subscribe", "reply", "request"):
            needs = used[node][right]
            may = allowed[node].get(right, set())
            assert needs <= may, f"{node} {right}: the policy lacks {sorted(needs - may)}"
            spare = may - needs - SELDOM
            assert not spare, f"{node} {right}: permitted and never used: {sorted(spare)}"


def _watch(nodes: list[str], expected: Permissions) -> Permissions:
    """What the nodes use, as the graph itself says, until all that is expected was seen.

    And then for a while more, because what is not expected may come as late as the rest.
    """
    import rclpy

    used: Permissions = {
        node: {right: set() for right in ("publish", "subscribe", "reply", "request")}
        for node in nodes
    }
    rclpy.init()
    try:
        watcher = rclpy.create_node("watcher")
        ask = {
            "publish": watcher.get_publisher_names_and_types_by_node,
            "subscribe": watcher.get_subscriber_names_and_types_by_node,
            "reply": watcher.get_service_names_and_types_by_node,
            "request": watcher.get_client_names_and_types_by_node,
        }
        begun = time.monotonic()
        end = begun + PATIENCE_S
        while time.monotonic() < end:
            for name, namespace in watcher.get_node_names_and_namespaces():
                full = f"{namespace.rstrip('/')}/{name}"
                if full in used:
                    for right, question in ask.items():
                        used[full][right] |= {topic for topic, _ in question(name, namespace)}
            if end == begun + PATIENCE_S and not _missing(used, expected):
                end = time.monotonic() + SETTLE_S
            time.sleep(0.2)
        watcher.destroy_node()
    finally:
        rclpy.try_shutdown()
    return used


def _missing(used: Permissions, expected: Permissions) -> bool:
    return any(
        expected[node].get(right, set()) - seen - SELDOM
        for node, rights in used.items()
        for right, seen in rights.items()
    )
