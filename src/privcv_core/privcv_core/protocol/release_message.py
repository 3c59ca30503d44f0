# SPDX-License-Identifier: Apache-2.0
"""The one conversion of a release to and from its message ``privcv_msgs/ZoneReports``.

The message holds all that the schema holds of one camera, so that the bytes made again from it are
those that the ledger keeps: ``from_message(to_message(release)).canonical() ==
release.canonical()``. Which camera stands once in a message, and in each report of the schema.
"""

from datetime import datetime
from typing import Any

from builtin_interfaces.msg import Time
from pydantic import ValidationError

from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.release import (
    DwellReport,
    Release,
    StatisticReport,
    ZoneReport,
    words_of,
)
from privcv_core.protocol.stamp_message import time_message, time_ns
from privcv_core.protocol.timestamps import from_ns, to_ns
from privcv_msgs.msg import DwellReport as DwellReportMessage
from privcv_msgs.msg import StatisticReport as StatisticReportMessage
from privcv_msgs.msg import ZoneReport as ZoneReportMessage
from privcv_msgs.msg import ZoneReports


def _constants(prefix: str, message: Any = ZoneReportMessage) -> dict[str, int]:
    """Constants of a message by their name in the schema: lower case, without the prefix."""
    names = (name for name in dir(type(message)) if name.startswith(prefix))
    return {name.removeprefix(prefix).lower(): getattr(message, name) for name in names}


_VALUES = {
    "status": _constants("STATUS_"),
    "reason": _constants("REASON_"),
    "unit": _constants("UNIT_"),
    "mechanism": _constants("MECHANISM_"),
    "statistic": _constants("STATISTIC_", StatisticReportMessage),
    "period": _constants("PERIOD_", StatisticReportMessage),
}
_NAMES = {field: {value: name for name, value in v.items()} for field, v in _VALUES.items()}

UNITS = _VALUES["unit"]
"""``UNIT_*`` of ``privcv_msgs/ZoneReport`` by the name of the unit."""


def to_message(release: Release) -> ZoneReports:
    """A release as its message.

    Raises ``ReleaseError`` for what a message cannot hold: a time after January 2038, or reports of
    several cameras, which no aggregation puts into one release.
    """
    cameras = {report.camera for report in release.reports}
    if len(cameras) > 1:
        raise ReleaseError(f"release {release.sequence}: no message holds it: several cameras")
    try:
        return ZoneReports(
            sequence=release.sequence,
            camera=next(iter(cameras), ""),
            zones=[_report_message(ZoneReportMessage, report) for report in release.zones],
            dwell=[_report_message(DwellReportMessage, report) for report in release.dwell],
            statistics=[
                _report_message(StatisticReportMessage, report) for report in release.statistics
            ],
        )
    except AssertionError as error:  # how the generated classes refuse a value
        raise ReleaseError(f"release {release.sequence}: no message holds it: {error}") from error


def from_message(message: ZoneReports) -> Release:
    """The release that a message states; raises ``ReleaseError`` where it states none."""
    camera = message.camera
    try:
        return Release(
            sequence=message.sequence,
            zones=[ZoneReport.model_validate(_values(one, camera)) for one in message.zones],
            dwell=[DwellReport.model_validate(_values(one, camera)) for one in message.dwell],
            statistics=[
                StatisticReport.model_validate(_values(one, camera)) for one in message.statistics
            ],
        )
    except ValidationError as error:
        raise ReleaseError(f"release {message.sequence}: {words_of(error)}") from error


def _report_message(report_class: Any, report: Any) -> Any:
    values = {field: getattr(report, field) for field in report_class.get_fields_and_field_types()}
    for field, value in values.items():
        if field in _VALUES:
            values[field] = _VALUES[field][value]
        elif isinstance(value, datetime):
            values[field] = time_message(to_ns(value))
    return report_class(**values)


def _values(message: Any, camera: str) -> dict[str, Any]:
    values: dict[str, Any] = {"camera": camera}
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
