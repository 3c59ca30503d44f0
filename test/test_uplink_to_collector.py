# SPDX-License-Identifier: Apache-2.0
"""Reports from an uplink to a collector over real TLS: each is in the database once."""

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from balancer import BALANCER, balancer
from click.testing import CliRunner
from sqlalchemy import Engine, text
from uplink_settings import uplink_settings
from waiting import wait_until

from privcv_bringup.cli import root
from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.storage.database import open_database
from privcv_collector.testing import running_collector
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_core.protocol.release import Release
from privcv_uplink.delivery import device_keys
from privcv_uplink.device_health import HealthReport
from privcv_uplink.uplink import Uplink

Make = Callable[..., Any]


def test_from_enrolment_to_the_collectors_database(tmp_path: Path, release: Make) -> None:
    """A token, TLS, a rotation of the key, a restart: each report is there once."""

    def counted(sequence: int) -> Any:
        """A release whose occupancy tells which one it is."""
        flow = [sequence, 0, 0, 0, 0]
        return release(sequence, occupancy=sequence, occupancy_low=0, flow=flow)

    tls = demo_certificates(tmp_path / "tls")
    database = tmp_path / "collector.db"
    token_file = tmp_path / "token"
    token_file.touch(0o600)
    token_file.write_text(issue_enrolment_token(f"sqlite:///{database}", "office"))
    with running_collector(f"sqlite:///{database}", tls=(tls.certificate, tls.key)) as collector:
        settings = uplink_settings(
            tmp_path,
            url=collector.url.replace("127.0.0.1", "localhost"),
            pins=list(tls.pins),
            ca_file=tls.ca_file,
            enrolment_token_file=token_file,
            retry={"first_s": 0.05, "request_timeout_s": 30.0},
        )
        uplink = Uplink(settings)
        uplink.start()
        for sequence in range(1, 4):
            assert uplink.accept(Release.model_validate(counted(sequence)))
        wait_until(lambda: uplink.status().delivered == 3, 30.0)
        device_keys.rotate(settings.key_file)
        assert uplink.accept(Release.model_validate(counted(4)))
        wait_until(lambda: uplink.status().delivered == 4, 30.0)
        uplink.stop()
        uplink = Uplink(settings)
        uplink.start()
        assert uplink.accept(Release.model_validate(counted(4)))
        assert uplink.accept(Release.model_validate(counted(5)))
        wait_until(lambda: uplink.status().delivered == 5, 30.0)
        uplink.stop()
    with closing(sqlite3.connect(database)) as connection:
        values = connection.execute("SELECT occupancy FROM zone_reports").fetchall()
    assert sorted(values) == [(1,), (2,), (3,), (4,), (5,)]


def test_a_device_of_0_1_0_enrols_at_another_collector_as_its_log_says(
    tmp_path: Path, release: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Its id is a random number, which no key proves: somebody has to vouch for it, once."""
    tls = demo_certificates(tmp_path / "tls")
    db = f"sqlite:///{tmp_path}/collector.db"
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(issue_enrolment_token(db, "office"))
    with running_collector(db, tls=(tls.certificate, tls.key)) as collector:
        settings = uplink_settings(
            tmp_path, url=collector.url.replace("127.0.0.1", "localhost"), pins=list(tls.pins),
            ca_file=tls.ca_file, enrolment_token_file=token,
            retry={"first_s": 0.05, "request_timeout_s": 30.0, "blocked_s": 0.2},
        )  # fmt: skip
        keys = json.loads(settings.key_file.read_text())
        keys["device"] = "0123456789abcdef" * 2
        settings.key_file.write_text(json.dumps(keys))
        uplink = Uplink(settings)
        uplink.start()
        assert uplink.accept(Release.model_validate(release(1)))
        wait_until(lambda: uplink.status().last_error.startswith("needs a token"), 30.0)
        assert uplink.status().last_error == f"needs a token for device {keys['device']}"
        (said,) = {r.getMessage() for r in caplog.records if "privcv collector" in r.getMessage()}
        assert str(token) in said
        words = said.split("'")[1].replace("SITE", "office").split()
        printed = CliRunner().invoke(root, [*words[1:], "--db", db], catch_exceptions=False)
        token.write_text(printed.output)
        wait_until(lambda: uplink.status().delivered == 1, 30.0)
        uplink.stop()
    with closing(sqlite3.connect(tmp_path / "collector.db")) as connection:
        assert connection.execute("SELECT device FROM devices").fetchall() == [(keys["device"],)]


@pytest.mark.skipif(sys.platform != "linux", reason="needs several local addresses")
def test_reports_arrive_through_a_load_balancer(tmp_path: Path, release: Make) -> None:
    certificates = demo_certificates(tmp_path / "tls")
    db = f"sqlite:///{tmp_path}/collector.db"
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(issue_enrolment_token(db, "office"))
    with (
        running_collector(db, "--behind-proxy", BALANCER) as collector,
        balancer(collector.url, certificates) as url,
    ):
        uplink = Uplink(
            uplink_settings(
                tmp_path,
                url=url,
                pins=list(certificates.pins),
                ca_file=certificates.ca_file,
                enrolment_token_file=token,
            )
        )
        uplink.start()
        for number in range(1, 6):
            assert uplink.accept(Release.model_validate(release(number)))
        wait_until(lambda: uplink.status().delivered == 5)
        uplink.stop()
    with closing(sqlite3.connect(tmp_path / "collector.db")) as database:
        assert database.execute("SELECT count(*) FROM releases").fetchone() == (5,)


def test_the_health_of_a_new_device_arrives_before_any_report(tmp_path: Path) -> None:
    tls = demo_certificates(tmp_path / "tls")
    database = f"sqlite:///{tmp_path / 'collector.db'}"
    token_file = tmp_path / "token"
    token_file.touch(0o600)
    token_file.write_text(issue_enrolment_token(database, "office"))
    with running_collector(database, tls=(tls.certificate, tls.key)) as collector:
        settings = uplink_settings(
            tmp_path,
            url=collector.url.replace("127.0.0.1", "localhost"),
            pins=list(tls.pins),
            ca_file=tls.ca_file,
            enrolment_token_file=token_file,
        )
        uplink = Uplink(settings, health=HealthReport(None, settings.outbox.file))
        uplink.start()
        engine = open_database(database)
        wait_until(lambda: kept_health(engine), 30.0)
        uplink.stop()
        (device, site, envelope), *others = kept_health(engine)
    assert others == []
    assert (device, site) == (device_keys.read(settings.key_file).device, "office")
    assert json.loads(envelope)["body"]["health"]["delivery"] == "ok"


def kept_health(engine: Engine) -> list[Any]:
    query = (
        "SELECT devices.device, sites.name, device_health.envelope FROM device_health "
        "JOIN devices ON devices.pk = device_health.device_pk "
        "JOIN sites ON sites.pk = devices.site_pk"
    )
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]
