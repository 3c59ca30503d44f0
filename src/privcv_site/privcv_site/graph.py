# SPDX-License-Identifier: Apache-2.0
"""A site becomes a list of processes and their nodes: plain data, which launch and up both run.

::

    camera "lobby"     /lobby/anonymization  /lobby/tracking  /lobby/detection     one per camera
    privacy            /aggregation                                                one per device
    uplink             /uplink                                                     one per device
    redaction-lobby    /lobby/redaction                                            one per stream
    guard              /guard                                                      one per device

All of it lies within the namespace of the device, where it has one: ``/robot1/lobby/detection``.

A process is a trust boundary: the camera process holds everything personal; the privacy process
never saw a pixel or a metre; the uplink process never saw a person; the guard sees names only. A
redaction process holds images of one topic and publishes them without people; it counts nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from privcv_core.node.environment import camera_environment, graph_environment, guard_environment
from privcv_core.settings.dotted import flatten
from privcv_core.settings.model import Settings
from privcv_images.live.node_settings import StreamSettings
from privcv_perception.sources import is_recorded
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.line_settings import LineSettings
from privcv_site.camera import CameraSite
from privcv_site.processes import NodeSpec, ProcessSpec
from privcv_site.record import site_record
from privcv_site.site import Site


def build_graph(
    site: Site,
    *,
    replayed: bool = False,
    report_listeners: int = 0,
    detection_listeners: int = 1,
    log_level: str = "",
) -> list[ProcessSpec]:
    """The processes of ``site``: one per camera, privacy, the uplink where one is set, the guard.

    ``replayed``: event time is not that of the clock, whatever the sources are.
    ``report_listeners``: nothing is counted before so many listen to reports: who watches a short
    recording would miss those that come before the two have found each other.
    ``detection_listeners``: likewise of detections: tracking, and a player in lock-step.
    ``log_level``: of every process, as of ``ProcessSpec``; '' for that of ROS.
    """
    processes = [
        _camera_process(site, name, camera, detection_listeners)
        for name, camera in site.cameras.items()
    ]
    processes.append(_privacy_process(site, replayed, report_listeners))
    uplink = site.uplink_settings
    if uplink is not None:
        record = site_record(site).canonical().decode()
        across = site.across_folder if site.across else None
        node = "privcv_uplink.nodes.uplink:UplinkNode"
        processes.append(_process(site, "uplink", node, uplink, site_record=record, across=across))
    processes += [_redaction_process(site, name, one) for name, one in site.redactions.items()]
    # A player in lock-step listens to detections, to know when to go on.
    processes.append(_guard_process(site, ["privcv_replay"] if detection_listeners > 1 else []))
    return [
        replace(
            process,
            graph_secret=site.graph_secret,
            at_rest_key=site.at_rest_key,
            at_rest_check=site.at_rest_check,
            log_level=log_level,
        )
        for process in processes
    ]


def _camera_process(site: Site, name: str, camera: CameraSite, listeners: int) -> ProcessSpec:
    def node(implementation: str, node_name: str, **parameters: Any) -> NodeSpec:
        return NodeSpec(
            implementation,
            node_name,
            f"{site.namespace}/{name}",
            _flat(camera=name, **{"listeners": 1, **parameters}),
        )

    detection = node(
        "privcv_perception.nodes.detection:DetectionNode",
        "detection",
        listeners=listeners,
        source=camera.source,
        detector=camera.detector,
        calibration=camera.calibration,
        authorization=camera.authorization,
        privacy_zones=camera.privacy_zones,
        audit=site.audit_log,
        state=site.state,
    )
    tracking = node(
        "privcv_perception.nodes.tracking:TrackingNode",
        "tracking",
        calibration=camera.calibration,
        tracker=camera.tracker,
        # Ours needs no log; what a package adds is recorded.
        audit=site.audit_log if not camera.tracker.is_ours else None,
    )
    anonymization = node(
        "privcv_privacy.nodes.anonymization:AnonymizationNode",
        "anonymization",
        **camera.anonymization.model_dump(),
        epoch_s=site.privacy.epoch_s,
        lines=_bare(camera.lines, LineSettings),
        audit=site.audit_log,
    )
    # Downstream first: who publishes starts when those who listen are there.
    nodes = (anonymization, tracking, detection)
    return ProcessSpec(name, nodes, camera_environment())


def _redaction_process(site: Site, name: str, stream: StreamSettings) -> ProcessSpec:
    node = NodeSpec(
        "privcv_images.nodes.redaction:RedactionNode",
        "redaction",
        f"{site.namespace}/{name}",
        _flat(**dict(stream), camera=name, audit=site.audit_log, state=site.state),
    )
    return ProcessSpec(redaction_process(name), (node,), camera_environment())


def redaction_process(stream: str) -> str:
    """Name of the process that redacts a ``stream``: a camera's is the camera's own."""
    return f"redaction-{stream}"


def _privacy_process(site: Site, replayed: bool, listeners: int) -> ProcessSpec:
    # A file that is read faster than it was recorded runs ahead of the clock.
    live = not replayed and not any(is_recorded(c.source) for c in site.cameras.values())
    return _process(
        site,
        "privacy",
        "privcv_privacy.nodes.aggregation:AggregationNode",
        site.privacy,
        node_name="aggregation",
        cameras={
            name: {
                "zones": _bare(camera.zones, ZoneSettings),
                "lines": _bare(camera.lines, LineSettings),
            }
            for name, camera in site.cameras.items()
        },
        floors={
            name: {"zones": _bare(floor.zones, ZoneSettings), "cameras": floor.cameras}
            for name, floor in site.floors.items()
        },
        ledger=site.ledger,
        anchor=site.anchor_file,
        **({"tpm": site.tpm} if site.tpm is not None else {}),
        ledger_days=site.retention.ledger_days,
        time_zone=site.time_zone,
        opening_hours=[str(hours) for hours in site.opening_hours],
        holidays=[str(day) for day in site.holidays],
        refuse_future=live,
        listeners=listeners,
        across=site.across,
        across_folder=site.across_folder if site.across else None,
    )


def _guard_process(site: Site, detection_readers: list[str]) -> ProcessSpec:
    process = _process(
        site,
        "guard",
        "privcv_compliance.nodes.guard:GuardNode",
        cameras=list(site.cameras),
        frame_topics={name: {"topic": topic} for name, topic in site.frame_topics.items()},
        redactions={name: {"topic": topic} for name, topic in site.redacted_topics.items()},
        report_readers=["uplink", "privcv_monitor"],
        detection_readers=detection_readers,
        pause_callers=site.pause_callers,
        neighbours=site.neighbours,
    )
    return replace(process, environment=guard_environment())


def _process(
    site: Site,
    name: str,
    implementation: str,
    settings: Any = None,
    *,
    node_name: str = "",
    **parameters: Any,
) -> ProcessSpec:
    """A process of one node that belongs to no camera."""
    given = {} if settings is None else settings.model_dump()
    flat = _flat(**given, **parameters, audit=site.audit_log)
    node = NodeSpec(implementation, node_name or name, site.namespace or "/", flat)
    return ProcessSpec(name, (node,), graph_environment())


def _bare(places: Mapping[str, Settings], model: type[Settings]) -> dict[str, Any]:
    """Places without what is for readers only, such as labels: these processes need none."""
    return {name: place.model_dump(include={*model.model_fields}) for name, place in places.items()}


def _flat(**parameters: Any) -> dict[str, Any]:
    """ROS parameters of settings, mappings and plain values."""
    return flatten({name: _plain(value) for name, value in parameters.items()})


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return str(value) if hasattr(value, "__fspath__") else value
