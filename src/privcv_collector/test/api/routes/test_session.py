# SPDX-License-Identifier: Apache-2.0
"""Sessions of pages: they read what their token reads, end with it, and change nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from privcv_collector.clock import now_utc
from privcv_collector.devices import page_sessions
from privcv_collector.devices.page_sessions import MOST_OF_A_TOKEN
from privcv_collector.devices.revocation import revoke_access_token


def sign_in(server, token, **headers):
    return server.call("POST", "/v1/page-session", {"token": token}, **headers)


def cookie(answer):
    return answer.headers["Set-Cookie"].split(";")[0]


def who(server, cookie):
    return server.call("GET", "/v1/page-session", Cookie=cookie).content


def test_a_session_reads_what_its_token_reads(server):
    server.enrolled("office")
    server.enrolled("depot")
    signed_in = sign_in(server, server.token("viewer", "office"))
    assert signed_in.content == {"role": "viewer", "sites": ["office"], "sums": False}
    held = cookie(signed_in)
    assert who(server, held) == {"role": "viewer", "sites": ["office"], "sums": False}
    sites = server.call("GET", "/v1/now", Cookie=held).content["sites"]
    assert [one["site"] for one in sites] == ["office"]
    assert server.call("GET", "/v1/budgets", Cookie=held).status == 403


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_hosts(sqlite_server):
    said = sign_in(sqlite_server, sqlite_server.token("viewer")).headers["Set-Cookie"]
    assert said.startswith("__Host-privcv=")
    for part in ("HttpOnly", "Path=/", "SameSite=strict", "Secure", "Max-Age=43200"):
        assert part in said
    assert "Domain" not in said


def test_the_database_holds_neither_the_token_nor_what_the_browser_holds(sqlite_server):
    token = sqlite_server.token("viewer")
    held = cookie(sign_in(sqlite_server, token)).split("=")[1]
    kept = str(sqlite_server.rows("SELECT * FROM page_sessions"))
    assert held not in kept
    assert token not in kept


def test_a_session_ends_with_its_token_at_once(server):
    token = server.token("viewer")
    held = cookie(sign_in(server, token))
    (name,) = server.rows("SELECT name FROM access_tokens")[0]
    revoke_access_token(server.collector.engine, name)
    assert who(server, held) == {"role": None, "sites": [], "sums": False}
    assert server.call("GET", "/v1/now", Cookie=held).status == 401


def test_a_session_ends_by_itself_and_is_forgotten(server, monkeypatch):
    token = server.token("viewer")
    held = cookie(sign_in(server, token))
    later = now_utc() + timedelta(hours=12)
    monkeypatch.setattr(page_sessions, "now_utc", lambda: later)
    assert server.call("GET", "/v1/now", Cookie=held).status == 401
    sign_in(server, token)
    assert server.rows("SELECT count(*) FROM page_sessions") == [(1,)]


def test_signing_out_ends_the_session(server):
    held = cookie(sign_in(server, server.token("viewer")))
    answer = server.call("DELETE", "/v1/page-session", Cookie=held)
    assert answer.status == 204
    assert 'privcv=""' in answer.headers["Set-Cookie"]
    assert server.call("GET", "/v1/now", Cookie=held).status == 401
    assert server.call("DELETE", "/v1/page-session", Cookie=held).status == 204


def test_sessions_of_a_token_are_bounded(server):
    token = server.token("viewer")
    held = [cookie(sign_in(server, token)) for _ in range(MOST_OF_A_TOKEN + 2)]
    assert server.rows("SELECT count(*) FROM page_sessions") == [(MOST_OF_A_TOKEN,)]
    assert who(server, held[-1])["role"] == "viewer"
    assert who(server, held[0])["role"] is None


@pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "none"}])
def test_a_page_of_another_site_signs_nobody_in_or_out(sqlite_server, headers):
    token = sqlite_server.token("viewer")
    assert sign_in(sqlite_server, token, **headers).status == 403
    held = cookie(sign_in(sqlite_server, token))
    answer = sqlite_server.call("DELETE", "/v1/page-session", Cookie=held, **headers)
    assert answer.status == 403
    assert who(sqlite_server, held)["role"] == "viewer"


def test_a_form_of_another_site_is_no_sign_in(sqlite_server):
    body = b'{"token": "' + sqlite_server.token("viewer").encode() + b'"}'
    answer = sqlite_server.call("POST", "/v1/page-session", body, Content_Type="text/plain")
    assert answer.status == 422


def test_a_cookie_changes_nothing(sqlite_server):
    held = cookie(sign_in(sqlite_server, sqlite_server.token("admin")))
    answer = sqlite_server.call("POST", "/v1/enrolment-tokens", {"site": "office"}, Cookie=held)
    assert answer.status == 401


def test_an_administrator_of_the_file_signs_in_too(running, tmp_path):
    file = tmp_path / "token"
    file.write_text("t" * 32)
    file.chmod(0o600)
    with running(f"sqlite:///{tmp_path}/c.db", admin_token_file=file) as server:
        assert sign_in(server, "t" * 32).content == {"role": "admin", "sites": [], "sums": False}


def test_nobody_signs_in_with_a_wrong_token_and_that_is_a_refusal(sqlite_server):
    answer = sign_in(sqlite_server, "x" * 40)
    assert answer.status == 401
    assert "Set-Cookie" not in answer.headers
    assert who(sqlite_server, "__Host-privcv=nothing") == {"role": None, "sites": [], "sums": False}
    with sqlite_server.collector.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM refusals")).scalar() == 1
