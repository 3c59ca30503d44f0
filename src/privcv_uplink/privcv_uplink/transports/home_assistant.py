# SPDX-License-Identifier: Apache-2.0
"""Home Assistant's MQTT discovery: one message that makes a sensor of people for each zone.

Its format is that of device discovery: https://www.home-assistant.io/integrations/mqtt/

A sensor shows the newest window of its zone and nothing else: where that was suppressed its state
is unknown, and where no window came for a while it is unavailable. A number never becomes a text.

Home Assistant runs a sensor's template with rights of its own. So nothing becomes part of one but
constants, and of what is published a template takes a number within bounds or a known word, whoever
published it: it cannot check a signature.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from privcv_core.protocol.release import INT32_MAX, UINT32_MAX, ZoneReport
from privcv_core.protocol.timestamps import parse_rfc3339
from privcv_core.settings.model import Name
from privcv_uplink.errors import UplinkError

WINDOWS_SHOWN = 3
"""A value is shown for as long as this many windows last, after the end of its own."""

Place = tuple[str, str]
"""Camera and zone."""

_NAME: TypeAdapter[str] = TypeAdapter(Name)
_DEVICE = re.compile(r"[0-9a-f]{32}")
_REASONS = list(get_args(ZoneReport.model_fields["reason"].annotation))


@dataclass(frozen=True)
class ZoneState:
    """What a sensor is to show: its topic below the device's, the payload, and for how long, s."""

    topic: str
    payload: bytes
    expires_s: int


def discovery_payload(device: str, zones: dict[Place, int], topic: str) -> bytes:
    """Home Assistant's discovery message: a sensor of people for each ``(camera, zone)``.

    ``zones`` has the length of their windows, s. Raises ``UplinkError`` for a camera, a zone or a
    device that is no name or id of one.
    """
    if not _DEVICE.fullmatch(device):
        raise UplinkError("discovery: the device's id is not 32 hexadecimal digits")
    sensors = {}
    for (camera, zone), window_s in sorted(zones.items()):
        if not (is_name(camera) and is_name(zone)):
            raise UplinkError(f"discovery: {camera!r}, {zone!r}: is not a camera and a zone")
        state = f"{topic}/{device}/{_topic(camera, zone)}"
        sensors[f"{camera}_{zone}"] = {
            "platform": "sensor",
            "unique_id": f"privcv_{device}_{camera}_{zone}",
            "name": f"{camera} {zone}",
            "icon": "mdi:account-group",
            "unit_of_measurement": "people",
            "state_class": "measurement",
            "state_topic": state,
            "value_template": VALUE_TEMPLATE,
            "json_attributes_topic": state,
            "json_attributes_template": ATTRIBUTES_TEMPLATE,
            "expire_after": _shown_s(window_s),
        }
    content = {
        "device": {"identifiers": [f"privcv_{device}"], "name": f"privcv {device[:8]}"},
        "origin": {"name": "privcv"},
        "components": sensors,
        "availability_topic": f"{topic}/{device}/status",
        "qos": 1,
    }
    return json.dumps(content).encode()


def _bounded(name: str, most: int) -> str:
    number = f"value_json.{name}"
    return f"({number} if {number} is integer and 0 <= {number} <= {most} else none)"


def _share(name: str) -> str:
    number = f"value_json.{name}"
    return f"({number} if {number} is number and 0 <= {number} <= 1 else none)"


# "None" is how Home Assistant is told that a state is unknown.
VALUE_TEMPLATE = f"{{{{ {_bounded('people', INT32_MAX)} }}}}"

ATTRIBUTES_TEMPLATE = (
    "{{ {"
    f"'low': {_bounded('low', INT32_MAX)}, 'high': {_bounded('high', INT32_MAX)},"
    f" 'confidence': {_share('confidence')}, 'coverage': {_share('coverage')},"
    f" 'reason': (value_json.reason if value_json.reason in {_REASONS} else none),"
    f" 'window_s': {_bounded('window_s', UINT32_MAX)}"
    "} | tojson }}"
)


def zones_in(envelope: bytes) -> dict[Place, int]:
    """The zones of the reports in a signed envelope, if their names are names; their windows, s.

    The outbox may hold what was written before names were checked, or by somebody else.
    """
    return {place: report["window_s"] for place, report in _newest(envelope).items()}


def zone_states(envelope: bytes, now: datetime) -> list[ZoneState]:
    """What the sensors show after an envelope: the newest report of each zone, unless it is old."""
    states = []
    for (camera, zone), report in _newest(envelope).items():
        window_s = report["window_s"]
        try:
            end = parse_rfc3339(report["window_start"]) + timedelta(seconds=window_s)
        except (ValueError, TypeError, KeyError, OverflowError):
            continue
        left_s = _shown_s(window_s) - max(0.0, (now - end).total_seconds())
        if left_s < 1.0:  # what waited for so long is no state of now
            continue
        published = report.get("status") == "published"
        content = {
            "people": report.get("occupancy") if published else None,
            "low": report.get("occupancy_low") if published else None,
            "high": report.get("occupancy_high") if published else None,
            "reason": report.get("reason"),
            "coverage": report.get("coverage"),
            "confidence": report.get("confidence"),
            "window_start": report["window_start"],
            "window_s": window_s,
        }
        states.append(ZoneState(_topic(camera, zone), json.dumps(content).encode(), int(left_s)))
    return states


def _newest(envelope: bytes) -> dict[Place, dict[str, Any]]:
    """The last report of each zone in an envelope whose names are names."""
    return {
        (report["camera"], report["zone"]): report
        for release in json.loads(envelope).get("body", {}).get("releases", [])
        for report in release.get("zones", [])
        if is_name(report.get("camera"))
        and is_name(report.get("zone"))
        and type(report.get("window_s")) is int
        and 0 < report["window_s"] <= UINT32_MAX
    }


def _topic(camera: str, zone: str) -> str:
    return f"zones/{camera}/{zone}"


def _shown_s(window_s: int) -> int:
    return min(max(WINDOWS_SHOWN * window_s, 60), UINT32_MAX)


def is_name(value: object) -> bool:
    """Whether a value is a ``Name`` of the site file, and so safe within a template or a topic."""
    try:
        _NAME.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True
