# SPDX-License-Identifier: Apache-2.0
"""An attacker on the graph: any user of this machine, with ROS and the names of everything.

``python attacker.py ATTACK [NUMBER]``: does it, and prints as JSON what came of it. It shares
nothing with the graph but the ROS domain, and knows neither its files nor its secret.
"""

import json
import os
import pwd
import random
import sys
import time
from typing import Any

import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.qos import DurabilityPolicy, QoSProfile

from privcv_msgs.msg import (
    AnonymousTrack,
    AnonymousTracks,
    DeliveryStatus,
    Detections,
    Tracks,
    ZoneReport,
    ZoneReports,
)
from privcv_msgs.srv import RotateIdentities

NODES = ("/lobby/detection", "/lobby/tracking", "/lobby/anonymization", "/aggregation", "/uplink")
TOPICS: dict[str, Any] = {
    "/lobby/detections": Detections,
    "/lobby/tracks": Tracks,
    "/lobby/anonymous_tracks": AnonymousTracks,
    "/zone_reports": ZoneReports,
    "/delivery_status": DeliveryStatus,
}
PATIENCE_S = 20.0
UNUSED_DOMAIN = 102
LATCHED = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Attacker:
    """A node like any other, called ``/intruder`` in every space."""

    def __init__(self) -> None:
        rclpy.init()
        self.node = rclpy.create_node("intruder")
        end_s = time.monotonic() + PATIENCE_S
        while not set(NODES) <= self._names():
            if time.monotonic() > end_s:
                raise SystemExit(f"the graph is not there, only {sorted(self._names())}")
            time.sleep(0.1)
        time.sleep(2.0)  # services come after their node

    def services(self) -> dict[str, Any]:
        """Every service that a node of the graph offers."""
        found = {}
        for node in sorted({*NODES, "/guard"}):
            space, _, name = node.rpartition("/")
            asked = self.node.get_service_names_and_types_by_node(name, space or "/")
            found[node] = [service for service, _ in asked]
        return found

    def remote_control(self) -> dict[str, Any]:
        """Clean up, set and read parameters, start again; ask for a rotation."""
        answers = {}
        for node in NODES:
            request = ChangeState.Request(
                transition=Transition(id=Transition.TRANSITION_DEACTIVATE)
            )
            answers[f"{node} change_state"] = self._call(
                ChangeState, f"{node}/change_state", request
            )
            value = ParameterValue(
                type=ParameterType.PARAMETER_STRING, string_value="https://x.example"
            )
            for name in ("url", "audit.folder", "source.uri"):
                setting = SetParameters.Request(parameters=[Parameter(name=name, value=value)])
                answers[f"{node} set {name}"] = self._call(
                    SetParameters, f"{node}/set_parameters", setting
                )
            reading = GetParameters.Request(names=["source.uri", "key_file"])
            answers[f"{node} get"] = self._call(GetParameters, f"{node}/get_parameters", reading)
        return answers

    def rotate(self) -> dict[str, Any]:
        """Replace all identities, as it pleases."""
        request = RotateIdentities.Request(reason="I like silence", nonce=7, mac="0" * 64)
        answer = self._call(RotateIdentities, "/lobby/rotate_identities", request)
        return {"answer": answer}

    def impersonate(self) -> dict[str, Any]:
        """Be the anonymization beside the real one, and the uplink's voice, for a while."""
        twin = rclpy.create_node("anonymization", namespace="/lobby")
        twin.create_publisher(AnonymousTracks, "anonymous_tracks", 10)
        self.node.create_publisher(DeliveryStatus, "/delivery_status", LATCHED)
        self.node.create_client(ChangeState, "/guard/change_state")
        began_s = time.time()
        time.sleep(8.0)
        return {"began_s": began_s}

    def forge(self) -> dict[str, Any]:
        """The messages that once were believed, or killed."""
        now_s = int(time.time())
        camera, zone = "lobby", "door"
        report = ZoneReport(
            camera=camera, zone=zone, status=ZoneReport.STATUS_PUBLISHED, occupancy=40,
            reason=ZoneReport.REASON_NONE, occupancy_low=38, occupancy_high=42,
            flow=[40, 0, 0, 0, 0], window_s=300, confidence=0.9, coverage=1.0, epsilon=0.1,
            unit=ZoneReport.UNIT_VISIT, mechanism=ZoneReport.MECHANISM_LAPLACE,
        )  # fmt: skip
        report.window_start.sec = now_s - 600
        broken = ZoneReport(camera=camera, zone=zone, status=77)
        broken.window_start.sec = -5
        people = [AnonymousTrack(id=i + 1, cells=1) for i in range(200)]
        tick = AnonymousTracks(
            camera=camera, tick=now_s // 5, tick_s=5, observed_percent=100, tracks=people,
            cell_x=[2] * 200, cell_y=[2] * 200,
        )  # fmt: skip
        self._publish("/delivery_status", [
            DeliveryStatus(accepted_through=2**40, state=1),
            DeliveryStatus(accepted_through=2**64 - 1, state=99),
        ])  # fmt: skip
        self._publish("/zone_reports", [
            ZoneReports(sequence=1, zones=[broken]), ZoneReports(sequence=1, zones=[report]),
            ZoneReports(sequence=2**63, zones=[report] * 64),
        ])  # fmt: skip
        self._publish("/lobby/anonymous_tracks", [tick, AnonymousTracks(camera="else", tick_s=5)])
        boxes = Detections(camera=camera, outcome=1, image_width=1, image_height=1, x=[1.0])
        self._publish("/lobby/detections", [boxes])
        self._publish("/lobby/tracks", [Tracks(camera=camera, id=[1, 2], x_m=[float("nan")])])
        return {}

    def noise(self, number: int) -> dict[str, Any]:
        """Random messages on every topic: of the type, and bytes that are none."""
        chance = random.Random(11)
        for topic, kind in TOPICS.items():
            self._publish(topic, (_random(kind, chance) for _ in range(number)))
            wild = (b"\0\1\0\0" + chance.randbytes(chance.randrange(400)) for _ in range(number))
            self._publish(topic, wild)
        return {}

    def _names(self) -> set[str]:
        return {
            f"{space.rstrip('/')}/{name}"
            for name, space in self.node.get_node_names_and_namespaces()
        }

    def _call(self, kind: Any, name: str, request: Any) -> Any:
        client = self.node.create_client(kind, name)
        try:
            if not client.wait_for_service(timeout_sec=0.3):
                return None
            future = client.call_async(request)
            rclpy.spin_until_future_complete(self.node, future, timeout_sec=5)
            return str(future.result()) if future.done() else None
        finally:
            self.node.destroy_client(client)

    def _publish(self, topic: str, messages: Any) -> None:
        publisher = self.node.create_publisher(TOPICS[topic], topic, LATCHED)
        end_s = time.monotonic() + PATIENCE_S
        while not publisher.get_subscription_count():
            if time.monotonic() > end_s:
                raise SystemExit(f"nobody listens on {topic}")
            time.sleep(0.05)
        for message in messages:
            publisher.publish(message)
            time.sleep(0.0005)
        time.sleep(0.5)
        self.node.destroy_publisher(publisher)


def _random(kind: Any, chance: random.Random) -> Any:
    """A message of ``kind`` with values from all over its types."""
    message = kind()
    for name, type_name in kind.get_fields_and_field_types().items():
        value = _value(type_name, getattr(message, name), chance)
        if value is not None:
            setattr(message, name, value)
    return message


def _value(type_name: str, now: Any, chance: random.Random) -> Any:
    if type_name.startswith("sequence<"):
        inner, _, bound = type_name[9:-1].partition(", ")
        length = chance.choice([0, 1, 2, int(bound or 3)])
        if "/" in inner:
            kinds = {"AnonymousTrack": AnonymousTrack, "ZoneReport": ZoneReport}
            kind = kinds.get(inner.rpartition("/")[2])
            return [_random(kind, chance) for _ in range(min(length, 8))] if kind else []
        return [_value(inner, None, chance) for _ in range(length)]
    if type_name == "boolean":
        return chance.random() < 0.5
    if type_name.startswith("uint"):
        bits = int(type_name[4:])
        return chance.choice([0, 1, 2, 2**bits - 1, chance.getrandbits(bits)])
    if type_name in ("int16", "int32"):
        bits = int(type_name[3:]) - 1
        return chance.choice([0, -1, -(2**bits), 2**bits - 1])
    if type_name in ("float", "double"):
        return chance.choice([0.0, -1.0, float("nan"), float("inf"), 1e30])
    if type_name.startswith("string"):
        return chance.choice(["", "lobby", "door", "floor", "x" * 64, "\u0000{{1}}", "é" * 20])
    if type_name == "builtin_interfaces/Time":
        now.sec = chance.choice([0, -(2**31), 2**31 - 1, int(time.time())])
        now.nanosec = chance.choice([0, 2**32 - 1])
    return None


def _drop_rights() -> None:
    """Go on as nobody, once all code is loaded, which may lie where nobody may read."""
    if os.geteuid() == 0:
        rclpy.init(domain_id=UNUSED_DOMAIN)
        node = rclpy.create_node("warm_up")
        for topic, kind in TOPICS.items():
            node.create_publisher(kind, topic, LATCHED).publish(kind())
        for kind in (ChangeState, SetParameters, GetParameters, RotateIdentities):
            node.create_client(kind, kind.__name__.lower()).wait_for_service(timeout_sec=0.01)
        rclpy.spin_once(node, timeout_sec=0.01)
        rclpy.shutdown()
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)


def main() -> None:
    """Do what the command line says."""
    _drop_rights()
    attacker = Attacker()
    arguments = [int(word) for word in sys.argv[2:]]
    print(json.dumps(getattr(attacker, sys.argv[1])(*arguments)), flush=True)


if __name__ == "__main__":
    main()
