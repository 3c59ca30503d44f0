# SPDX-License-Identifier: Apache-2.0
"""An attacker on the graph: any user of this machine, with ROS and the names of everything.

``python attacker.py ATTACK [NUMBER]``: does it, and prints as JSON what came of it. It shares
nothing with the graph but the ROS domain, and knows neither its files nor its secret.
"""

import http.client
import json
import os
import pwd
import random
import re
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import rclpy
from hypothesis.configuration import set_hypothesis_home_dir
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from messages_at_random import class_of, each, random_seed
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import (
    GetParameters,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.serialization import serialize_message

from privcv_msgs.msg import (
    AnonymousTrack,
    AnonymousTracks,
    DeliveryStatus,
    Detections,
    GuardHeartbeat,
    SecureReport,
    Tracks,
    ZoneReport,
    ZoneReports,
)
from privcv_msgs.srv import PauseCounting, RotateIdentities

NODES = ("/lobby/detection", "/lobby/tracking", "/lobby/anonymization", "/aggregation", "/uplink")
TOPICS: dict[str, Any] = {
    "/lobby/detections": Detections,
    "/lobby/tracks": Tracks,
    "/lobby/anonymous_tracks": AnonymousTracks,
    "/zone_reports": ZoneReports,
    "/secure_reports": SecureReport,
    "/delivery_status": DeliveryStatus,
    "/guard_heartbeat": GuardHeartbeat,
}
MESSAGES = {  # loaded while we may; what else a node listens to has to be named here
    name: class_of(name)
    for name in (
        *(f"privcv_msgs/msg/{kind.__name__}" for kind in TOPICS.values()),
        "privcv_msgs/msg/PrivacyBudget", "sensor_msgs/msg/Image",
        "rcl_interfaces/msg/ParameterEvent",
    )
}  # fmt: skip
DEVICE = ("/guard", "/privcv_desk")
SERVICES = {
    "privcv_msgs/srv/RotateIdentities": RotateIdentities,
    "privcv_msgs/srv/PauseCounting": PauseCounting,
}
OF_EVERY_NODE: dict[str, Any] = {
    "set_parameters": SetParameters,
    "set_parameters_atomically": SetParametersAtomically,
    "get_parameters": GetParameters,
    "list_parameters": ListParameters,
    "change_state": ChangeState,
    "get_state": GetState,
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
        while not {*NODES, *DEVICE} <= self._names():
            if time.monotonic() > end_s:
                raise SystemExit(f"the graph is not there, only {sorted(self._names())}")
            time.sleep(0.1)
        time.sleep(2.0)  # services come after their node

    def services(self) -> dict[str, Any]:
        """Every service that a node of the graph offers."""
        found = {}
        for node in sorted({*NODES, *DEVICE}):
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

    def pause(self) -> dict[str, Any]:
        """Have nobody counted, as it pleases."""
        request = PauseCounting.Request(minutes=120, nonce=7, mac="0" * 64)
        return {"answer": self._call(PauseCounting, "/pause_counting", request, 10.0)}

    def impersonate(self) -> dict[str, Any]:
        """Be the anonymization beside the real one, and the uplink's voice, and hear whatever is
        personal, for a while."""
        twin = rclpy.create_node("anonymization", namespace="/lobby")
        twin.create_publisher(AnonymousTracks, "anonymous_tracks", 10)
        self.node.create_publisher(DeliveryStatus, "/delivery_status", LATCHED)
        self.node.create_client(ChangeState, "/guard/change_state")
        for topic in ("/lobby/detections", "/lobby/tracks", "/lobby/anonymous_tracks"):
            self.node.create_subscription(TOPICS[topic], topic, lambda message: None, 10)
        began_s = time.time()
        time.sleep(8.0)
        return {"began_s": began_s}

    def crowd(self, number: int) -> dict[str, Any]:
        """Be ``number`` nodes at once, each of which listens where it may not."""
        nodes = [
            rclpy.create_node(f"crowd{n}", enable_rosout=False, start_parameter_services=False)
            for n in range(number)
        ]
        for node in nodes:
            node.create_subscription(Tracks, "/lobby/tracks", lambda message: None, 10)
        time.sleep(8.0)
        return {}

    def forge(self) -> dict[str, Any]:
        """The messages that once were believed, or killed."""
        now_s = int(time.time())
        camera, zone = "lobby", "door"
        report = ZoneReport(
            zone=zone, status=ZoneReport.STATUS_PUBLISHED, occupancy=40,
            reason=ZoneReport.REASON_NONE, occupancy_low=38, occupancy_high=42,
            flow=[40, 0, 0, 0, 0], window_s=300, confidence=0.9, coverage=1.0, epsilon=0.1,
            unit=ZoneReport.UNIT_VISIT, mechanism=ZoneReport.MECHANISM_LAPLACE,
        )  # fmt: skip
        report.window_start.sec = now_s - 600
        broken = ZoneReport(zone=zone, status=77)
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
            ZoneReports(sequence=1, camera=camera, zones=[broken]),
            ZoneReports(sequence=1, camera=camera, zones=[report]),
            ZoneReports(sequence=2**63, camera=camera, zones=[report] * 64),
        ])  # fmt: skip
        self._publish("/secure_reports", [
            SecureReport(sequence=1, task="0" * 64, report=[7] * 24576),
            SecureReport(sequence=2**63, task="not a task"),
        ])  # fmt: skip
        self._publish("/lobby/anonymous_tracks", [tick, AnonymousTracks(camera="else", tick_s=5)])
        boxes = Detections(camera=camera, outcome=1, image_width=1, image_height=1, x=[1.0])
        self._publish("/lobby/detections", [boxes])
        self._publish("/lobby/tracks", [Tracks(camera=camera, id=[1, 2], x_m=[float("nan")])])
        return {}

    def noise(self, number: int, copies: int) -> dict[str, Any]:
        """Messages made at random on every topic that a node of the graph listens to.

        ``copies``: so often each is published, all but the first time with a byte changed; with
        more than one, others are drawn at each run.
        """
        chosen = random_seed() if copies > 1 else None
        chance = random.Random(chosen)
        heard = self._listened_to()
        for topic, kind in heard.items():
            publisher = self._publisher(topic, kind)

            def say(message: Any, publisher: Any = publisher) -> None:
                wire = message if isinstance(message, bytes) else serialize_message(message)
                publisher.publish(message)
                for _ in range(copies - 1):
                    at = chance.randrange(4, max(5, len(wire)))
                    publisher.publish(wire[:at] + chance.randbytes(1) + wire[at + 1 :])
                time.sleep(0.0005 * copies)

            each(kind, number, say, chosen)
            time.sleep(0.5)
            self.node.destroy_publisher(publisher)
        return {"seed": chosen, "topics": sorted(heard)}

    def calls(self, number: int) -> dict[str, Any]:
        """Requests made at random, to every service that a node offers, and to those by which ROS
        changes and reads nodes, offered or not."""
        offered: dict[str, Any] = {}
        possible: dict[str, Any] = {}
        for node in (*NODES, *DEVICE):
            space, _, name = node.rpartition("/")
            for service, types in self.node.get_service_names_and_types_by_node(name, space or "/"):
                offered[service] = SERVICES[types[0]]
            possible.update({f"{node}/{word}": kind for word, kind in OF_EVERY_NODE.items()})
        clients: list[Any] = []
        done, answers = 0, Counter()  # type: ignore[var-annotated]
        for service, kind in {**possible, **offered}.items():
            client = self.node.create_client(kind, service)
            is_offered = service in offered and client.wait_for_service(timeout_sec=5)

            def ask(request: Any, client: Any = client, is_offered: bool = is_offered) -> None:
                nonlocal done
                if isinstance(request, bytes):  # a client takes messages only
                    return
                future = client.call_async(request)
                rclpy.spin_until_future_complete(
                    self.node, future, timeout_sec=5 if is_offered else 0.001
                )
                if future.done():
                    answers[client.srv_name] += 1
                    answer = future.result()
                    done += bool(getattr(answer, "done", getattr(answer, "accepted", True)))
                else:
                    client.remove_pending_request(future)

            each(kind.Request, number if is_offered else 3, ask, None)
            clients.append(client)  # as long as the guard promises to see
        time.sleep(0.5)
        for client in clients:
            self.node.destroy_client(client)
        return {"asked": sorted({*possible, *offered}), "answers": answers, "done": done}

    def collector(self, port: int, number: int) -> dict[str, Any]:
        """Every request that the collector's own description names, without any right."""
        status, text = _request(port, "GET", "/openapi.json")
        assert status == 200, text
        chance = random.Random(7)
        answers: dict[str, list[int]] = {}
        for path, methods in json.loads(text)["paths"].items():
            for method in methods:
                for _ in range(number):
                    filled = re.sub(r"{\w+}", lambda _: chance.choice(["1", "office", "%00"]), path)
                    body = chance.randbytes(chance.choice([0, 10, 5000]))
                    token = chance.choice(["", "Bearer x", f"Bearer {chance.getrandbits(256):x}"])
                    status, _ = _request(port, method.upper(), filled, body, token)
                    answers.setdefault(f"{method.upper()} {path}", []).append(status)
        return answers

    def _listened_to(self) -> dict[str, Any]:
        """Topic -> class of message, of all that our nodes listen to."""
        found = {}
        for node in (*NODES, "/guard"):
            space, _, name = node.rpartition("/")
            asked = self.node.get_subscriber_names_and_types_by_node(name, space or "/")
            found.update({topic: MESSAGES[types[0]] for topic, types in asked})
        return found

    def _names(self) -> set[str]:
        return {
            f"{space.rstrip('/')}/{name}"
            for name, space in self.node.get_node_names_and_namespaces()
        }

    def _call(self, kind: Any, name: str, request: Any, patience_s: float = 0.3) -> Any:
        client = self.node.create_client(kind, name)
        try:
            if not client.wait_for_service(timeout_sec=patience_s):
                return None
            future = client.call_async(request)
            rclpy.spin_until_future_complete(self.node, future, timeout_sec=5)
            return str(future.result()) if future.done() else None
        finally:
            self.node.destroy_client(client)

    def _publish(self, topic: str, messages: Any) -> None:
        publisher = self._publisher(topic, TOPICS[topic])
        for message in messages:
            publisher.publish(message)
        time.sleep(0.5)
        self.node.destroy_publisher(publisher)

    def _publisher(self, topic: str, kind: Any) -> Any:
        publisher = self.node.create_publisher(kind, topic, LATCHED)
        end_s = time.monotonic() + PATIENCE_S
        while not publisher.get_subscription_count():
            if time.monotonic() > end_s:
                raise SystemExit(f"nobody listens on {topic}")
            time.sleep(0.05)
        return publisher


def _request(
    port: int, method: str, path: str, body: bytes = b"", token: str = ""
) -> tuple[int, bytes]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
    headers = {"Authorization": token} if token else {}
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _drop_rights(kinds: Iterable[Any], services: Iterable[Any]) -> None:
    """Go on as nobody, once all code is loaded, which may lie where nobody may read.

    ``kinds``, ``services``: further types that will be spoken.
    """
    if os.geteuid() == 0:
        rclpy.init(domain_id=UNUSED_DOMAIN)
        node = rclpy.create_node("warm_up")
        for kind in (*MESSAGES.values(), *kinds):
            name = kind.__name__.lower()
            node.create_subscription(kind, name, lambda message: None, 10)
            each(kind, 20, node.create_publisher(kind, name, LATCHED).publish, None)
        "localhost".encode("idna")  # what a connection loads when it is made first
        ssl.create_default_context()
        for kind in {*SERVICES.values(), *OF_EVERY_NODE.values(), *services}:
            client = node.create_client(kind, kind.__name__.lower())
            client.wait_for_service(timeout_sec=0.01)
            each(kind.Request, 20, lambda request: None, None)
        rclpy.spin_once(node, timeout_sec=0.01)
        rclpy.shutdown()
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)


def main(
    who: type[Attacker] = Attacker, kinds: Iterable[Any] = (), services: Iterable[Any] = ()
) -> None:
    """Do what the command line says, as ``who``."""
    set_hypothesis_home_dir(tempfile.gettempdir())
    _drop_rights(kinds, services)
    attacker = who()
    arguments = [int(word) for word in sys.argv[2:]]
    print(json.dumps(getattr(attacker, sys.argv[1])(*arguments)), flush=True)


if __name__ == "__main__":
    main()
