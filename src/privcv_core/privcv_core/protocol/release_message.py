# SPDX-License-Identifier: Apache-2.0
"""The one spelling of a release outside ROS: the fields of ``privcv_msgs/ZoneReports`` as JSON.

Times are RFC 3339 in UTC, constants their lower-case names, and each report says its ``kind``.
``to_message`` and ``to_json`` are inverse: what the ledger committed is what the collector gets.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time

from privcv_msgs.msg import DwellReport, ZoneReport, ZoneReports

# Fields that hold a constant of ZoneReport, by the prefix of its name.
CONSTANTS = {"status": "STATUS_", "reason": "REASON_", "unit": "UNIT_", "mechanism": "MECHANISM_"}
KINDS = {"zones": ("zone", ZoneReport), "dwell": ("dwell", DwellReport)}


def to_message(release: Mapping[str, Any]) -> ZoneReports:
    """A release as the ledger keeps it, as its message."""
    message = ZoneReports(sequence=release["sequence"])
    for field, (_, report_class) in KINDS.items():
        reports = [_report_message(report_class, report) for report in release[field]]
        setattr(message, field, reports)
    return message


def to_json(message: ZoneReports) -> dict[str, Any]:
    """The inverse of ``to_message``."""
    release: dict[str, Any] = {"sequence": message.sequence}
    for field, (kind, _) in KINDS.items():
        release[field] = [_report_json(kind, report) for report in getattr(message, field)]
    return release


def _report_message(report_class: Any, report: Mapping[str, Any]) -> Any:
    message = report_class()
    for field in report_class.get_fields_and_field_types():
        value = report[field]
        if field in CONSTANTS:
            value = getattr(ZoneReport, CONSTANTS[field] + value.upper())
        elif field.endswith("_start"):
            value = _time_message(value)
        setattr(message, field, value)
    return message


def _report_json(kind: str, message: Any) -> dict[str, Any]:
    report: dict[str, Any] = {"kind": kind}
    for field, type_name in message.get_fields_and_field_types().items():
        value = getattr(message, field)
        if field in CONSTANTS:
            value = _constant_name(CONSTANTS[field], value)
        elif isinstance(value, Time):
            value = time_text(value)
        elif type_name == "float":  # the shortest decimal that reads back as the same float32
            value = float(str(np.float32(value)))
        elif type_name.startswith("int32["):
            value = [int(item) for item in value]
        report[field] = value
    return report


def _constant_name(prefix: str, value: int) -> str:
    for name in dir(type(ZoneReport)):
        if name.startswith(prefix) and getattr(ZoneReport, name) == value:
            return name.removeprefix(prefix).lower()
    raise ValueError(f"{prefix}* of ZoneReport has no value {value}")


def time_text(time: Time) -> str:
    """RFC 3339, with microseconds only where they are not zero."""
    moment = datetime.fromtimestamp(time.sec, tz=timezone.utc).replace(tzinfo=None)
    text = moment.isoformat(timespec="seconds")
    microseconds = time.nanosec // 1000
    return f"{text}.{microseconds:06d}Z" if microseconds else f"{text}Z"


def _time_message(text: str) -> Time:
    moment = datetime.fromisoformat(re.sub("Z$", "+00:00", text))
    seconds = int(moment.replace(microsecond=0).timestamp())
    return Time(sec=seconds, nanosec=moment.microsecond * 1000)
