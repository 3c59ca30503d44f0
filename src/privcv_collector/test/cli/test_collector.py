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


@pytest.mark.parametrize("arguments", [["revoke"], ["token", "--name", "No"], ["enrol"]])
def test_the_command_line_says_what_it_misses(arguments, tmp_path):
    done = CliRunner().invoke(command, [*arguments, "--db", f"sqlite:///{tmp_path}/c.db"])
    assert done.exit_code == 2
    assert "Error" in done.output
