# SPDX-License-Identifier: Apache-2.0
"""A site becomes a list of processes and their nodes: plain data, which launch and up both run.

::

    camera "lobby"     /lobby/detection  /lobby/tracking  /lobby/anonymization     one per camera
    privacy            /aggregation                                                one per device
    uplink             /uplink                                                     one per device

A process is a trust boundary: the camera process holds everything personal; the privacy process
never saw a pixel or a metre; the uplink process never saw a person.
"""

import os

from privcv_bringup.processes import NodeSpec, ProcessSpec
from privcv_bringup.site import CameraSite, Site
from privcv_node.flat import flatten, to_flat

# Everything is small and stays on this machine. UDP leaves nothing in /dev/shm, where frames
# and messages of a process that was killed would stay readable.
QUIET_TRANSPORT = {"FASTDDS_BUILTIN_TRANSPORTS": "UDPv4"}


def build_graph(site: Site, *, replayed: bool = False) -> list[ProcessSpec]:
    """The processes of ``site``: one per camera, then privacy, then uplink where one is set.

    ``replayed``: event time is not that of the clock, whatever the sources are.
    """
    processes = [_camera_process(name, camera) for name, camera in site.cameras.items()]
    processes.append(_privacy_process(site, replayed))
    if site.uplink is not None:
        processes.append(_uplink_process(site))
    return processes


def _camera_process(name: str, camera: CameraSite) -> ProcessSpec:
    where = f"/{name}"
    perception = flatten({"camera": name, "calibration": camera.calibration.model_dump()})
    detection = NodeSpec(
        "privcv_perception.nodes.detection:DetectionNode",
        "detection",
        where,
        {
            **perception,
            **flatten(
                {"source": camera.source.model_dump(), "detector": camera.detector.model_dump()}
            ),
        },
    )
    tracking = NodeSpec(
        "privcv_perception.nodes.tracking:TrackingNode",
        "tracking",
        where,
        {**perception, **flatten({"tracker": camera.tracker.model_dump()})},
    )
    anonymization = NodeSpec(
        "privcv_privacy.nodes.anonymization:AnonymizationNode",
        "anonymization",
        where,
        {"camera": name, **to_flat(camera.anonymization)},
    )
    # Downstream first: who publishes starts when those who listen are there.
    return ProcessSpec(name, (anonymization, tracking, detection), graph_environment())


def _privacy_process(site: Site, replayed: bool) -> ProcessSpec:
    zones = {
        name: {"zones": {zone: settings.model_dump() for zone, settings in camera.zones.items()}}
        for name, camera in site.cameras.items()
    }
    parameters = {
        **to_flat(site.privacy),
        **flatten({"cameras": zones}),
        "ledger": str(site.state / "ledger.db"),
        # A file that is read faster than it was recorded runs ahead of the clock.
        "refuse_future": not replayed
        and all(camera.source.kind != "file" for camera in site.cameras.values()),
    }
    node = NodeSpec(
        "privcv_privacy.nodes.aggregation:AggregationNode", "aggregation", "/", parameters
    )
    return ProcessSpec("privacy", (node,), graph_environment())


def _uplink_process(site: Site) -> ProcessSpec:
    assert site.uplink is not None
    node = NodeSpec("privcv_uplink.nodes.uplink:UplinkNode", "uplink", "/", to_flat(site.uplink))
    return ProcessSpec("uplink", (node,), graph_environment())


def graph_environment() -> dict[str, str]:
    """What every process runs with; a setting that the user made for ROS is kept."""
    discovery = os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    return {**QUIET_TRANSPORT, "ROS_AUTOMATIC_DISCOVERY_RANGE": discovery}
