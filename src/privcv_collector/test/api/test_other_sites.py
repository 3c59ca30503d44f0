# SPDX-License-Identifier: Apache-2.0
"""Who may read one site learns nothing of another: by content, tag, count, or what is looked up."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from device_health import make_health
from releases import make_release, statistic_release, statistic_report
from site_records import make_site_record
from sqlalchemy import event

from privcv_collector.alerts import watch
from privcv_collector.alerts.evaluation import evaluate
from privcv_collector.clock import now_utc

PATHS = [
    "/v1/now", "/v1/now.csv", "/v1/totals", "/v1/dwell", "/v1/statistics", "/v1/site-records",
    "/v1/fleet", "/v1/alerts", "/v1/periods?site={site}&unit=day",
]  # fmt: skip
OF_AUDITORS = [
    "/v1/budgets", "/v1/checkpoints", "/v1/refusals", "/v1/devices", "/v1/device-health",
    "/v1/admin-actions", "/v1/alert-channels",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _nobody_else_looks(monkeypatch):
    monkeypatch.setattr(watch, "EVERY_S", 1e6)


def happen(server, site, first=1):
    """All that can happen at a site: reports, a record, health, a rule that fires, a refusal."""
    device = server.enrolled(site)
    start = now_utc().replace(microsecond=0) - timedelta(minutes=5)
    report = statistic_report(start, value=50_000, low=40_000, high=60_000)
    assert device.send(make_release(first), statistic_release(first + 1, report)).status == 200
    content = make_site_record(site=site).content()
    bodies = {
        "site-records": {"site_record": {"content": content, "version": 1}},
        "health": {"health": make_health(delivery="blocked").content()},
        "evidence": {"evidence": None},
        "checkpoints": {"checkpoint": {"heads": {"a": {"hash": "0" * 64, "sequence": 1}},
                                       "time": "2026-01-31T08:00:00Z"}},
    }  # fmt: skip
    for path, body in bodies.items():
        assert device.post(device.sealed(body, 0), f"/v1/{path}").status == 200
    assert device.post(device.sealed({"health": {}}, 0), "/v1/health").status == 422
    bearer = f"Bearer {server.token('admin', site)}"
    place = {"camera": "lobby", "place": "left", "statistic": "presence"}
    rule = {**place, "site": site, "kind": "no_data", "wait_s": 900}
    channel = {"name": "pager", "kind": "mqtt", "topic": "desk", "sites": [site]}
    for path, body in (("alert-rules", rule), ("alert-channels", channel)):
        answer = server.call("POST", f"/v1/{path}", body, Authorization=bearer)
        assert answer.status == 201, answer.content
    evaluate(server.collector.engine, now_utc() + timedelta(seconds=1000))


@contextmanager
def statements(server):
    """How many statements the database was asked meanwhile."""
    asked = []

    def hear(_connection, _cursor, statement, *_):
        if "access_tokens" not in statement and "reads" not in statement:
            asked.append(statement)

    event.listen(server.collector.engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(server.collector.engine, "before_cursor_execute", hear)


def answered(server, path, token):
    answer = server.call("GET", path, Authorization=f"Bearer {token}")
    assert answer.status == 200, answer.content
    length = answer.headers["Content-Length"]
    return answer.content, answer.headers["ETag"], length


@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_what_happens_at_another_site_changes_no_answer(server, role, monkeypatch):
    happen(server, "office")
    token = server.token(role, "office")
    paths = [*PATHS, *(OF_AUDITORS if role == "auditor" else [])]
    paths = [path.format(site="office") for path in paths]
    before = [answered(server, path, token) for path in paths]
    happen(server, "depot", first=7)
    assert [answered(server, path, token) for path in paths] == before


@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_a_site_that_is_not_one_s_own_is_answered_as_one_that_is_none(server, role):
    """Also as to what is looked up: an answer that took other queries could take other times."""
    happen(server, "office")
    happen(server, "depot")
    token = server.token(role, "office")
    for path in [*PATHS, "/v1/alerts", "/v1/fleet", "/v1/device-health", "/v1/devices"]:
        if role == "viewer" and path in OF_AUDITORS:
            continue
        found = []
        for site in ("depot", "nowhere"):
            ask = path.format(site=site) if "{" in path else f"{path}?site={site}"
            with statements(server) as asked:
                answer = server.call("GET", ask, Authorization=f"Bearer {token}")
            content = str(answer.content).replace(site, "SITE")
            found.append((answer.status, content, len(asked)))
        assert found[0] == found[1], path
