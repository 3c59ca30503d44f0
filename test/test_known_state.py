# SPDX-License-Identifier: Apache-2.0
"""What answers to data subjects know of the stores is what the stores really are.

Fails when somebody adds a table, a column or a field of a report without thinking of it.
"""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from privcv_compliance.evidence.known_stores import REPORT_FIELDS, read_ledger, read_outbox
from privcv_core.event_time.running_time import Running
from privcv_core.protocol.release import DwellReport, StatisticReport, ZoneReport
from privcv_privacy.aggregation.period_sums import PeriodSum, write_sums
from privcv_privacy.budget.charge import Charge
from privcv_privacy.budget.device_time import DeviceTime, Era, Moment
from privcv_privacy.budget.eras import store_moment
from privcv_privacy.budget.ledger import Ledger
from privcv_uplink.outbox.outbox import Outbox

EMPTY = b'{"dwell":[],"sequence":1,"zones":[]}'


def test_the_outbox_holds_nothing_that_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = Outbox(path)
    outbox.accept(1, EMPTY)
    store = read_outbox(path)  # while the uplink holds it exclusively
    outbox.close()
    assert store.strange == ()
    assert store.releases == 1


def test_what_a_ledger_keeps_beside_its_releases_is_known(tmp_path: Path) -> None:
    """Sums of periods, the time of a live camera, who counts together, days of time zones."""
    path, zones = tmp_path / "ledger.db", ("door", "desk")
    for number, time_zone in enumerate(("UTC", "Europe/Berlin", "America/Argentina/Ushuaia")):
        with Ledger(path, time_zone=time_zone) as ledger:
            ledger.join("hall", ["lobby", "yard"])
            sums = [
                PeriodSum(unit, "zones", 0, 3600, 0, zones, (3, -1), 4, 16.5, 2, 113.45)
                for unit in ("hour", "day", "week")
            ]
            ledger.keep("periods|lobby", write_sums(tuple(sums)))
            charge = Charge("lobby|counts", f"{number}|300", 0.5, 0.0, 1.0, 0.0, 0, 10**9)
            release = partial(ledger.release, f"lobby|{number}|300|zones|era {number}", [charge])
            release(lambda sequence, paid: EMPTY, dict.fromkeys(zones, 0.5))
    moment = Moment(Era(1, 2, 3), 4, Running("ab" * 16, 5), 6, 7)
    with closing(sqlite3.connect(path)) as db, db:
        store_moment(db, "lobby", DeviceTime(moment, lambda: 1.8e9))
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT COUNT(*) FROM meta").fetchone() == (6,)
    assert read_ledger(path, ["hall", "lobby", *zones]).strange == ()


def test_the_fields_of_reports_are_those_of_the_schema() -> None:
    assert REPORT_FIELDS["zones"] == {*ZoneReport.model_fields}
    assert REPORT_FIELDS["dwell"] == {*DwellReport.model_fields}
    assert REPORT_FIELDS["statistics"] == {*StatisticReport.model_fields}
