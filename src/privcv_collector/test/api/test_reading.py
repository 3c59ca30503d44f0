# SPDX-License-Identifier: Apache-2.0
"""Who sees what: roles, sites, pages, exports, figures."""

import base64
import csv
import hashlib
import io
import json
import re
import stat
from contextlib import ExitStack, suppress

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from privcv_collector.storage.access import Access
from privcv_collector.storage.audit_queries import checkpoint_pages
from privcv_collector.storage.report_kinds import ZONE
from privcv_collector.storage.report_queries import Wanted, pages

ROLES = ("viewer", "auditor", "admin")
ALLOWED = {
    "/v1/totals": {"viewer", "auditor"},
    "/v1/totals.csv": {"viewer", "auditor"},
    "/v1/dwell": {"viewer", "auditor"},
    "/v1/dwell.csv": {"viewer", "auditor"},
    "/v1/budgets": {"auditor"},
    "/v1/checkpoints": {"auditor"},
    "/v1/checkpoints.jsonl?device=" + "0" * 32: {"auditor"},
    "/v1/refusals": {"auditor"},
    "/v1/devices": {"auditor", "admin"},
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_what_it_is_for_and_nothing_else(sqlite_server, role):
    token = sqlite_server.token(role)
    for path, roles in ALLOWED.items():
        answer = sqlite_server.call("GET", path, Authorization=f"Bearer {token}")
        assert answer.status == (200 if role in roles else 403), path


def test_every_path_that_reads_needs_a_token(sqlite_server):
    open_paths = {"/healthz", "/metrics"}
    for path, methods in sqlite_server.app.openapi()["paths"].items():
        for method in set(methods) & {"get", "delete"}:
            url = path.replace("{name}", "a").replace("{device}", "0" * 32)
            answer = sqlite_server.call(method.upper(), url)
            assert answer.status == (200 if path in open_paths else 401), path
    for path in ("/v1/enrolment-tokens", "/v1/access-tokens"):
        assert sqlite_server.call("POST", path, {"site": "office"}).status == 401


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YTpi", "Bearer", ""])
def test_a_wrong_token_is_refused_and_recorded(sqlite_server, header):
    answer = sqlite_server.call("GET", "/v1/totals", Authorization=header)
    assert (answer.status, answer.content["error"]) == (401, "unauthorized")
    found = sqlite_server.read("/v1/refusals")["refusals"]
    assert [(item["error"], item["path"]) for item in found] == [("unauthorized", "/v1/totals")]


def test_a_viewer_sees_the_totals_of_its_sites_only(server, release):
    for site in ("office", "depot"):
        server.enrolled(site).send(release(1, camera=f"{site}_door"))
    seen = server.read("/v1/totals", "viewer", "depot")["totals"]
    assert [total["camera"] for total in seen] == ["depot_door"]
    assert server.read("/v1/totals?site=office", "viewer", "depot")["totals"] == []
    exported = server.read("/v1/totals.csv", "viewer", "depot")
    assert "depot_door" in exported
    assert "office" not in exported
    assert len(server.read("/v1/totals", "viewer")["totals"]) == 2


def test_an_auditor_of_one_site_sees_nothing_of_another(server, release):
    devices = {site: server.enrolled(site) for site in ("office", "depot")}
    for device in devices.values():
        device.send(release(1))
        device.send(release(9), sequence=9)
    for path in ("/v1/devices", "/v1/refusals", "/v1/budgets?day=2026-01-31"):
        seen = json.dumps(server.read(path, "auditor", "depot"))
        assert devices["depot"].name in seen
        assert devices["office"].name not in seen


@pytest.mark.parametrize("newest_first", ["false", "true"])
def test_pages_together_hold_each_report_once(server, release, newest_first):
    for site in ("office", "depot", "annex"):
        device = server.enrolled(site)
        device.send(*(release(number, ("desk", "floor")) for number in range(1, 6)))
    token = server.token("viewer", "office", "annex")
    seen, after = [], ""
    for _ in range(20):
        path = f"/v1/totals?limit=3&newest_first={newest_first}{after}"
        answer = server.call("GET", path, Authorization=f"Bearer {token}").content
        seen += [(t["site"], t["window_start"], t["zone"]) for t in answer["totals"]]
        if answer["next"] is None:
            break
        after = f"&after={answer['next']}"
    assert len(seen) == len(set(seen)) == 2 * 5 * 2
    by_site = {site: [time for name, time, _ in seen if name == site] for site, _, _ in seen}
    assert set(by_site) == {"office", "annex"}
    for times in by_site.values():
        assert times == sorted(times, reverse=newest_first == "true")


def test_a_reader_can_ask_for_a_camera_a_zone_and_a_time(server, release):
    device = server.enrolled()
    device.send(*(release(number, ("desk", "floor")) for number in range(0 + 1, 6)))
    query = "zone=desk&camera=lobby&since=2026-01-31T08:02:00Z&until=2026-01-31T08:04:00Z"
    seen = server.read(f"/v1/totals?{query}", "viewer")["totals"]
    assert [(total["zone"], total["window_start"]) for total in seen] == [
        ("desk", "2026-01-31T08:02:00Z"),
        ("desk", "2026-01-31T08:03:00Z"),
    ]
    assert server.read("/v1/totals?camera=roof", "viewer")["totals"] == []


def test_an_export_has_no_values_where_a_report_was_suppressed(server, release):
    device = server.enrolled()
    nothing = {"occupancy": 0, "occupancy_low": 0, "occupancy_high": 0, "flow": [0] * 5}
    device.send(release(1), release(2, status="suppressed", reason="below_k", **nothing))
    shown, hidden = csv.DictReader(io.StringIO(server.read("/v1/totals.csv", "viewer")))
    assert (shown["occupancy"], shown["flow_standing"], shown["flow_minus_y"]) == ("12", "4", "1")
    assert (hidden["status"], hidden["reason"]) == ("suppressed", "below_k")
    assert {hidden[name] for name in hidden if name.startswith(("occupancy", "flow"))} == {""}


def test_budgets_add_up_what_the_reports_of_a_day_spent(server, release):
    device = server.enrolled()
    nothing = {"occupancy": 0, "occupancy_low": 0, "occupancy_high": 0, "flow": [0] * 5}
    device.send(
        release(1, ("desk", "floor")),
        release(2, status="suppressed", reason="below_k", **nothing),
        release(60 * 24),  # the next day
    )
    answer = server.read("/v1/budgets?day=2026-01-31")
    spent = {item["zone"]: item for item in answer["budgets"]}
    assert (spent["floor"]["epsilon"], spent["floor"]["delta"]) == (0.5, 0)
    assert (spent["floor"]["published"], spent["floor"]["suppressed"]) == (1, 1)
    assert spent["desk"]["epsilon"] == 0.25
    assert server.read("/v1/budgets?day=2026-02-02")["budgets"] == []


def test_an_administrator_enrols_and_revokes_over_the_api(server, release, new_device):
    admin = {"Authorization": f"Bearer {server.token('admin')}"}
    made = server.call("POST", "/v1/enrolment-tokens", {"site": "office"}, **admin)
    device = new_device(server.url)
    assert device.enrol(made.content["token"]).status == 201
    wanted = {"name": "reception", "role": "viewer", "sites": ["office"]}
    reader = server.call("POST", "/v1/access-tokens", wanted, **admin)
    assert server.call("POST", "/v1/access-tokens", wanted, **admin).status == 409
    bearer = {"Authorization": f"Bearer {reader.content['token']}"}
    device.send(release(1))
    assert len(server.call("GET", "/v1/totals", **bearer).content["totals"]) == 1
    assert server.call("DELETE", "/v1/access-tokens/reception", **admin).status == 200
    assert server.call("GET", "/v1/totals", **bearer).status == 401
    assert server.call("DELETE", f"/v1/devices/{device.name}", **admin).status == 200
    assert device.send(release(2)).content["error"] == "revoked"
    assert server.call("DELETE", f"/v1/devices/{'0' * 32}", **admin).status == 404


@pytest.mark.parametrize("role", ["viewer", "auditor", "admin"])
@pytest.mark.parametrize("sites", [[], ["other"], ["office", "other"]])
def test_an_administrator_of_a_site_gives_no_access_beyond_it(sqlite_server, role, sites):
    admin = {"Authorization": f"Bearer {sqlite_server.token('admin', 'office', 'shop')}"}
    wanted = {"name": "reader", "role": role, "sites": sites}
    refused = sqlite_server.call("POST", "/v1/access-tokens", wanted, **admin)
    assert (refused.status, refused.content["error"]) == (403, "forbidden")
    granted = sqlite_server.call(
        "POST", "/v1/access-tokens", {**wanted, "sites": ["shop"]}, **admin
    )
    assert granted.status == 201
    bearer = {"Authorization": f"Bearer {granted.content['token']}"}
    sqlite_server.enrolled("office")
    if role != "viewer":
        assert sqlite_server.call("GET", "/v1/devices", **bearer).content["devices"] == []


def test_an_administrator_of_a_site_enrols_and_revokes_nothing_of_another(server, release):
    mine, other = server.enrolled("office"), server.enrolled("other")
    admin = {"Authorization": f"Bearer {server.token('admin', 'office')}"}
    root = {"Authorization": f"Bearer {server.token('admin')}"}
    for name, sites in (("mine", ["office"]), ("both", ["office", "other"]), ("all", [])):
        wanted = {"name": name, "role": "viewer", "sites": sites}
        assert server.call("POST", "/v1/access-tokens", wanted, **root).status == 201

    def enrolment(site):
        return server.call("POST", "/v1/enrolment-tokens", {"site": site}, **admin).status

    def revocation(path):
        return server.call("DELETE", path, **admin).status

    assert [enrolment("office"), enrolment("other")] == [201, 403]
    assert revocation(f"/v1/devices/{other.name}") == 404  # as one that nobody enrolled
    assert other.send(release(1)).status == 200
    assert revocation(f"/v1/devices/{mine.name}") == 200
    assert mine.send(release(1)).content["error"] == "revoked"
    found = [revocation(f"/v1/access-tokens/{name}") for name in ("mine", "both", "all", "none")]
    assert found == [200, 404, 404, 404]
    revoked = server.rows("SELECT name FROM access_tokens WHERE revoked_at IS NOT NULL")
    assert revoked == [("mine",)]


def test_the_token_in_a_file_is_an_administrator_if_nobody_else_can_read_it(running, tmp_path):
    file = tmp_path / "admin"
    file.write_text("a-token-of-twenty-characters-or-more\n")
    file.chmod(stat.S_IRUSR)
    with running(f"sqlite:///{tmp_path}/c.db", admin_token_file=file) as server:
        bearer = {"Authorization": f"Bearer {file.read_text().strip()}"}
        assert server.call("GET", "/v1/devices", **bearer).status == 200
        assert server.call("GET", "/v1/devices", Authorization="Bearer other").status == 401


def test_figures_count_but_name_nobody(server, release):
    device = server.enrolled("secretsite")
    raw = device.batch(release(1, ("secretzone",), camera="secretcamera"))
    device.post(raw)
    device.post(raw)
    device.send(release(2), sequence=7)
    text = server.read("/metrics")
    assert 'privcv_collector_batches_total{outcome="stored"} 1.0' in text
    assert 'privcv_collector_batches_total{outcome="duplicate"} 1.0' in text
    assert 'privcv_collector_refused_total{error="sequence"} 1.0' in text
    assert 'privcv_collector_devices{state="active"} 1.0' in text
    assert "secret" not in text
    assert device.name not in text


def test_health_is_of_the_database_too(sqlite_server):
    assert sqlite_server.call("GET", "/healthz").content == {"status": "ok"}


def test_the_page_runs_its_own_script_and_nothing_else(sqlite_server):
    answer = sqlite_server.call("GET", "/")
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    script = re.search(r"<script>(.*?)</script>", answer.content, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert not re.search(r"(src|href)=|https?:", answer.content)


def test_an_export_that_nobody_reads_on_holds_no_connection(server, release):
    """Stalled downloads could otherwise use up the pool, and keep SQLite's log from ending."""
    device = server.enrolled()
    device.send(*(release(number) for number in range(1, 6)))
    for number in range(1, 4):
        device.post(device.sealed(checkpoint_body(number), 0), "/v1/checkpoints")
    engine = server.collector.engine
    with engine.connect() as connection:
        sites = Access("all", "auditor", frozenset()).site_keys(connection)
    before = engine.pool.checkedout()

    exported = pages(engine, ZONE, Wanted(sites), 2)
    seen = [len(next(exported))]
    assert engine.pool.checkedout() == before
    assert [*seen, *map(len, exported)] == [2, 2, 1]

    exported = checkpoint_pages(engine, sites, device.name, 2)
    seen = [next(exported)]
    assert engine.pool.checkedout() == before
    seen += exported
    assert [len(page) for page in seen] == [2, 1]
    heads = [json.loads(text)["body"] for page in seen for text in page]
    assert heads == [checkpoint_body(number) for number in range(1, 4)]


def test_readers_cannot_take_the_connection_of_the_writer(server, release):
    device = server.enrolled()
    device.send(release(1))
    engine = server.collector.engine
    engine.pool._timeout = 0.1
    with ExitStack() as held:
        with suppress(PoolTimeoutError):
            while True:
                held.enter_context(engine.connect())
        assert device.send(release(2)).status == 200


def checkpoint_body(number):
    head = {"hash": f"{number:064x}", "sequence": number}
    return {"checkpoint": {"heads": {"a": head}, "time": "2026-01-31T08:00:00Z"}}


@pytest.mark.parametrize("year", ["0001", "1969", "9999"])
def test_the_ends_of_the_calendar_are_refused_before_anything_is_stored(server, release, year):
    device = server.enrolled()
    refused = device.send(release(1, window_start=f"{year}-12-31T23:59:59Z"))
    assert (refused.status, refused.content["error"]) == (422, "invalid")
    assert device.send(release(1, window_start="9998-12-31T23:59:59Z")).status == 200
    token = {"Authorization": f"Bearer {server.token('auditor')}"}
    assert server.call("GET", "/v1/totals", **token).status == 200
    assert server.call("GET", f"/v1/budgets?day={year}-12-31", **token).status == 422
    assert server.call("GET", "/v1/budgets?day=9998-12-31", **token).status == 200
