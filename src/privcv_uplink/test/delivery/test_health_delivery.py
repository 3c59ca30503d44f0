# SPDX-License-Identifier: Apache-2.0
"""The health of the device: on a schedule that nothing changes, also where reports are stuck."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_collector import NOW, Collector, delivering, fill, refusal, until

from privcv_core.protocol.device_health import EVERY_S, read_device_health
from privcv_uplink.delivery import health_delivery
from privcv_uplink.delivery.health_delivery import HealthDelivery
from privcv_uplink.delivery.outcome import Outcome, Verdict
from privcv_uplink.device_health import HealthReport
from privcv_uplink.transports.transport import Reply, TransportError

Make = Callable[..., Any]


def told(collector: Collector) -> list[Any]:
    return [body["body"]["health"] for endpoint, body in collector.requests if endpoint == "health"]


def report(tmp_path: Path, clock: Callable[[], datetime] = lambda: NOW) -> HealthReport:
    return HealthReport(None, tmp_path / "outbox.db", clock)


async def test_it_is_sent_beside_the_reports_signed_and_without_a_number(
    make_settings: Make, release: Make, tmp_path: Path
) -> None:
    collector, health = Collector(), report(tmp_path)
    async with delivering(make_settings(), collector) as (delivery, outbox):
        delivery.health(lambda: health.make("idle", None))
        fill(outbox, delivery, release)
        await until(lambda: told(collector) and outbox.contents().delivered == 5)
        await until(lambda: 0 < delivery._health.due_in_s() <= EVERY_S)  # the answer was heard
    (sent,) = [body for endpoint, body in collector.requests if endpoint == "health"]
    assert sent["sequence"] == 0
    assert sent["signature"]


async def test_a_device_whose_reports_are_stuck_says_that_it_needs_somebody(
    make_settings: Make, release: Make, tmp_path: Path
) -> None:
    stuck = refusal(409, "release_conflict", last_release=1)
    collector = Collector(lambda endpoint, *_: stuck if endpoint == "batches" else None)
    health = report(tmp_path)
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release)
        await until(lambda: delivery.state == "blocked")
    async with delivering(make_settings(), collector) as (delivery, outbox):
        delivery.health(lambda: health.make("blocked", NOW - timedelta(minutes=31)))
        fill(outbox, delivery, release)
        await until(lambda: told(collector))
    assert told(collector)[0]["delivery"] == "blocked"
    assert told(collector)[0]["outbox_age_min"] == 40


@pytest.mark.parametrize(
    "reply",
    [
        refusal(404, "not_found"),  # a collector of before
        refusal(422, "invalid"),
        Reply(404, media_type="text/html"),
        TransportError("nobody subscribes at the broker", blocked=True),
    ],
    ids=str,
)
async def test_where_nobody_takes_it_reports_go_on_in_peace(
    make_settings: Make, release: Make, tmp_path: Path, reply: Reply | Exception
) -> None:
    collector = Collector(lambda endpoint, *_: reply if endpoint == "health" else None)
    health = report(tmp_path)
    async with delivering(make_settings(), collector) as (delivery, outbox):
        delivery.health(lambda: health.make("idle", None))
        await until(lambda: len(told(collector)) == 1)
        fill(outbox, delivery, release)
        await until(lambda: outbox.contents().delivered == 5)
        await until(lambda: delivery.state == "idle")
        assert delivery.last_error == ""
    assert len(told(collector)) == 1


async def test_a_report_that_cannot_be_made_ends_nothing(
    make_settings: Make, release: Make
) -> None:
    def fail() -> bytes:
        raise OSError("the disk is gone")

    collector = Collector()
    async with delivering(make_settings(), collector) as (delivery, outbox):
        delivery.health(fail)
        fill(outbox, delivery, release)
        await until(lambda: outbox.contents().delivered == 5)


def test_its_times_are_of_the_clock_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes of it, and however long that takes, the next one is a whole step later."""
    now = SimpleNamespace(s=100.0)
    monkeypatch.setattr(health_delivery.time, "monotonic", lambda: now.s)
    health = HealthDelivery(None, None, lambda: NOW)  # type: ignore[arg-type]
    assert health.due_in_s() == math.inf
    health.put(lambda: b"{}")
    assert health.due_in_s() == 0.0
    outcomes = [Verdict.DELIVERED, Verdict.LATER, Verdict.AT_ONCE, Verdict.BLOCKED]
    for took_s, verdict in zip((0.0, 29.0, 3.0, 2 * EVERY_S + 5), outcomes, strict=True):
        now.s += took_s
        health.note(Outcome(verdict, "words"))
        due_s = now.s + health.due_in_s()
        assert (due_s - 100.0) % EVERY_S == pytest.approx(0.0)
        assert due_s > now.s
        now.s = due_s


def test_a_report_is_coarse_and_says_what_the_budget_said(tmp_path: Path) -> None:
    at = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
    health = report(tmp_path, lambda: at)
    ages = {0: 10, 1: 10, 599: 10, 600: 10, 601: 20, 86_400: 1440}
    for seconds, told_min in ages.items():
        made = read_device_health(health.make("retrying", at - timedelta(seconds=seconds)))
        assert made.outbox_age_min == told_min
    assert made.budget is None
    assert (made.delivery, made.audit_log, made.uptime_h) == ("waiting", "off", 0)
    assert made.disk_used_percent % 5 == 0
    said = {"epsilon_spent": 0.25, "epsilon_total": 1.0, "delta_spent": 0.0, "delta_total": 0.0}
    assert health.take_budget(SimpleNamespace(**said, exhausted=True))
    assert not health.take_budget(SimpleNamespace(**{**said, "epsilon_total": 0.0}, exhausted=True))
    budget = read_device_health(health.make("idle", None)).budget
    assert budget is not None
    assert budget.model_dump() == {**said, "exhausted": True}
