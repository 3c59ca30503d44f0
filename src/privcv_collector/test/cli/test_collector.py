# SPDX-License-Identifier: Apache-2.0
"""``privcv collector``: enrols, lists, revokes, and says what it misses."""

import json

import pytest
from click.testing import CliRunner

from privcv_collector.cli.collector import command


def run(*arguments, **environment):
    done = CliRunner().invoke(command, arguments, env=environment, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def test_the_command_line_enrols_lists_and_revokes(sqlite_server, new_device, release):
    db = str(sqlite_server.collector.engine.url)
    device = new_device(sqlite_server.url)
    assert device.enrol(run("enrol", "--db", db, "--site", "office")).status == 201
    device.send(release(1))
    device.send(release(4))
    token = run("token", "--name", "reader", PRIVCV_COLLECTOR_DB=db)
    (row,) = json.loads(run("--db", db, "devices", "--json"))["devices"]
    assert (row["device"], row["last_release"]) == (device.name, 4)
    assert [gap["missing"] for gap in row["gaps"]] == [2]
    assert device.name in run("devices", "--db", db, COLUMNS="200")
    bearer = {"Authorization": f"Bearer {token}"}
    assert len(sqlite_server.call("GET", "/v1/totals", **bearer).content["totals"]) == 2
    run("revoke", "--db", db, device.name)
    assert device.send(release(5)).content["error"] == "revoked"
    run("revoke", "--db", db, "--token", "reader")
    assert sqlite_server.call("GET", "/v1/totals", **bearer).status == 401


def test_the_command_line_lists_tokens_and_what_was_done(tmp_path):
    db = f"sqlite:///{tmp_path}/c.db"
    enrolment = run("enrol", "--db", db, "--site", "office", "--device", "0" * 32)
    token = run("token", "--db", db, "--name", "reader", "--site", "office")
    listed = run("tokens", "--db", db, "--json")
    assert token not in listed
    assert enrolment not in listed
    content = json.loads(listed)
    assert [row["name"] for row in content["access_tokens"]] == ["reader"]
    assert [row["device"] for row in content["enrolment_tokens"]] == ["0" * 32]
    assert "reader" in run("tokens", "--db", db, COLUMNS="200")
    run("revoke", "--db", db, "--enrolment", content["enrolment_tokens"][0]["id"])
    run("revoke", "--db", db, "--token", "reader", "--id", content["access_tokens"][0]["id"])
    active = json.loads(run("tokens", "--db", db, "--active", "--json"))
    assert active == {"access_tokens": [], "enrolment_tokens": []}
    done = json.loads(run("actions", "--db", db, "--json"))["actions"]
    assert [row["action"] for row in done] == [
        "access_token.revoked",
        "enrolment_token.revoked",
        "access_token.issued",
        "enrolment_token.issued",
    ]
    assert {row["actor"] for row in done} == {"command line"}
    assert "access_token.revoked" in run("actions", "--db", db, COLUMNS="200")


@pytest.mark.parametrize(
    "arguments",
    [
        ["revoke"],
        ["revoke", "--enrolment", "No"],
        ["revoke", "0" * 32, "--token", "reader"],
        ["token", "--name", "No"],
        ["token", "--name", "a\n"],
        ["enrol"],
        ["enrol", "--site", "office", "--device", "No"],
    ],
)
def test_the_command_line_says_what_it_misses(arguments, tmp_path):
    done = CliRunner().invoke(command, [*arguments, "--db", f"sqlite:///{tmp_path}/c.db"])
    assert done.exit_code == 2
    assert "Error" in done.output
