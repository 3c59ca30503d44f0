# SPDX-License-Identifier: Apache-2.0
"""The signed envelopes that a device sent, page by page."""

from collections.abc import Iterator

from sqlalchemy import Column, Engine, select

from privcv_collector.storage.tables import devices


def envelope_pages(
    engine: Engine, sites: dict[int, str], device: str, size: int, order: "Column[int]"
) -> Iterator[list[str]]:
    """Those of the table of ``order``, by that column, which is positive, ``size`` at a time.

    No connection is held between two pages.
    """
    table = order.table
    query = (
        select(order, table.c.envelope)
        .join(devices, devices.c.pk == table.c.device_pk)
        .where(devices.c.device == device, devices.c.site_pk.in_(sites))
        .order_by(order)
        .limit(size)
    )
    after = 0
    while True:
        with engine.connect() as connection:
            rows = connection.execute(query.where(order > after)).all()
        if not rows:
            return
        yield [row.envelope for row in rows]
        after = rows[-1][0]
