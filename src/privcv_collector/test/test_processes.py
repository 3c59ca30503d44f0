# SPDX-License-Identifier: Apache-2.0
"""Collectors as processes: two on one database, a power cut, TLS, a clean end."""

import http.client
import json
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from privcv_collector.cli.collector import command
from privcv_collector.errors import CollectorError
from privcv_collector.serve import Address, serve
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.administration import (
    issue_access_token,
    issue_enrolment_token,
    revoke_device,
)
from privcv_collector.storage.database import open_database
from privcv_collector.testing import CollectorProcess, running_collector
from privcv_core.errors import PrivcvError
from privcv_core.protocol.demo_certificates import demo_certificates


@pytest.fixture(scope="module")
def shared_url(new_database):
    return new_database()


@pytest.fixture(scope="module")
def two(shared_url):
    """Two collectors that start at the same moment on an empty database."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: CollectorProcess(shared_url), range(2)))
    yield both
    assert [one.stop() for one in both] == [0, 0]


def test_two_processes_store_each_release_once(two, shared_url, new_device, release):
    """Every batch goes to both processes at once; one stores it and the other says so."""
    devices = [new_device(two[0].url) for _ in range(6)]
    for device in devices:
        assert device.enrol(issue_enrolment_token(shared_url, "office")).status == 201
    answers = []

    def play(device):
        mine = []
        for number in range(1, 13):
            raw = device.batch(release(number, ("desk", "floor")), sequence=number)
            both = [None, None]

            def send(index, raw=raw, both=both):
                device_at = type(device)(two[index].url)
                both[index] = device_at.post(raw)

            threads = [threading.Thread(target=send, args=(index,)) for index in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            mine.append(both)
        answers.extend(mine)

    with ThreadPoolExecutor(len(devices)) as pool:
        list(pool.map(play, devices))
    assert len(answers) == 6 * 12
    for both in answers:
        assert [answer.status for answer in both] == [200, 200]
        assert sorted(answer.content["duplicate"] for answer in both) == [False, True]
        assert both[0].content["next_sequence"] == both[1].content["next_sequence"]
    with open_database(shared_url).connect() as connection:
        (count, distinct) = connection.execute(
            text(
                "SELECT count(*), count(DISTINCT (series_pk, window_start, release)) "
                "FROM zone_reports"
            )
        ).one()
        assert (count, distinct) == (6 * 12 * 2, 6 * 12 * 2)
        assert connection.execute(text("SELECT count(*) FROM batches")).scalar() == 6 * 12
        assert connection.execute(text("SELECT count(*) FROM series")).scalar() == 6 * 2


def test_what_one_process_revokes_the_other_refuses(two, shared_url, new_device, release):
    device = new_device(two[0].url)
    device.enrol(issue_enrolment_token(shared_url, "office"))
    assert device.send(release(1)).status == 200
    device.url = two[1].url
    assert device.send(release(2)).status == 200
    revoke_device(shared_url, device.name)
    assert device.send(release(3)).content["error"] == "revoked"
    device.url = two[0].url
    assert device.send(release(3)).content["error"] == "revoked"


def test_what_was_answered_survives_a_power_cut(database_url, new_device, release):
    collector = CollectorProcess(database_url)
    device = new_device(collector.url)
    device.enrol(issue_enrolment_token(database_url, "office"))
    answered = []
    stop = threading.Event()

    def stream():
        for number in range(1, 10_000):
            try:
                if device.send(release(number)).status != 200:
                    return
            except OSError:
                return
            answered.append(number)
            if number == 20:
                stop.set()

    thread = threading.Thread(target=stream)
    thread.start()
    assert stop.wait(30)
    collector.kill()
    thread.join()
    with running_collector(database_url) as again:
        with open_database(database_url).connect() as connection:
            stored = connection.execute(text("SELECT release FROM releases ORDER BY 1")).scalars()
            stored = list(stored)
        assert stored[: len(answered)] == answered
        assert len(stored) <= len(answered) + 1  # one may have been stored but not answered
        device.url = again.url
        number = len(answered) + 1
        answer = device.send(release(number), sequence=number)
        assert answer.content["next_sequence"] == number + 1
        assert answer.content["duplicate"] is (len(stored) > len(answered))


def test_tls_is_1_3_only_and_the_totals_can_be_read(tmp_path):
    certificates = demo_certificates(tmp_path)
    db = f"sqlite:///{tmp_path}/c.db"
    tls = (certificates.certificate, certificates.key)
    with running_collector(db, "--host", "127.0.0.1", tls=tls) as collector:
        assert collector.url.startswith("https://")
        context = ssl.create_default_context(cafile=certificates.ca_file)
        token = issue_access_token(db, "demo", "viewer")
        assert get(collector.url, context, "/v1/totals", token) == {"totals": [], "next": None}
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError):
            get(collector.url, context, "/v1/totals", token)
        assert collector.stop() == 0


def get(url, context, path, token):
    connection = http.client.HTTPSConnection(urlsplit(url).netloc, context=context)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        return json.load(connection.getresponse())
    finally:
        connection.close()


def test_a_port_that_is_taken_is_said_in_words(tmp_path):
    settings = CollectorSettings(db=f"sqlite:///{tmp_path}/c.db")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = f"127.0.0.1:{port}: cannot listen: Address already in use"
        with pytest.raises(CollectorError, match=words):
            serve(settings, Address(port=port))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"tls_cert": "missing.pem"}, "belong together"),
        ({"tls_cert": "missing.pem", "tls_key": "missing.key"}, "No such file"),
        ({"client_ca": "missing.pem"}, "needs --tls-cert"),
    ],
)
def test_certificates_that_cannot_be_used_are_said_in_words(tmp_path, files, words):
    settings = CollectorSettings(db=f"sqlite:///{tmp_path}/c.db")
    with pytest.raises(PrivcvError, match=words):
        serve(settings, Address(port=0, **{name: Path(file) for name, file in files.items()}))


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
