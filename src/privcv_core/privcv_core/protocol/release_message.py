# SPDX-License-Identifier: Apache-2.0
"""The one conversion of a release to and from its message ``privcv_msgs/ZoneReports``.

The message holds all that the schema holds, so that the bytes made again from it are those that the
ledger keeps: ``from_message(to_message(release)).canonical() == release.canonical()``.
"""

from typing import Any

from builtin_interfaces.msg import Time
from pydantic import ValidationError

from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.release import DwellReport, Release, ZoneReport, words_of
from privcv_core.protocol.stamp_message import time_message, time_ns
from privcv_core.protocol.timestamps import from_ns, to_ns
from privcv_msgs.msg import DwellReport as DwellReportMessage
from privcv_msgs.msg import ZoneReport as ZoneReportMessage
from privcv_msgs.msg import ZoneReports


def _constants(prefix: str) -> dict[str, int]:
    """Constants of ``ZoneReport`` by their name in the schema: lower case, without the prefix."""
    names = (name for name in dir(type(ZoneReportMessage)) if name.startswith(prefix))
    return {name.removeprefix(prefix).lower(): getattr(ZoneReportMessage, name) for name in names}


_VALUES = {
    "status": _constants("STATUS_"),
    "reason": _constants("REASON_"),
    "unit": _constants("UNIT_"),
    "mechanism": _constants("MECHANISM_"),
}
_NAMES = {field: {value: name for name, value in v.items()} for field, v in _VALUES.items()}

UNITS = _VALUES["unit"]
"""``UNIT_*`` of ``privcv_msgs/ZoneReport`` by the name of the unit."""


def to_message(release: Release) -> ZoneReports:
    """A release as its message.

    Raises ``ReleaseError`` for what a message cannot hold: a time after January 2038.
    """
    try:
        return ZoneReports(
            sequence=release.sequence,
            zones=[_report_message(ZoneReportMessage, report) for report in release.zones],
            dwell=[_report_message(DwellReportMessage, report) for report in release.dwell],
        )
    except AssertionError as error:  # how the generated classes refuse a value
        raise ReleaseError(f"release {release.sequence}: no message holds it: {error}") from error


def from_message(message: ZoneReports) -> Release:
    """The release that a message states; raises ``ReleaseError`` where it states none."""
    try:
        return Release(
            sequence=message.sequence,
            zones=[ZoneReport.model_validate(_values(report)) for report in message.zones],
            dwell=[DwellReport.model_validate(_values(report)) for report in message.dwell],
        )
    except ValidationError as error:
        raise ReleaseError(f"release {message.sequence}: {words_of(error)}") from error


def _report_message(report_class: Any, report: ZoneReport | DwellReport) -> Any:
    values = {field: getattr(report, field) for field in report_class.get_fields_and_field_types()}
    for field, named in _VALUES.items():
        values[field] = named[values[field]]
    start = "window_start" if isinstance(report, ZoneReport) else "period_start"
    values[start] = time_message(to_ns(values[start]))
    return report_class(**values)


def _values(message: Any) -> dict[str, Any]:
    values = {}
    for field in message.get_fields_and_field_types():
        value = getattr(message, field)
        if field in _NAMES:
            value = _NAMES[field].get(value, value)  # an unknown constant is no word of the schema
        elif isinstance(value, Time):
            value = from_ns(time_ns(value))
        elif hasattr(value, "tolist"):  # a fixed array is one of numpy
            value = value.tolist()
        values[field] = value
    return values
