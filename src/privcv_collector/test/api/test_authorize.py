# SPDX-License-Identifier: Apache-2.0
"""Who may read: roles, sites, and tokens that are none."""

import json
import stat

import pytest

ROLES = ("viewer", "auditor", "admin", "display")
ALLOWED = {
    "/v1/totals": {"viewer", "auditor"},
    "/v1/totals.csv": {"viewer", "auditor"},
    "/v1/dwell": {"viewer", "auditor"},
    "/v1/dwell.csv": {"viewer", "auditor"},
    "/v1/budgets": {"auditor"},
    "/v1/statistics": {"viewer", "auditor"},
    "/v1/statistics.csv": {"viewer", "auditor"},
    "/v1/now": {"viewer", "auditor"},
    "/v1/now.csv": {"viewer", "auditor"},
    "/v1/display": {"display"},
    "/v1/site-records": {"viewer", "auditor"},
    "/v1/site-records.jsonl?device=" + "0" * 32: {"auditor"},
    "/v1/checkpoints": {"auditor"},
    "/v1/checkpoints.jsonl?device=" + "0" * 32: {"auditor"},
    "/v1/refusals": {"auditor"},
    "/v1/devices": {"auditor", "admin"},
    "/v1/access-tokens": {"admin"},
    "/v1/enrolment-tokens": {"admin"},
    "/v1/admin-actions": {"auditor", "admin"},
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_what_it_is_for_and_nothing_else(sqlite_server, role):
    token = sqlite_server.token(role, *(("office",) if role == "display" else ()))
    for path, roles in ALLOWED.items():
        answer = sqlite_server.call("GET", path, Authorization=f"Bearer {token}")
        assert answer.status == (200 if role in roles else 403), path


def test_every_path_that_reads_needs_a_token(sqlite_server):
    open_to_all = {("/healthz", "get"): 200, ("/metrics", "get"): 200}
    open_to_all |= {("/v1/page-session", "get"): 200, ("/v1/page-session", "delete"): 204}
    for path, methods in sqlite_server.app.openapi()["paths"].items():
        for method in set(methods) & {"get", "delete"}:
            url = path.replace("{name}", "a").replace("{device}", "0" * 32)
            url = url.replace("{id}", "0" * 16)
            answer = sqlite_server.call(method.upper(), url)
            assert answer.status == open_to_all.get((path, method), 401), path
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


def test_the_token_in_a_file_is_an_administrator_if_nobody_else_can_read_it(running, tmp_path):
    file = tmp_path / "admin"
    file.write_text("a-token-of-twenty-characters-or-more\n")
    file.chmod(stat.S_IRUSR)
    with running(f"sqlite:///{tmp_path}/c.db", admin_token_file=file) as server:
        bearer = {"Authorization": f"Bearer {file.read_text().strip()}"}
        assert server.call("GET", "/v1/devices", **bearer).status == 200
        assert server.call("GET", "/v1/devices", Authorization="Bearer other").status == 401
