# SPDX-License-Identifier: Apache-2.0
"""What a collector has stored, by release, read past all of its own queries."""

from sqlalchemy import text

from privcv_collector.storage.database import open_database


def stored(db: str) -> list[tuple[str, int]]:
    """Device and number of each report, as often as it is there."""
    engine = open_database(db)
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT d.device, z.release FROM zone_reports AS z JOIN series AS s"
                " ON s.pk = z.series_pk JOIN devices AS d ON d.pk = s.device_pk ORDER BY 1, 2"
            )
        )
        rows = [(row[0], row[1]) for row in found]
    engine.dispose()
    return rows
