# SPDX-License-Identifier: Apache-2.0
"""Privacy budgets: what the reports of a day say they spent, summed for auditors."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select

from privcv_collector.queries.report_kinds import DWELL, STATISTIC, ZONE
from privcv_collector.storage.tables import devices, series


def list_budgets(
    connection: Connection, sites: dict[int, str], span: tuple[datetime, datetime]
) -> list[dict[str, Any]]:
    """Epsilon and delta that each zone of each device spent on one day, by kind of report.

    ``span`` is from its begin to its end (not included), by the starts of windows and periods.
    """
    found = []
    for kind, label in ((ZONE, "zone"), (DWELL, "dwell"), (STATISTIC, "statistic")):
        table = kind.table
        start = table.c[kind.start]
        published = func.sum(case((table.c.status == "published", 1), else_=0))
        for site_pk, site in sites.items():
            query = (
                select(
                    devices.c.device,
                    series.c.camera,
                    series.c.zone,
                    func.sum(table.c.epsilon).label("epsilon"),
                    func.sum(table.c.delta).label("delta"),
                    published.label("published"),
                    func.count().label("reports"),
                )
                .join(series, series.c.pk == table.c.series_pk)
                .join(devices, devices.c.pk == series.c.device_pk)
                .where(table.c.site_pk == site_pk, start >= span[0], start < span[1])
                .group_by(devices.c.device, series.c.camera, series.c.zone)
                .order_by(devices.c.device, series.c.camera, series.c.zone)
            )
            for row in connection.execute(query):
                found.append(
                    {
                        "site": site,
                        "device": row.device,
                        "camera": row.camera,
                        "zone": row.zone,
                        "kind": label,
                        "epsilon": row.epsilon,
                        "delta": row.delta,
                        "published": row.published,
                        "suppressed": row.reports - row.published,
                    }
                )
    return found
