# SPDX-License-Identifier: Apache-2.0
"""``privcv collector``: enrols, lists, revokes, and says what it misses."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from privcv_collector.cli.collector import command
from privcv_collector.errors import CollectorError
from privcv_collector.storage.database import open_database


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


LOOKS = [
    ["devices"], ["tokens"], ["actions"], ["revoke", "0" * 32], ["revoke", "--token", "reader"],
    ["revoke", "--enrolment", "0" * 16],
]  # fmt: skip


def refused(arguments, db):
    """The one line that ends a command."""
    done = CliRunner().invoke(command, [*arguments, "--db", db])
    assert isinstance(done.exception, CollectorError), done.output
    assert "\n" not in str(done.exception)
    assert not done.stdout
    return str(done.exception)


@pytest.mark.parametrize("arguments", LOOKS, ids=" ".join)
def test_who_looks_or_takes_away_makes_no_database(arguments, tmp_path):
    """Its name was mistyped, and the right one would still let the token in."""
    words = refused(arguments, f"sqlite:///{tmp_path}/typo.db")
    assert "typo.db: is no database of a collector" in words
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty.db").touch(0o600)
    assert "is no database of a collector" in refused(arguments, f"sqlite:///{tmp_path}/empty.db")


@pytest.mark.parametrize("content", ["nothing", "tables of others", "no SQLite"])
@pytest.mark.parametrize("arguments", [*LOOKS, ["enrol", "--site", "office"]], ids=" ".join)
def test_a_file_whose_name_was_mistyped_stays_as_it_was(arguments, content, tmp_path):
    """No byte, no permission, nothing beside it: it is somebody else's."""
    theirs = tmp_path / "theirs.db"
    if content == "tables of others":
        with closing(sqlite3.connect(theirs)) as connection:
            connection.execute("CREATE TABLE devices (name TEXT)")
    else:
        theirs.write_text("" if content == "nothing" else "a letter\n" * 200)
    theirs.chmod(0o644)
    before = theirs.read_bytes()
    if content == "nothing" and arguments[0] == "enrol":
        run(*arguments, "--db", f"sqlite:///{theirs}")  # an empty file is a place for a new one
        return
    words = refused(arguments, f"sqlite:///{theirs}")
    expected = "file is not a database" if content == "no SQLite" else "is no database of a coll"
    assert expected in words
    assert theirs.read_bytes() == before
    assert theirs.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [theirs]


@pytest.mark.parametrize(
    ("name", "words"), [("a" * 300, "File name too long"), ("r\udce9sum\udce9", "is not UTF-8")]
)
def test_a_name_that_no_file_can_have_is_refused(name, words, tmp_path):
    for arguments in (["devices"], ["enrol", "--site", "office"]):
        assert words in refused(arguments, f"sqlite:///{tmp_path}/{name}")


def test_an_empty_name_is_not_the_default():
    """It is a variable of a script that was never set."""
    done = CliRunner().invoke(command, ["devices", "--db", ""])
    assert done.exit_code == 2
    assert "is empty" in done.output


def test_who_looks_makes_no_table_in_a_database_of_others(postgresql_url):
    assert "is no database of a collector" in refused(["devices"], postgresql_url)
    with open_database(postgresql_url).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM devices")).scalar() == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["enrol", "--site", "office"],
        ["token", "--name", "other"],
        ["revoke", "--token", "reader"],
        ["revoke", "0" * 32],
    ],
    ids=" ".join,
)
def test_what_a_database_refuses_is_one_line_without_sql(arguments, postgresql_url):
    """After a failover it is read only: that is known only when something is written."""
    run("token", "--name", "reader", "--db", postgresql_url)
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    words = refused(arguments, postgresql_url)
    if arguments[1] != "0" * 32:  # nothing is written for a device that is not there
        assert "read-only transaction" in words
    assert "INTO" not in words
    assert "digest" not in words


def test_a_database_of_another_encoding_is_refused(postgresql_url):
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        name = f"{connection.info.dbname}_ascii"
        connection.execute(
            f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' "
            "TEMPLATE template0"
        )
    url = postgresql_url.replace(name.removesuffix("_ascii"), name)
    for arguments in (["enrol", "--site", "office"], ["devices"]):
        assert "has the encoding SQL_ASCII; make one with" in refused(arguments, url)


def test_both_collectors_print_the_same_verification(tmp_path: Path) -> None:
    def said(name: str, *more: str) -> dict[str, str]:
        result = CliRunner().invoke(command, ["sealing-key", str(tmp_path / name), *more])
        assert result.exit_code == 0, result.output
        return dict(line.split(": ") for line in result.output.splitlines())

    first, second = said("one.json"), said("two.json", "--number", "2")
    assert first["hpke"] != second["hpke"]
    assert said("one.json") == first  # it is made once
    again = said("one.json", "--other", second["hpke"]), said("two.json", "--other", first["hpke"])
    assert again[0]["verification"] == again[1]["verification"]
    assert (tmp_path / "one.json").stat().st_mode & 0o777 == 0o600
