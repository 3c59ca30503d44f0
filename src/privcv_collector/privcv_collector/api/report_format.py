# SPDX-License-Identifier: Apache-2.0
"""Rows of reports as JSON and as CSV."""

import csv
import io
from typing import Any

from sqlalchemy import Row

from privcv_collector.queries.report_kinds import COMMON, ReportKind
from privcv_collector.queries.report_queries import ReportFilter
from privcv_collector.queries.report_states import STATES
from privcv_core.protocol.timestamps import rfc3339


def as_json(kind: ReportKind, filters: ReportFilter, row: Row[Any]) -> dict[str, Any]:
    """A report as the device signed it, with its site and its state."""
    cell = row._mapping
    return {
        "site": filters.sites[cell["site_pk"]],
        "camera": cell["camera"],
        kind.place: cell["zone"],
        **{name: cell[name] for name in kind.front},
        kind.start: rfc3339(cell[kind.start]),
        kind.length: cell[kind.length],
        "status": cell["status"],
        "reason": cell["reason"],
        "state": STATES[cell["reason"]],
        **{name: cell[name] for name in kind.single},
        **{name: [cell[part] for part in parts] for name, parts in kind.lists.items()},
        **{name: cell[name] for name in COMMON},
    }


def csv_header(kind: ReportKind) -> list[str]:
    """Names of the columns of ``csv_row``."""
    front = ["site", "camera", kind.place, *kind.front, kind.start, kind.length, "status", "reason"]
    return [*front, *kind.values, *COMMON]


def csv_row(kind: ReportKind, filters: ReportFilter, row: Row[Any]) -> list[Any]:
    """One line; the values of a suppressed report are empty, so that nobody sums zeros."""
    cell = row._mapping
    shown = cell["status"] == "published"
    return [
        filters.sites[cell["site_pk"]],
        cell["camera"],
        cell["zone"],
        *(cell[name] for name in kind.front),
        rfc3339(cell[kind.start]),
        cell[kind.length],
        cell["status"],
        cell["reason"],
        *(cell[name] if shown else "" for name in kind.values),
        *(cell[name] for name in COMMON),
    ]


def csv_text(rows: list[list[Any]]) -> str:
    """Lines of CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
