# SPDX-License-Identifier: Apache-2.0
"""What answers to data subjects know of the stores is what the stores really are.

Fails when somebody adds a table, a column or a field of a report without thinking of it.
"""

from pathlib import Path

from privcv_compliance.evidence.known_stores import REPORT_FIELDS, read_outbox
from privcv_core.protocol.release import DwellReport, StatisticReport, ZoneReport
from privcv_uplink.outbox.outbox import Outbox


def test_the_outbox_holds_nothing_that_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = Outbox(path)
    outbox.accept(1, b'{"dwell":[],"sequence":1,"zones":[]}')
    store = read_outbox(path)  # while the uplink holds it exclusively
    outbox.close()
    assert store.strange == ()
    assert store.releases == 1


def test_the_fields_of_reports_are_those_of_the_schema() -> None:
    assert REPORT_FIELDS["zones"] == {*ZoneReport.model_fields}
    assert REPORT_FIELDS["dwell"] == {*DwellReport.model_fields}
    assert REPORT_FIELDS["statistics"] == {*StatisticReport.model_fields}
