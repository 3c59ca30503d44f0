# SPDX-License-Identifier: Apache-2.0
"""Reports are counted once, windows closed once, noise drawn once: whatever is asked again."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sum_sites import FIRST, TwoCollectors, closing_time, without_noise

from privcv_across.errors import MalformedMessage, RefusedReport
from privcv_across.messages.closing import CloseReq, CloseResp
from privcv_collector.errors import CollectorError
from privcv_collector.refused import Refused
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.database import writing
from privcv_collector.storage.sum_tables import (
    log_entries,
    secure_reports,
    sum_totals,
    window_closes,
)
from privcv_collector.storage.tables import admin_actions
from privcv_collector.sums.closing import answer_close, finish, propose, sweep
from privcv_collector.sums.leading import close_due, lead
from privcv_collector.sums.verifying import verify_waiting
from privcv_collector.upkeep.upkeep import look_after


@pytest.fixture(params=["sqlite", "postgresql"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TwoCollectors]:
    """Leader and helper, on each kind of database."""
    if request.param == "sqlite":
        urls = (f"sqlite:///{tmp_path}/leader.db", f"sqlite:///{tmp_path}/helper.db")
    else:
        new: Callable[[], str] = request.getfixturevalue("new_database")
        urls = (new(), new())
    made = TwoCollectors(urls, tmp_path / "keys")
    yield made
    for engine in made.engines:
        engine.dispose()


def counts_of(site: int) -> list[int]:
    return [site + 1, 10, 2 * site]


def closed(two: TwoCollectors, role: int) -> Any:
    with two.engines[role].connect() as connection:
        return connection.execute(select(window_closes)).one()


def test_the_total_is_the_sum_of_what_both_have(two: TwoCollectors) -> None:
    without_noise(two)
    for site in range(4):
        assert two.receive(two.report(site, FIRST, counts_of(site)))
    assert lead(two.engines[0], two.parts[0], two.ask, two.now) == []
    with two.engines[0].connect() as connection:
        row = connection.execute(select(sum_totals)).one()
    assert (row.sites, row.counts) == (4, [1 + 2 + 3 + 4, 40, 0 + 2 + 4 + 6])
    assert closed(two, 0).report_ids == closed(two, 1).report_ids
    for engine in two.engines:  # what a site sent is not kept any longer
        with engine.connect() as connection:
            assert connection.execute(select(secure_reports)).all() == []


def test_each_collector_adds_the_whole_noise_and_stores_what_it_told(two: TwoCollectors) -> None:
    for site in range(4):
        two.receive(two.report(site, FIRST, [0, 0, 0]))
    (total,) = lead_and_close(two)
    field = two.task().aggregator.task.prio3.field
    shares = [field.decode(bytes(closed(two, role).noisy_share), 3) for role in (0, 1)]
    raised = 4 * two.signed.task.floor.offset
    assert [field.signed(one) - raised for one in field.add(*shares)] == list(total.counts)


def lead_and_close(two: TwoCollectors) -> list[Any]:
    task = two.task()
    while verify_waiting(two.engines[0], task, two.ask):
        pass
    return close_due(two.engines[0], task, two.ask, two.now)


def test_the_same_list_gets_the_same_bytes_and_another_is_refused(two: TwoCollectors) -> None:
    for site in range(4):
        two.receive(two.report(site, FIRST, counts_of(site)))
    while verify_waiting(two.engines[0], two.task(), two.ask):
        pass
    with writing(two.engines[0]).begin() as connection:
        request = propose(connection, two.task(), FIRST, two.now)
    assert request is not None
    assert len(request.report_ids) == 4
    first = two.ask(two.task(), f"closes/{FIRST}", request.encode())
    assert [two.ask(two.task(), "closes/x", request.encode()) for _ in range(3)] == [first] * 3
    fewer = CloseReq(FIRST, request.report_ids[:3])
    with pytest.raises(Refused) as refused:
        two.ask(two.task(), f"closes/{FIRST}", fewer.encode())
    assert (refused.value.status, refused.value.error) == (409, "conflict")
    with writing(two.engines[0]).begin() as connection:  # and the leader never has another
        assert propose(connection, two.task(), FIRST, two.now) == request
    answer = CloseResp.decode(first)
    with writing(two.engines[0]).begin() as connection:
        assert finish(connection, two.task(), request, answer, two.now) is not None
    before = closed(two, 0).noisy_share
    with writing(two.engines[0]).begin() as connection:
        assert finish(connection, two.task(), request, answer, two.now) is None
        assert propose(connection, two.task(), FIRST, two.now) is None
    assert closed(two, 0).noisy_share == before


def test_what_only_the_leader_has_costs_that_report_and_never_the_window(
    two: TwoCollectors,
) -> None:
    without_noise(two)
    for site in range(5):
        two.receive(two.report(site, FIRST, counts_of(site)))
    while verify_waiting(two.engines[0], two.task(), two.ask):
        pass
    with writing(two.engines[1]).begin() as connection:  # the helper lost one
        lost = connection.execute(select(secure_reports.c.report_id)).scalars().first()
        connection.execute(secure_reports.delete().where(secure_reports.c.report_id == lost))
    (total,) = close_due(two.engines[0], two.task(), two.ask, two.now)
    assert total.sites == 4
    assert total.counts[1] == 40
    assert bytes(lost) not in bytes(closed(two, 0).report_ids)


def test_fewer_sites_than_the_task_asks_for_make_no_total_and_no_noise(two: TwoCollectors) -> None:
    for site in range(2):
        two.receive(two.report(site, FIRST, counts_of(site)))
    assert lead_and_close(two) == []
    for role in (0, 1):
        row = closed(two, role)
        assert (row.state, row.noisy_share, len(row.report_ids)) == ("too_few", None, 32)
    with pytest.raises(RefusedReport) as refused:  # nor can it be opened again, by one more
        two.receive(two.report(2, FIRST, counts_of(2)))
    assert refused.value.reason == "batch_collected"


def test_a_leader_that_calls_too_few_enough_gets_nothing(two: TwoCollectors) -> None:
    for site in range(2):
        two.receive(two.report(site, FIRST, counts_of(site)))
    while verify_waiting(two.engines[0], two.task(), two.ask):
        pass
    with two.engines[0].connect() as connection:
        ids = connection.execute(select(secure_reports.c.report_id)).scalars().all()
    invented = sorted([*map(bytes, ids), b"\1" * 16, b"\2" * 16])
    with writing(two.engines[1]).begin() as connection:
        request = CloseReq(FIRST, tuple(invented))
        answer = answer_close(connection, two.task(1), request, two.now)
    assert answer.noisy_share == b""
    assert len(answer.report_ids) == 2


def test_a_helper_cannot_have_the_leader_close_over_what_it_did_not_propose(
    two: TwoCollectors,
) -> None:
    for site in range(4):
        two.receive(two.report(site, FIRST, counts_of(site)))
    while verify_waiting(two.engines[0], two.task(), two.ask):
        pass
    with writing(two.engines[0]).begin() as connection:
        request = propose(connection, two.task(), FIRST, two.now)
    assert request is not None
    for wrong in (
        CloseResp((b"\0" * 16, *request.report_ids), bytes(48)),
        CloseResp(request.report_ids, b""),
    ):
        with pytest.raises(MalformedMessage), writing(two.engines[0]).begin() as connection:
            finish(connection, two.task(), request, wrong, two.now)
    assert closed(two, 0).state == "proposed"


def test_late_reports_are_refused_and_counted(two: TwoCollectors) -> None:
    for site in range(4):
        two.receive(two.report(site, FIRST, counts_of(site)))
    lead_and_close(two)
    for _ in range(2):
        with pytest.raises(RefusedReport) as refused:
            two.receive(two.report(4, FIRST, counts_of(4)))
        assert refused.value.reason == "batch_collected"
    assert closed(two, 0).late == 2


def test_what_comes_while_a_window_closes_is_swept_and_counted_as_late(two: TwoCollectors) -> None:
    for site in range(4):
        two.receive(two.report(site, FIRST, counts_of(site)))
    lead_and_close(two)
    with writing(two.engines[0]).begin() as connection:
        connection.execute(
            secure_reports.insert().values(
                task_pk=1, report_id=bytes(16), time=FIRST, device=bytes(32), sha256=bytes(32),
                state="waiting", reason="", received_at=two.now,
            )
        )  # fmt: skip
        sweep(connection, two.task())
        assert connection.execute(select(secure_reports)).all() == []
        assert connection.execute(select(window_closes.c.late)).scalar_one() == 1


def test_a_window_waits_for_its_time_and_for_what_is_not_verified(two: TwoCollectors) -> None:
    for site in range(4):
        two.receive(two.report(site, FIRST, counts_of(site)))
    assert close_due(two.engines[0], two.task(), two.ask, two.now) == []  # nothing is verified

    def silent(*_: object) -> bytes:
        raise CollectorError("no answer")

    (fault,) = lead(two.engines[0], two.parts[0], silent, two.now)
    assert "no answer" in fault
    early = closing_time(FIRST - 1)
    lead(two.engines[0], two.parts[0], two.ask, early)
    with two.engines[0].connect() as connection:
        assert connection.execute(select(window_closes)).all() == []
    with pytest.raises(Refused), writing(two.engines[1]).begin() as connection:
        answer_close(connection, two.task(1), CloseReq(FIRST, ()), early)
    assert len(lead_and_close(two)) == 1


def test_task_roster_and_close_are_to_stand_in_the_log(two: TwoCollectors) -> None:
    for site in range(4):
        two.receive(two.report(site, FIRST, counts_of(site)))
    lead_and_close(two)
    digests = []
    for engine in two.engines:
        with engine.connect() as connection:
            rows = connection.execute(select(log_entries).order_by(log_entries.c.pk)).all()
        assert [row.kind for row in rows] == ["task", "roster", "close"]
        of_task = [row.kind for row in rows if row.subject == two.task().id]
        assert of_task == ["task"]  # what 'privcv log prove' finds by the task's id
        digests.append([row.digest for row in rows])
    assert digests[0] == digests[1]  # both say the same of what was counted


def reports_of(two: TwoCollectors, role: int) -> list[tuple[int, str]]:
    with two.engines[role].connect() as connection:
        query = select(secure_reports.c.time, secure_reports.c.state)
        return sorted((row.time, row.state) for row in connection.execute(query))


def test_reports_of_windows_that_never_closed_go_after_their_task(two: TwoCollectors) -> None:
    """Of three windows one is closed, one proposed and one verified when the helper goes away."""
    for window in (FIRST, FIRST + 1, FIRST + 2):
        for site in range(4):
            two.receive(two.report(site, window, [1, 1, 1]), closing_time(window))
    lead_and_close(two)
    two.now = closing_time(FIRST + 1)
    with writing(two.engines[0]).begin() as connection:
        proposed = propose(connection, two.task(), FIRST + 1, two.now)
    end = two.signed.task.interval[1] + timedelta(seconds=two.signed.task.close_after_s)
    for now, left in (
        (end + timedelta(days=29, hours=23), [FIRST + 1] * 4 + [FIRST + 2] * 4),
        (end + timedelta(days=30), [FIRST + 1] * 4),
    ):
        look_after(two.engines[0], CollectorSettings(), now)
        assert [time for time, _ in reports_of(two, 0)] == left
    look_after(two.engines[1], CollectorSettings(), end + timedelta(days=30))
    assert reports_of(two, 1) == []
    for engine in two.engines:
        with engine.connect() as connection:
            told = list(connection.execute(select(admin_actions.c.action)).scalars())
            assert told == ["reports.expired"]  # once, not at each round
    # What went is not taken in again, and what was proposed ends with what both have: nothing.
    two.now = end + timedelta(days=30)
    with pytest.raises(RefusedReport, match="its task ended") as refused:
        two.receive(two.report(4, FIRST + 2, [1, 1, 1]))
    assert refused.value.reason == "task_expired"
    assert proposed is not None
    assert lead(two.engines[0], two.parts[0], two.ask, two.now) == []
    assert reports_of(two, 0) == []
    with two.engines[0].connect() as connection:
        states = dict(
            connection.execute(select(window_closes.c.time, window_closes.c.state)).tuples().all()
        )
    assert states == {FIRST: "closed", FIRST + 1: "too_few"}


def test_the_helper_takes_nothing_of_a_task_that_is_over(two: TwoCollectors) -> None:
    two.receive(two.report(0, FIRST, [1, 1, 1]))
    two.now = two.signed.task.interval[1] + timedelta(days=31)
    verify_waiting(two.engines[0], two.task(), two.ask)
    assert reports_of(two, 1) == []
    with two.engines[0].connect() as connection:
        row = connection.execute(select(secure_reports)).one()
    assert (row.state, row.reason) == ("refused", "task_expired")
