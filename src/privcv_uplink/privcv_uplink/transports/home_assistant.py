# SPDX-License-Identifier: Apache-2.0
"""Home Assistant's MQTT discovery: one message that makes a sensor of people for each zone.

Its format is that of device discovery: https://www.home-assistant.io/integrations/mqtt/

Home Assistant runs a sensor's template with rights of its own. So nothing becomes part of one but
names that are names, and of what is published a template takes a number within bounds, whoever
published it: it cannot check a signature.
"""

import json
import re
from typing import Any

from pydantic import TypeAdapter, ValidationError

from privcv_core.protocol.release import INT32_MAX
from privcv_core.settings.model import Name
from privcv_uplink.errors import UplinkError

_NAME: TypeAdapter[str] = TypeAdapter(Name)
_DEVICE = re.compile(r"[0-9a-f]{32}")


def discovery_payload(device: str, zones: set[tuple[str, str]], topic: str) -> dict[str, Any]:
    """Home Assistant's discovery message: a sensor of people for each ``(camera, zone)``.

    Raises ``UplinkError`` for a camera, a zone or a device that is no name or id of one.
    """
    if not _DEVICE.fullmatch(device):
        raise UplinkError("discovery: the device's id is not 32 hexadecimal digits")
    sensors = {}
    for camera, zone in sorted(zones):
        if not (is_name(camera) and is_name(zone)):
            raise UplinkError(f"discovery: {camera!r}, {zone!r}: is not a camera and a zone")
        reports = (
            f"{{% set mine = value_json.device == '{device}' %}}"
            "{% set reports = value_json.body.releases | map(attribute='zones') | sum(start=[])"
            f" | selectattr('camera', 'eq', '{camera}') | selectattr('zone', 'eq', '{zone}')"
            " | selectattr('status', 'eq', 'published') | list if mine else [] %}"
        )
        number = f"[[reports[-1].occupancy | int(0), 0] | max, {INT32_MAX}] | min"
        sensors[f"{camera}_{zone}"] = {
            "platform": "sensor",
            "unique_id": f"privcv_{device}_{camera}_{zone}",
            "name": f"{camera} {zone}",
            "icon": "mdi:account-group",
            "unit_of_measurement": "people",
            "state_class": "measurement",
            "value_template": f"{reports}{{{{ {number} if reports else this.state }}}}",
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
    """The ``(camera, zone)`` of each report in a signed envelope of releases, if both are names.

    The outbox may hold what was written before names were checked, or by somebody else.
    """
    releases = json.loads(envelope)["body"].get("releases", [])
    found = {
        (report["camera"], report["zone"])
        for release in releases
        for report in release.get("zones", [])
        if is_name(report.get("camera")) and is_name(report.get("zone"))
    }
    return found


def is_name(value: object) -> bool:
    """Whether a value is a ``Name`` of the site file, and so safe within a template or a topic."""
    try:
        _NAME.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True
