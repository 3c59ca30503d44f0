# SPDX-License-Identifier: Apache-2.0
"""``--client-ca`` end to end: only a device with a certificate of that authority is served.

In TLS 1.3 a client learns last that it was refused, so it may have sent by then. What counts is
that nothing of it was deciphered and handed on: any request that came through would leave a row.
"""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest
from uplink_settings import uplink_settings
from waiting import wait_until

from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.testing import running_collector
from privcv_core.protocol.demo_certificates import Authority
from privcv_core.protocol.release import Release
from privcv_uplink.uplink import Uplink

TABLES = ("devices", "batches", "releases", "zone_reports", "refusals", "checkpoints")


@pytest.fixture
def devices(tmp_path):
    """The authority of the devices; another one signs for the server."""
    return Authority(tmp_path / "devices", "devices")


@pytest.fixture
def collector(tmp_path, devices):
    """A collector that asks for certificates, and the settings of who talks to it."""
    servers = Authority(tmp_path / "servers", "servers")
    server = servers.issue("server", ["127.0.0.1"])
    db = f"sqlite:///{tmp_path}/collector.db"
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(issue_enrolment_token(db, "office"))
    tls = (server.certificate, server.key)
    with running_collector(db, "--client-ca", str(devices.certificate), tls=tls) as process:
        yield {
            "url": process.url,
            "pins": [server.pin],
            "ca_file": servers.certificate,
            "enrolment_token_file": token,
        }


def rows(folder):
    """How many rows each table holds."""
    with closing(sqlite3.connect(folder / "collector.db")) as database:
        return {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in TABLES
        }


def shown(certificate):
    return {"client_certificate": certificate.certificate, "client_key": certificate.key}


def client_options(name, devices, folder):
    if name == "none":
        return {}
    if name == "of another authority":
        return shown(Authority(folder / "others", "devices").issue("device", ["device"]))
    past = datetime.now(timezone.utc) - timedelta(days=30)
    return shown(devices.issue("old", ["device"], start=past, lifetime=timedelta(days=1)))


@pytest.mark.parametrize("name", ["none", "of another authority", "expired"])
def test_without_the_right_certificate_nothing_is_taken_and_nothing_is_lost(
    name, collector, devices, release, tmp_path
):
    uplink = Uplink(
        uplink_settings(tmp_path, **collector, **client_options(name, devices, tmp_path))
    )
    uplink.start()
    for number in range(1, 6):
        assert uplink.accept(Release.model_validate(release(number)))
    wait_until(lambda: uplink.status().last_error)
    said = uplink.status()
    uplink.stop()
    assert (said.state, said.pending, said.delivered) == ("retrying", 5, 0)
    assert rows(tmp_path) == dict.fromkeys(TABLES, 0)

    right = devices.issue("device", ["device"])
    uplink = Uplink(uplink_settings(tmp_path, **collector, **shown(right)))
    uplink.start()
    wait_until(lambda: uplink.status().delivered == 5)
    uplink.stop()
    found = rows(tmp_path)
    assert (found["devices"], found["releases"], found["zone_reports"]) == (1, 5, 5)
