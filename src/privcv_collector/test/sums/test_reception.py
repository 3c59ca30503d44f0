# SPDX-License-Identifier: Apache-2.0
"""Sealed reports in batches of devices: whose they are, and what they never hold up."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sum_sites import BEGIN, FIRST, TwoCollectors, site_key

from privcv_across.errors import RefusedReport
from privcv_across.messages.report import Report
from privcv_across.sealing.sealed_report import seal_report
from privcv_collector.storage.sum_tables import secure_reports
from privcv_collector.sums.reception import read_report
from privcv_collector.sums.verifying import verify_waiting


@pytest.fixture
def two(tmp_path: Path) -> TwoCollectors:
    urls = (f"sqlite:///{tmp_path}/leader.db", f"sqlite:///{tmp_path}/helper.db")
    return TwoCollectors(urls, tmp_path / "keys")


def reason(two: TwoCollectors, report: Report, **now: float) -> str:
    with pytest.raises(RefusedReport) as refused:
        two.receive(report, BEGIN + timedelta(**now) if now else None)
    return refused.value.reason


def test_the_same_report_is_kept_once_and_another_of_its_id_is_refused(two: TwoCollectors) -> None:
    report = two.report(0, FIRST, [1, 2, 3])
    assert [two.receive(report) for _ in range(3)] == [True, False, False]
    assert reason(two, two.report(0, FIRST, [1, 2, 3])) == "report_replayed"  # other shares


def test_only_devices_of_the_roster_and_the_time_of_the_task_are_taken(two: TwoCollectors) -> None:
    stranger = seal_report(two.signed.task.sum_task(), site_key(77), FIRST, [1, 2, 3])
    assert reason(two, stranger) == "invalid_message"
    assert reason(two, two.report(0, FIRST - 1, [1, 2, 3])) == "report_dropped"
    assert reason(two, two.report(0, FIRST + 2, [1, 2, 3]), seconds=500) == "report_too_early"
    assert two.receive(two.report(0, FIRST + 2, [1, 2, 3]), BEGIN + timedelta(seconds=600))
    longer = two.report(1, FIRST, [1, 2, 3]).encode() + b"\0"
    for content in (longer, b"", b"\0" * len(longer)):
        with pytest.raises(RefusedReport):
            read_report(two.parts[0], two.task().id, content)
    with pytest.raises(RefusedReport):  # the helper takes none from devices
        read_report(two.parts[1], two.task(1).id, two.report(1, FIRST, [1, 2, 3]).encode())


def test_what_does_not_verify_is_refused_by_both_and_holds_nothing_up(two: TwoCollectors) -> None:
    good = [two.report(site, FIRST, [1, 2, 3]) for site in range(2)]
    spoilt = two.report(2, FIRST, [1, 2, 3])
    sealed = spoilt.leader_share
    flipped = sealed.payload[:-1] + bytes([sealed.payload[-1] ^ 1])
    spoilt = dataclasses.replace(spoilt, leader_share=dataclasses.replace(sealed, payload=flipped))
    swapped = two.report(3, FIRST, [1, 2, 3])  # a helper's share that is of another report
    other = two.report(3, FIRST, [1, 2, 3])
    swapped = dataclasses.replace(swapped, helper_share=other.helper_share)
    for report in (*good, spoilt, swapped):
        two.receive(report)
    assert verify_waiting(two.engines[0], two.task(), two.ask) == 4
    with two.engines[0].connect() as connection:
        rows = connection.execute(select(secure_reports.c.state, secure_reports.c.reason)).all()
    assert sorted(map(tuple, rows)) == [
        ("counted", ""), ("counted", ""),
        ("refused", "hpke_decrypt_error"), ("refused", "hpke_decrypt_error"),
    ]  # fmt: skip
    with two.engines[1].connect() as connection:
        assert len(connection.execute(select(secure_reports)).all()) == 2


def test_a_job_that_is_asked_again_gets_the_same_answer_and_counts_once(two: TwoCollectors) -> None:
    for site in range(3):
        two.receive(two.report(site, FIRST, [1, 2, 3]))
    asked: list[tuple[str, bytes, bytes]] = []

    def crash(task: object, path: str, body: bytes) -> bytes:
        answer = two.ask(two.task(), path, body)
        asked.append((path, body, answer))
        raise ConnectionError

    for _ in range(2):
        with pytest.raises(ConnectionError):
            verify_waiting(two.engines[0], two.task(), crash)
    assert asked[0] == asked[1]
    assert verify_waiting(two.engines[0], two.task(), two.ask) == 3
    with two.engines[1].connect() as connection:
        assert len(connection.execute(select(secure_reports)).all()) == 3
    assert max(len(body) for _, body, _ in asked) < 3 * 3_000
