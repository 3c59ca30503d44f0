# SPDX-License-Identifier: Apache-2.0
"""Rules over stored windows: each change is one row and one message, whoever looks how often."""

import threading
from datetime import datetime, timedelta, timezone
from functools import cache

import pytest
from releases import statistic_release, statistic_report, suppressed

from privcv_collector.alerts import watch
from privcv_collector.alerts.administration import add_channel, add_rule, disable_rule
from privcv_collector.alerts.delivery import FIRST_S, LEASE_S, MOST_ATTEMPTS, deliver
from privcv_collector.alerts.evaluation import KEPT_EVENTS, evaluate, events_count
from privcv_collector.alerts.rule import Rule
from privcv_collector.alerts.settings import AlertSettings
from privcv_collector.clock import now_utc
from privcv_collector.devices.actions import COMMAND_LINE
from privcv_collector.errors import CollectorError
from privcv_core.protocol.timestamps import rfc3339_whole

SETTINGS = AlertSettings()


@cache
def begin():
    """Of the first window that rules look at, which are made in the test itself."""
    return datetime.fromtimestamp(now_utc().timestamp() // 300 * 300 + 300, timezone.utc)


@pytest.fixture(autouse=True)
def _nobody_else_looks(monkeypatch):
    """The collector of a test looks when it starts, and not again."""
    begin.cache_clear()
    monkeypatch.setattr(watch, "EVERY_S", 1e6)


def rule(server, rule=None, channels=(), statistic="presence"):
    rule = rule or Rule("over", 0, 30.0, 20.0)
    place = ("lobby", "left")
    return add_rule(
        server.collector.engine, "office", place, statistic, rule, "", channels, COMMAND_LINE, ()
    )


def channel(server, name="pager"):
    target = {"url": "https://pager.example/hook"}
    return add_channel(server.collector.engine, name, "webhook", target, [], COMMAND_LINE)[0]


def send(device, *lows, first=1, reason=""):
    """A window for each of ``lows``, in people."""
    for place, low in enumerate(lows, start=first):
        values = suppressed(reason)
        if low is not None:
            values = {"value": 1000 * low + 5000, "low": 1000 * low, "high": 1000 * low + 9000}
        start = begin() + timedelta(seconds=300 * (place - 1))
        answer = device.send(statistic_release(place, statistic_report(start, **values)))
        assert answer.status == 200, answer.content


def changes(server):
    query = "SELECT change, number FROM alert_events ORDER BY number"
    return [change for change, _ in server.rows(query)]


def look(server, minutes=0):
    return evaluate(server.collector.engine, begin() + timedelta(minutes=minutes))


def test_what_is_released_fires_and_ends_an_alarm(server):
    device = server.enrolled()
    rule(server)
    send(device, 31, 25)
    assert look(server) == 1
    assert look(server) == 0
    send(device, 35, 20, 31, first=3)
    assert look(server) == 2
    assert changes(server) == ["fired", "cleared", "fired"]
    (rule_now,) = server.read("/v1/alerts", "viewer")["rules"]
    assert rule_now["phase"] == "firing"


def test_what_was_withheld_ends_no_alarm(server):
    device = server.enrolled()
    rule(server)
    send(device, 31)
    send(device, None, first=2, reason="unobserved")
    send(device, None, first=3, reason="budget")
    look(server)
    assert changes(server) == ["fired"]


def test_visitors_are_counted_whole(server, release):
    device = server.enrolled()
    rule(server, Rule("over", 0, 14.0, 14.0, "possibly"), statistic="visitors")
    window = {"window_start": rfc3339_whole(begin()), "window_s": 300}  # 9 to 15, about 12
    assert device.send(release(1, ("left",), **window)).status == 200
    assert look(server) == 1


def test_history_alarms_nobody(server):
    """What an outage kept back is over."""
    device = server.enrolled()
    rule(server)
    send(device, 31)
    assert look(server, minutes=121) == 0
    assert changes(server) == []


def test_windows_of_before_the_rule_are_not_its(server):
    device = server.enrolled()
    start = begin() - timedelta(seconds=600)
    values = {"value": 40_000, "low": 35_000, "high": 45_000}
    assert device.send(statistic_release(1, statistic_report(start, **values))).status == 200
    rule(server)
    assert look(server) == 0


def test_missing_data_alarm_once_and_end_with_the_next_report(server):
    device = server.enrolled()
    rule(server, Rule("no_data", 1800))
    assert [look(server, minutes) for minutes in (20, 36, 50)] == [0, 1, 0]
    send(device, None, reason="unobserved")  # nobody looked: that is no data either
    assert look(server, 50) == 0
    late = begin() + timedelta(minutes=50)
    values = {"value": 9000, "low": 0, "high": 20_000}
    assert device.send(statistic_release(2, statistic_report(late, **values))).status == 200
    assert [look(server, minutes) for minutes in (56, 57, 80, 86)] == [1, 0, 0, 1]
    assert changes(server) == ["fired", "cleared", "fired"]


def test_a_rule_that_is_disabled_is_looked_at_no_more(server):
    device = server.enrolled()
    pk = rule(server)
    disable_rule(server.collector.engine, pk, COMMAND_LINE, ())
    send(device, 31)
    assert look(server) == 0


def test_whoever_looks_together_finds_each_change_once(server):
    """As several processes do over one database: none is doubled, none is lost."""
    device = server.enrolled()
    rules = [rule(server) for _ in range(3)]
    send(device, 31, 20, 31, 20, 31)
    found, start = [], threading.Barrier(4)

    def look_too():
        start.wait()
        found.append(look(server))

    threads = [threading.Thread(target=look_too) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found) == 15
    query = "SELECT rule_pk, count(*), max(number) FROM alert_events GROUP BY rule_pk"
    assert sorted(server.rows(query)) == sorted((pk, 5, 5) for pk in rules)


class Channels:
    """Takes what is sent, or fails as often as it is told."""

    def __init__(self, failures=0):
        self.heard, self.failures, self.lock = [], failures, threading.Lock()

    def __call__(self, settings, channel, message, unix_time):
        with self.lock:
            self.heard.append(message.id)
            if len(self.heard) <= self.failures:
                raise CollectorError("answered 500")


def fired(server):
    device = server.enrolled()
    pk = rule(server, channels=[channel(server)])
    send(device, 31)
    assert look(server) == 1
    return pk


def test_each_change_is_told_once_whoever_tells(server):
    pk, channels, start = fired(server), Channels(), threading.Barrier(4)

    def tell():
        start.wait()
        deliver(server.collector.engine, SETTINGS, begin(), channels)

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert channels.heard == [f"{pk}-1"]


def test_what_fails_is_tried_again_with_growing_waits_and_given_up(server):
    pk, channels, at = fired(server), Channels(failures=99), begin()
    for number in range(MOST_ATTEMPTS):
        assert deliver(server.collector.engine, SETTINGS, at, channels) == 0
        early = at + timedelta(seconds=FIRST_S * 2**number - 1)
        assert deliver(server.collector.engine, SETTINGS, early, channels) == 0
        assert len(channels.heard) == number + 1
        at += timedelta(seconds=FIRST_S * 2**number)
    assert deliver(server.collector.engine, SETTINGS, at + timedelta(days=9), channels) == 0
    assert channels.heard == [f"{pk}-1"] * MOST_ATTEMPTS
    (event,) = server.read("/v1/alerts")["events"]
    assert (event["delivered"], event["failed"]) == (0, ["answered 500"])


def test_what_a_process_had_claimed_when_it_died_another_tells(server):
    pk = fired(server)

    def die(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(server.collector.engine, SETTINGS, begin(), die)
    channels = Channels()
    assert deliver(server.collector.engine, SETTINGS, begin(), channels) == 0
    later = begin() + timedelta(seconds=LEASE_S)
    assert deliver(server.collector.engine, SETTINGS, later, channels) == 1
    assert channels.heard == [f"{pk}-1"]


def test_a_defect_of_one_channel_keeps_no_other_from_being_told(server):
    device = server.enrolled()
    rule(server, channels=[channel(server, "one"), channel(server, "two")])
    send(device, 31)
    look(server)
    heard = []

    def break_first(settings, channel, message, unix_time):
        heard.append(message.id)
        if len(heard) == 1:
            raise RuntimeError("a defect")

    assert deliver(server.collector.engine, SETTINGS, begin(), break_first) == 1


def test_changes_are_bounded(sqlite_server):
    device = sqlite_server.enrolled()
    pk = rule(sqlite_server, Rule("no_data", 900), channels=[channel(sqlite_server)])
    for number in range(KEPT_EVENTS // 2 + 10):
        minutes = 40 * number
        start = begin() + timedelta(minutes=minutes)
        look(sqlite_server, minutes + 20)
        send_at = {"value": 9000, "low": 0, "high": 20_000}
        report = statistic_report(start + timedelta(minutes=20), **send_at)
        assert device.send(statistic_release(number + 1, report), sent_at=now_utc()).status == 200
        look(sqlite_server, minutes + 25)
    with sqlite_server.collector.engine.connect() as connection:
        assert events_count(connection, pk) == KEPT_EVENTS
    kept = sqlite_server.rows("SELECT count(*) FROM alert_deliveries")
    assert kept == [(KEPT_EVENTS,)]
