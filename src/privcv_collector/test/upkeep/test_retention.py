# SPDX-License-Identifier: Apache-2.0
"""Retention by age: off unless asked for, audited, and nothing that ended is stored again."""

from datetime import datetime, timedelta, timezone

import psycopg
import pytest
from pydantic import ValidationError
from sqlalchemy import text
from timescaledb_recorded import RECORDED

from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.database import open_database, writing
from privcv_collector.storage.partitions import month_of
from privcv_collector.upkeep.upkeep import look_after

NOW = datetime.now(timezone.utc)
MONTH = month_of(NOW)
KEEP_D = 60.0
LATER = NOW + timedelta(days=200)
"""When what is sent now is long over."""


def dated(release, number, start):
    """Release ``number`` with its one report at ``start``."""
    return release(number, window_start=start.strftime("%Y-%m-%dT%H:%M:%SZ"))


def releases_of(server):
    rows = server.rows("SELECT release FROM zone_reports ORDER BY 1")
    return [number for (number,) in rows]


def actions_of(server):
    answer = server.read("/v1/admin-actions", "auditor")
    return [
        (row["actor"], row["target"])
        for row in answer["actions"]
        if row["action"] == "reports.expired"
    ]


@pytest.fixture
def device(server, release):
    """A device whose reports are of four times: long ago, this month, in a year, in 9998."""
    device = server.enrolled()
    for number, start in enumerate(
        (
            datetime(1980, 1, 1, tzinfo=timezone.utc),
            MONTH,
            MONTH + timedelta(days=365),
            datetime(9998, 1, 1, tzinfo=timezone.utc),
        ),
        1,
    ):
        assert device.send(dated(release, number, start)).content["accepted"] == 1
    return device


def test_without_the_setting_nothing_ends(server, device):
    look_after(server.collector.engine, CollectorSettings(), LATER)
    assert releases_of(server) == [1, 2, 3, 4]
    assert actions_of(server) == []


def test_what_is_over_goes_and_the_audit_says_so(server, device):
    keep = CollectorSettings(keep_reports_d=KEEP_D)
    look_after(server.collector.engine, keep, NOW)
    assert releases_of(server) == [2, 3, 4]
    cut = month_of(NOW - timedelta(days=KEEP_D))
    assert actions_of(server) == [("retention", f"zone_reports before {cut:%Y-%m-%d}T00:00:00Z")]
    look_after(server.collector.engine, keep, LATER)
    assert releases_of(server) == [3, 4]
    look_after(server.collector.engine, keep, LATER)  # nothing more: no row more
    later = f"{month_of(LATER - timedelta(days=KEEP_D)):%Y-%m-%d}T00:00:00Z"
    assert sorted(actions_of(server)[:-1]) == [
        ("retention", f"batches before {later}"),
        ("retention", f"zone_reports before {later}"),
    ]


def test_what_ended_is_never_stored_again(server, device, release):
    """Not in the batch in which it came, and in no other."""
    first = device.batch(dated(release, 2, MONTH), sequence=2)
    assert device.post(first).content["duplicate"] is True
    look_after(server.collector.engine, CollectorSettings(keep_reports_d=KEEP_D), LATER)
    assert server.rows("SELECT count(*) FROM batches") == [(0,)]
    repeated = device.post(first)
    assert (repeated.status, repeated.content["error"]) == (409, "sequence")
    assert repeated.content["next_sequence"] == 5
    again = device.send(dated(release, 2, MONTH), dated(release, 5, MONTH))
    assert (again.status, again.content["accepted"]) == (200, 1)
    other = device.send(dated(release, 2, NOW))
    assert (other.status, other.content["error"]) == (409, "release_conflict")
    assert releases_of(server) == [3, 4, 5]


def test_the_oldest_batches_go_and_the_newer_stay(server, release):
    device = server.enrolled()
    for number in range(1, 6):
        device.send(release(number))
    with writing(server.collector.engine).begin() as connection:
        old = {"then": NOW - timedelta(days=200)}
        connection.execute(text("UPDATE batches SET received_at = :then WHERE batch < 4"), old)
    look_after(server.collector.engine, CollectorSettings(keep_reports_d=KEEP_D), NOW)
    assert server.rows("SELECT batch FROM batches ORDER BY 1") == [(4,), (5,)]


def test_more_than_one_transaction_of_old_rows_goes(server, device, monkeypatch):
    monkeypatch.setattr("privcv_collector.upkeep.retention._ROWS_AT_ONCE", 2)
    with writing(server.collector.engine).begin() as connection:
        for number in range(10, 17):
            connection.execute(
                text(
                    "INSERT INTO zone_reports SELECT site_pk, window_start, series_pk, :number,"
                    " window_s, status, reason, occupancy, occupancy_low, occupancy_high,"
                    " flow_standing, flow_plus_x, flow_plus_y, flow_minus_x, flow_minus_y,"
                    " confidence, coverage, epsilon, delta, unit, mechanism FROM zone_reports"
                    " WHERE release = 1"
                ),
                {"number": number},
            )
    look_after(server.collector.engine, CollectorSettings(keep_reports_d=KEEP_D), NOW)
    assert releases_of(server) == [2, 3, 4]
    assert len(actions_of(server)) == 1


def test_less_than_what_is_still_taken_cannot_be_kept():
    with pytest.raises(ValidationError, match=r"keep_reports_d: 20 days are less .* keep longer"):
        CollectorSettings(keep_reports_d=20)
    assert CollectorSettings(keep_reports_d=20, max_age_s=86_400).keep_reports_d == 20


def test_of_timescaledb_chunks_are_asked_to_be_dropped(postgresql_url):
    """Against its recorded interface: that the calls are well formed, not what TimescaleDB does."""
    with psycopg.connect(postgresql_url) as connection:
        connection.execute(RECORDED)
    engine = open_database(postgresql_url)
    look_after(engine, CollectorSettings(keep_reports_d=KEEP_D), NOW)
    with engine.connect() as connection:
        asked = connection.execute(
            text("SELECT call, CAST(relation AS text), argument, default_indexes FROM asked")
        ).all()
        for table in ("zone_reports", "dwell_reports"):
            kind = "SELECT relkind FROM pg_class WHERE oid = to_regclass(:table)"
            assert connection.execute(text(kind), {"table": table}).scalar() == "r"
            uniques = connection.execute(
                text(
                    "SELECT indexdef FROM pg_indexes WHERE tablename = :table"
                    " AND indexdef LIKE '% UNIQUE %'"
                ),
                {"table": table},
            ).scalars()
            # Unique indexes of a hypertable must hold its time.
            assert all("_start" in unique for unique in uniques)
        audited = connection.execute(
            text("SELECT target FROM admin_actions WHERE action = 'reports.expired' ORDER BY 1")
        ).scalars()
        cut = f"{month_of(NOW - timedelta(days=KEEP_D)):%Y-%m-%d}"
        assert [target[:30] for target in audited] == [
            f"dwell_reports before {cut}"[:30],
            f"zone_reports before {cut}"[:30],
        ]
    assert sorted(tuple(row) for row in asked) == [
        ("create_hypertable", "dwell_reports", "period_start", False),
        ("create_hypertable", "zone_reports", "window_start", False),
        ("drop_chunks", "dwell_reports", cut, None),
        ("drop_chunks", "zone_reports", cut, None),
    ]
