# SPDX-License-Identifier: Apache-2.0
"""The record of the site: after the reports, numbered, and no trouble where nobody wants it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fake_collector import Collector, delivering, fill, refusal, until
from site_records import make_site_record

from privcv_core.protocol.site_record import NumberedRecord
from privcv_uplink.delivery.outcome import Outcome, Verdict
from privcv_uplink.transports.transport import Reply, TransportError

Make = Callable[..., Any]
RECORD = make_site_record().canonical()
CHANGED = make_site_record(label="Renamed").canonical()


def versions(collector: Collector) -> list[int]:
    return [
        body["body"]["site_record"]["version"]
        for endpoint, body in collector.requests
        if endpoint == "site-records"
    ]


async def test_it_follows_the_reports_and_is_sent_once(make_settings: Make, release: Make) -> None:
    collector = Collector()
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release)
        delivery.site_record(RECORD)
        await until(lambda: len(collector.requests) == 2)
        await until(lambda: delivery.state == "idle")
    assert [endpoint for endpoint, _ in collector.requests] == ["batches", "site-records"]
    sent = collector.requests[1][1]
    assert sent["sequence"] == 0
    record = NumberedRecord.model_validate_json(json.dumps(sent["body"]["site_record"]))
    assert (record.version, record.content.canonical()) == (1, RECORD)


async def test_its_number_counts_changes_over_restarts(make_settings: Make) -> None:
    collector = Collector()
    for content in (RECORD, RECORD, CHANGED, CHANGED, RECORD):
        async with delivering(make_settings(), collector) as (delivery, _):
            before = len(collector.requests)
            delivery.site_record(content)
            await until(lambda before=before: len(collector.requests) == before + 1)
    assert versions(collector) == [1, 1, 2, 2, 3]


async def test_a_device_that_lost_its_count_takes_the_collectors(make_settings: Make) -> None:
    def answer(endpoint: str, body: dict[str, Any], _: bytes) -> Reply | None:
        version = body["body"]["site_record"]["version"]
        return refusal(409, "sequence", next_version=8) if version < 8 else None

    collector = Collector(answer)
    for content in (RECORD, CHANGED):
        async with delivering(make_settings(), collector) as (delivery, _):
            before = len(collector.requests)
            delivery.site_record(content)
            await until(lambda before=before: len(collector.requests) > before)
            await until(lambda: versions(collector)[-1] >= 8)
    assert versions(collector) == [1, 8, 9]


@pytest.mark.parametrize(
    "reply",
    [
        refusal(404, "not_found"),  # a collector of before
        refusal(401, "revoked"),
        Reply(404, media_type="text/html"),
        TransportError("nobody subscribes at the broker", blocked=True),
    ],
    ids=str,
)
async def test_where_nobody_takes_it_reports_go_on_in_peace(
    make_settings: Make, release: Make, reply: Reply | Exception
) -> None:
    """The waits are far longer than the test."""
    collector = Collector(lambda endpoint, *_: reply if endpoint == "site-records" else None)
    retry = {"first_s": 60.0, "longest_s": 600.0, "blocked_s": 600.0}
    async with delivering(make_settings(retry=retry), collector) as (delivery, outbox):
        delivery.site_record(RECORD)
        await until(lambda: len(collector.requests) == 1)
        fill(outbox, delivery, release)
        await until(lambda: outbox.contents().delivered == 5)
        await until(lambda: delivery.state == "idle")
        assert delivery.last_error == ""
    assert len(versions(collector)) == 1


async def test_it_is_sent_again_until_it_is_taken_and_then_once_a_day(make_settings: Make) -> None:
    answers = iter([Reply(503), TransportError("no answer in time"), Reply(503)])
    collector = Collector(lambda endpoint, *_: next(answers, None))
    async with delivering(make_settings(), collector) as (delivery, _):
        delivery.site_record(RECORD)
        await until(lambda: len(collector.requests) == 4)
        await until(lambda: delivery._site_record.due_in_s() > 86_000.0)
        delivery._site_record.note(Outcome(Verdict.LATER, "the collector is old", 3600.0))
        assert 3_500.0 < delivery._site_record.due_in_s() <= 3_600.0
