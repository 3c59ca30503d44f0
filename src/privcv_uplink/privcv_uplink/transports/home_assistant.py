# SPDX-License-Identifier: Apache-2.0
"""Home Assistant's MQTT discovery: one message that makes a sensor of people for each zone.

Its format is that of device discovery: https://www.home-assistant.io/integrations/mqtt/
"""

import json
from typing import Any


def discovery_payload(device: str, zones: set[tuple[str, str]], topic: str) -> dict[str, Any]:
    """Home Assistant's discovery message: a sensor of people for each ``(camera, zone)``."""
    sensors = {}
    for camera, zone in sorted(zones):
        reports = (
            "{% set reports = value_json.body.releases | map(attribute='zones') | sum(start=[])"
            f" | selectattr('camera', 'eq', '{camera}') | selectattr('zone', 'eq', '{zone}')"
            " | selectattr('status', 'eq', 'published') | list %}"
        )
        sensors[f"{camera}_{zone}"] = {
            "platform": "sensor",
            "unique_id": f"privcv_{device}_{camera}_{zone}",
            "name": f"{camera} {zone}",
            "icon": "mdi:account-group",
            "unit_of_measurement": "people",
            "state_class": "measurement",
            "value_template": reports + "{{ reports[-1].occupancy if reports else this.state }}",
        }
    return {
        "device": {"identifiers": [f"privcv_{device}"], "name": f"privcv {device[:8]}"},
        "origin": {"name": "privcv"},
        "components": sensors,
        "state_topic": f"{topic}/{device}/batches",
        "availability_topic": f"{topic}/{device}/status",
        "qos": 1,
    }


def zones_in(envelope: bytes) -> set[tuple[str, str]]:
    """The ``(camera, zone)`` of each report in a signed envelope of releases."""
    releases = json.loads(envelope)["body"].get("releases", [])
    return {
        (str(report["camera"]), str(report["zone"]))
        for release in releases
        for report in release.get("zones", [])
    }
