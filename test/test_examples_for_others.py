# SPDX-License-Identifier: Apache-2.0
"""The examples for Grafana and Home Assistant, run as far as without these programs themselves.

Each query of the dashboard runs on a PostgreSQL of our own, as a role that may read the views and
nothing else; what Grafana puts in for its variables is put in as it does.
"""

import json
import re
import secrets
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2.sandbox
import psycopg
import pytest
import yaml
from alert_broker import alert_settings_of
from collector_client import Server, running_in_thread
from mosquitto_broker import MOSQUITTO, Broker, Reader
from postgresql_server import is_installed, postgresql
from releases import make_release, statistic_release, statistic_report, suppressed
from waiting import wait_until

from privcv_collector.alerts import watch
from privcv_collector.alerts.channels import Channel, send
from privcv_collector.alerts.message import message_of
from privcv_core.protocol.timestamps import rfc3339_whole

ROOT = Path(__file__).parents[1]
DASHBOARD = json.loads((ROOT / "config/grafana/privcv.json").read_text())
START = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
ROLE = """
CREATE ROLE grafana LOGIN;
GRANT USAGE ON SCHEMA public TO grafana;
GRANT SELECT ON shown_windows, shown_periods, shown_alerts TO grafana;
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[str]:
    if not is_installed():
        pytest.skip("no PostgreSQL server (initdb, postgres) is installed")
    with tempfile.TemporaryDirectory(prefix="privcv-pg-") as name, postgresql(Path(name)):
        yield name


@pytest.fixture(scope="module")
def filled(folder: str) -> Iterator[Server]:
    """A site with windows in four states, a day, and a rule."""
    with psycopg.connect(host=folder, user="privcv", dbname="postgres", autocommit=True) as admin:
        admin.execute("CREATE DATABASE shown")
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(watch, "EVERY_S", 1e6)
        with running_in_thread(f"postgresql://privcv@/shown?host={folder}") as server:
            fill(server)
            with psycopg.connect(host=folder, user="privcv", dbname="shown") as admin:
                admin.execute(ROLE)
            yield server


def fill(server: Server) -> None:
    device = server.enrolled()
    reasons = ["", "below_k", "unobserved", "budget", "fault"]
    reports = []
    for number, reason in enumerate(reasons):
        values = suppressed(reason) if reason else {"value": 42_500, "low": 31_000, "high": 55_000}
        reports.append(statistic_report(START + timedelta(minutes=5 * number), **values))
    day = {"period": "day", "length_s": 86_400, "statistic": "footfall", "place": "floor"}
    reports.append(statistic_report(START, value=310, low=280, high=340, **day, area_m2=0))
    window = {"window_start": rfc3339_whole(START), "window_s": 300}
    answer = device.send(make_release(1, ("left",), **window), statistic_release(2, *reports))
    assert answer.status == 200, answer.content
    rule = {"site": "office", "place": "left", "statistic": "presence", "kind": "over"}
    bearer = f"Bearer {server.token('admin')}"
    rule = {**rule, "threshold": 30, "title": "<img src=x onerror=alert(1)>"}
    added = server.call("POST", "/v1/alert-rules", rule, Authorization=bearer)
    assert added.status == 201, added.content


def put_in(sql: str, **variables: str) -> str:
    """As Grafana does: ``${name:sqlstring}`` quoted, ``$__timeFilter(column)`` as BETWEEN."""
    for name, value in variables.items():
        quoted = "'" + value.replace("'", "''") + "'"
        sql = sql.replace(f"${{{name}:sqlstring}}", quoted)
    span = f"BETWEEN '{START - timedelta(days=1)}' AND '{START + timedelta(days=1)}'"
    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 {span}", sql)
    assert "$" not in sql
    return sql


def queries() -> list[tuple[str, str]]:
    of_panels = [(one["title"], one["targets"][0]["rawSql"]) for one in DASHBOARD["panels"]]
    variables = [one for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]
    return [*of_panels, *((one["name"], one["query"]) for one in variables)]


def rows(folder: str, sql: str) -> list[Any]:
    with psycopg.connect(host=folder, user="grafana", dbname="shown") as connection:
        connection.execute("SET timezone = 'UTC'")
        return connection.execute(sql.encode()).fetchall()


def run(folder: str, title: str, **variables: str) -> list[Any]:
    sql = dict(queries())[title]
    return rows(folder, put_in(sql, **{"site": "office", "place": "left", **variables}))


def test_each_panel_shows_what_was_told(filled: Server, folder: str) -> None:
    shown = run(folder, "People there on average")
    assert shown[0] == (START, 31.0, 42.5, 55.0)
    assert [row[1:] for row in shown[1:]] == [(None, None, None)] * 4
    assert run(folder, "Visitors in a window") == [(START, 9.0, 12.0, 15.0)]
    states = run(folder, "What was told: published, few, not observed, budget spent")
    assert [state for _, metric, state in states if metric == "presence"] == [
        "published", "few", "not_observed", "budget_spent", "not_observed",
    ]  # fmt: skip
    assert run(folder, "Days, as devices made them", place="floor") == [
        (START, "footfall", "published", 280.0, 310.0, 340.0, 1.0)
    ]
    ((place, title, *_, phase, _),) = run(folder, "Alarms")
    assert (place, title, phase) == ("left", "<img src=x onerror=alert(1)>", "quiet")
    assert run(folder, "site") == [("office",)]
    assert run(folder, "place") == [("left",)]


def test_it_shows_what_the_api_says(filled: Server, folder: str) -> None:
    told = filled.read("/v1/statistics?site=office")["statistics"]
    told = [one for one in told if one["period"] == "window"]
    shown = run(folder, "People there on average")
    for report, (start, low, value, high) in zip(told, shown, strict=True):
        assert report["start"] == rfc3339_whole(start)
        values = [report[name] / 1000 for name in ("low", "value", "high")]
        assert [low, value, high] == (values if report["status"] == "published" else [None] * 3)


@pytest.mark.parametrize("name", ["'; DROP TABLE reports; --", "x' OR 'a' = 'a", "\\"])
def test_what_a_variable_holds_is_a_text(filled: Server, folder: str, name: str) -> None:
    for title, _ in queries():
        if title != "site":
            assert run(folder, title, site=name) == []


def test_no_query_adds_or_averages_and_no_panel_takes_html() -> None:
    for _, sql in queries():
        assert not re.search(r"\b(avg|sum|mean|interpolate|fill)\b|\$__timeGroup", sql, re.I)
        assert sql.startswith("SELECT ")
    assert {one["type"] for one in DASHBOARD["panels"]} <= {"timeseries", "state-timeline", "table"}
    for panel in DASHBOARD["panels"]:
        assert panel["fieldConfig"]["defaults"].get("custom", {}).get("spanNulls", False) is False
    text = json.dumps(DASHBOARD)
    assert "http" not in text
    assert 'displayMode": "html' not in text


@pytest.mark.parametrize(
    "sql",
    [
        *(f"SELECT * FROM {table}" for table in (
            "access_tokens", "enrolment_tokens", "device_keys", "page_sessions", "alert_channels",
            "zone_reports", "statistic_reports", "reads", "device_health", "admin_actions",
        )),
        "DELETE FROM shown_alerts", "CREATE TABLE mine (a int)",
        "UPDATE sites SET name = 'x'",
    ],
)  # fmt: skip
def test_the_role_reads_the_views_and_nothing_else(filled: Server, folder: str, sql: str) -> None:
    with pytest.raises(psycopg.Error):
        rows(folder, sql)


def test_the_documents_say_the_role_that_was_tried() -> None:
    said = (ROOT / "docs/collector.md").read_text()
    for line in ROLE.strip().splitlines():
        assert line.removesuffix(";").replace(" LOGIN", "") in said


PACKAGE = yaml.safe_load((ROOT / "config/home-assistant/privcv_alerts.yaml").read_text())
SENSOR = PACKAGE["mqtt"]["binary_sensor"][0]


def sensed(payload: str, state: str = "off") -> str:
    """What Home Assistant's template makes of a payload: its own is Jinja in a sandbox too."""
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment()
    template = environment.from_string(SENSOR["value_template"])
    value = json.loads(payload)
    return template.render(value_json=value, this=SimpleNamespace(state=state)).strip()


@pytest.mark.skipif(MOSQUITTO is None, reason="no Mosquitto is installed")
def test_home_assistant_hears_the_alarm_that_a_broker_was_sent(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    settings = alert_settings_of(broker, tmp_path)
    reader = Reader(broker)
    topic = SENSOR["state_topic"].removeprefix("privcv/alerts/")
    rule = SimpleNamespace(
        pk=1, camera="lobby", place="hall", statistic="presence", kind="over", certainty="surely",
        threshold=30.0, title=secrets.token_hex(4), wait_s=0,
    )  # fmt: skip
    try:
        for number, change in enumerate(("fired", "cleared"), start=1):
            event = SimpleNamespace(
                number=number, at=START, change=change, start=START, length_s=300, low=31, high=40
            )
            message = message_of(rule, event, "office")
            send(settings, Channel("mqtt", {"topic": topic}, ""), message, 1)
        wait_until(lambda: len(reader.payloads(SENSOR["state_topic"])) == 2)
        payloads = [payload.decode() for payload in reader.payloads(SENSOR["state_topic"])]
        assert [sensed(payload) for payload in payloads] == ["ON", "OFF"]
    finally:
        reader.close()
        broker.kill()


@pytest.mark.parametrize(
    "payload",
    [
        '{"place": "hall", "event": "{{ 7 * 7 }}"}',
        '{"place": "hall", "event": "open the door"}',
        '{"place": "desk", "event": "fired"}',
        "{}",
        "[]",
    ],
)
def test_whoever_publishes_sets_known_words_only(payload: str) -> None:
    for state in ("on", "off"):
        assert sensed(payload, state) == state.upper()
