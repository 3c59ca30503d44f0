# SPDX-License-Identifier: Apache-2.0
"""Alerts over the API: who may do what, what is never shown again, and what is audited."""

from datetime import timedelta

import pytest
from releases import statistic_release, statistic_report

from privcv_collector.alerts import watch
from privcv_collector.clock import now_utc

RULE = {
    "site": "office", "camera": "lobby", "place": "left", "statistic": "presence", "kind": "over",
    "threshold": 30,
}  # fmt: skip
SECRET_PATH = "/services/T0/B0/very-secret"
HOOK = {"name": "pager", "kind": "webhook", "url": f"https://hooks.example.org{SECRET_PATH}"}


@pytest.fixture(autouse=True)
def _nobody_else_looks(monkeypatch):
    monkeypatch.setattr(watch, "EVERY_S", 1e6)


def ask(server, method, path, body=None, role="admin", sites=()):
    bearer = f"Bearer {server.token(role, *sites)}"
    return server.call(method, path, body, Authorization=bearer)


def add(server, path, body, *sites):
    answer = ask(server, "POST", path, body, sites=sites)
    assert answer.status == 201, answer.content
    return answer.content


def test_a_secret_is_shown_once_and_an_address_never(server):
    server.enrolled()
    made = add(server, "/v1/alert-channels", HOOK)
    assert len(made["secret"]) >= 40
    mail = {"name": "desk", "kind": "email", "to": ["ada@example.org", "bob@example.org"]}
    add(server, "/v1/alert-channels", mail)
    add(server, "/v1/alert-rules", {**RULE, "channels": [made["number"]]})
    shown = [
        str(ask(server, "GET", path, role=role).content)
        for path in ("/v1/alert-channels", "/v1/alerts", "/v1/admin-actions")
        for role in ("admin", "auditor")
    ]
    for secret in (made["secret"], SECRET_PATH, "ada@", "bob@"):
        assert not [one for one in shown if secret in one]
    channels = ask(server, "GET", "/v1/alert-channels").content["channels"]
    assert {one["name"]: one["leads_to"] for one in channels} == {
        "desk": "2", "pager": "hooks.example.org",
    }  # fmt: skip


@pytest.mark.parametrize("role", ["viewer", "auditor", "display"])
def test_administrators_alone_change_anything(sqlite_server, role):
    sqlite_server.enrolled()
    for path, body in (("/v1/alert-channels", HOOK), ("/v1/alert-rules", RULE)):
        assert ask(sqlite_server, "POST", path, body, role, ("office",)).status == 403
        assert ask(sqlite_server, "DELETE", f"{path}/1", None, role, ("office",)).status == 403


def test_a_cookie_adds_nothing(sqlite_server):
    token = sqlite_server.token("admin")
    signed_in = sqlite_server.call("POST", "/v1/page-session", {"token": token})
    held = signed_in.headers["Set-Cookie"].split(";")[0]
    for path, body in (("/v1/alert-channels", HOOK), ("/v1/alert-rules", RULE)):
        assert sqlite_server.call("POST", path, body, Cookie=held).status == 401


def test_what_is_done_leaves_a_row(server):
    server.enrolled()
    channel = add(server, "/v1/alert-channels", HOOK)["number"]
    rule = add(server, "/v1/alert-rules", {**RULE, "channels": [channel]})["number"]
    for path in (f"/v1/alert-rules/{rule}", f"/v1/alert-channels/{channel}"):
        assert ask(server, "DELETE", path).status == 200
        assert ask(server, "DELETE", path).status == 404
    actions = server.read("/v1/admin-actions", "admin")["actions"]
    done = [one["action"] for one in actions if one["action"].startswith("alert_")]
    assert done == [
        "alert_channel.disabled", "alert_rule.disabled", "alert_rule.added", "alert_channel.added",
    ]  # fmt: skip
    assert server.rows("SELECT secret FROM alert_channels") == [("",)]
    assert SECRET_PATH not in str(server.rows("SELECT target FROM alert_channels"))


def test_other_sites_are_out_of_reach_and_look_like_none(server):
    for site in ("office", "depot"):
        server.enrolled(site)
    theirs = add(server, "/v1/alert-channels", {**HOOK, "sites": ["depot"]}, "depot")["number"]
    everybodys = add(server, "/v1/alert-channels", HOOK)["number"]
    rule = add(server, "/v1/alert-rules", {**RULE, "site": "depot"}, "depot")["number"]
    mine = ("office",)
    assert ask(server, "GET", "/v1/alert-channels", sites=mine).content == {"channels": []}
    assert ask(server, "GET", "/v1/alerts", sites=mine).content == {"rules": [], "events": []}
    for path in (f"/v1/alert-rules/{rule}", f"/v1/alert-channels/{theirs}"):
        other = ask(server, "DELETE", path, sites=mine)
        nowhere = ask(server, "DELETE", f"{path.rpartition('/')[0]}/5", sites=mine)
        number = path.rpartition("/")[2]
        assert (other.status, nowhere.status) == (404, 404)
        assert other.content["message"].replace(number, "5") == nowhere.content["message"]
    for channel in (theirs, everybodys):
        wanted = {**RULE, "channels": [channel]}
        assert ask(server, "POST", "/v1/alert-rules", wanted, sites=mine).status == 404
    assert (
        ask(server, "POST", "/v1/alert-rules", {**RULE, "site": "depot"}, sites=mine).status == 404
    )
    assert ask(server, "POST", "/v1/alert-channels", HOOK, sites=mine).status == 403
    # The name of another's channel is free, and numbers count nothing.
    again = add(server, "/v1/alert-channels", {**HOOK, "sites": ["office"]}, "office")["number"]
    assert len({theirs, everybodys, again}) == 3
    assert max(theirs, everybodys, again) > 1000


def test_a_viewer_sees_alarms_and_not_who_is_told(server):
    device = server.enrolled()
    channel = add(server, "/v1/alert-channels", HOOK)["number"]
    add(server, "/v1/alert-rules", {**RULE, "title": "Too full", "channels": [channel]})
    (rule,) = server.read("/v1/alerts", "viewer", "office")["rules"]
    assert (rule["title"], rule["phase"], rule["channels"]) == ("Too full", "quiet", None)
    (audited,) = server.read("/v1/alerts", "auditor")["rules"]
    assert audited["channels"] == ["pager"]
    assert device.name not in str(rule)
    bearer = f"Bearer {server.token('viewer')}"
    assert server.call("GET", "/v1/alert-channels", Authorization=bearer).status == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"threshold": 30, "clear": 31},
        {"kind": "under", "clear": 29},
        {"kind": "no_data", "wait_s": 899},
        {"statistic": "entries"},
        {"threshold": -1},
        {"threshold": 1e9},
        {"title": "x" * 65},
        {"title": "a\nb"},
        {"title": "a\u202eb"},
        {"channels": [1] * 17},
        {"place": "Left"},
        {"more": 1},
    ],
    ids=str,
)
def test_rules_that_make_no_sense_are_refused(sqlite_server, changes):
    sqlite_server.enrolled()
    assert ask(sqlite_server, "POST", "/v1/alert-rules", {**RULE, **changes}).status == 422


@pytest.mark.parametrize(
    "channel",
    [
        {"name": "a", "kind": "webhook", "url": "http://example.org/"},
        {"name": "a", "kind": "webhook", "url": "https://169.254.169.254/latest"},
        {"name": "a", "kind": "webhook", "url": "https://localhost/", "topic": "x"},
        {"name": "a", "kind": "webhook"},
        {"name": "a", "kind": "mqtt", "topic": "../x"},
        {"name": "a", "kind": "mqtt", "topic": "#"},
        {"name": "a", "kind": "email", "to": ["a@example.org\nBcc: b@example.org"]},
        {"name": "a", "kind": "email", "to": []},
    ],
    ids=str,
)
def test_channels_that_lead_astray_are_refused(sqlite_server, channel):
    assert ask(sqlite_server, "POST", "/v1/alert-channels", channel).status == 422


def test_the_forecast_is_of_the_noise_and_tells_no_value(server):
    device = server.enrolled()
    start = now_utc().replace(microsecond=0) - timedelta(hours=2)
    windows = [
        statistic_report(
            start + timedelta(seconds=300 * number), mechanism="gaussian",
            value=1000 * (10 + number), low=0, high=1000 * (18 + number) + 224,
        )
        for number in range(12)
    ]  # fmt: skip
    assert device.send(statistic_release(1, *windows)).status == 200
    where = "site=office&camera=lobby&place=left&statistic=presence"
    path = f"/v1/alert-forecast?{where}&kind=over&threshold=30&usual=20"
    told = server.read(path, "admin")
    assert told["windows"] == 12
    assert told["window_s"] == 300
    assert told["noise_sd"] == pytest.approx(5.0, rel=1e-3)  # 8.224 / 1.645
    assert told["per_week_at_threshold"] == pytest.approx(0.05 * (2015 * 0.95 + 1), rel=1e-2)
    assert told["per_week"] < 1
    nothing = server.read(path.replace("office", "depot"), "admin", "depot")
    assert nothing["windows"] == 0
    other = server.read(path, "admin", "depot")
    assert other == nothing
    bearer = f"Bearer {server.token('viewer')}"
    assert server.call("GET", path, Authorization=bearer).status == 403
