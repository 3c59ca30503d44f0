# SPDX-License-Identifier: Apache-2.0
"""Collectors and devices are upgraded one by one, as docs/operations.md says, while all send."""

import gzip
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timezone
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from collector_client import Device
from postgresql_server import PostgresqlServer, is_installed, postgresql
from sqlalchemy import text
from stored_reports import stored
from uplink_settings import uplink_settings
from waiting import wait_until

from privcv_collector.storage.database import open_database
from privcv_collector.testing import running_collector
from privcv_core.parent import parent_environment
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_core.protocol.release import Release
from privcv_core.protocol.signing import SigningKey
from privcv_uplink.delivery import device_keys
from privcv_uplink.uplink import Uplink

Make = Callable[..., Any]

BEFORE_PARTITIONS = """
import alembic.command as alembic
from alembic.script import ScriptDirectory
from privcv_collector.cli.collector import command as main
upgrade = alembic.upgrade
alembic.upgrade = lambda config, _: upgrade(config, "0002")
ScriptDirectory.get_current_head = lambda _: "0002"
main(prog_name="privcv collector")
"""
"""A collector that knows no later schema than 0002, as the one of 0.1.1 does."""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    if not is_installed():
        pytest.skip("no PostgreSQL server (initdb, postgres) is installed")
    with (
        tempfile.TemporaryDirectory(prefix="privcv-pg-", dir="/tmp") as folder,
        postgresql(Path(folder)) as running,
    ):
        yield running


def old_collector(db: str) -> tuple[Any, str]:
    """A process of the version before, and where it listens."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEFORE_PARTITIONS, "--db", db, "--port", "0"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, **parent_environment()},
    )  # fmt: skip
    assert process.stdout is not None
    return process, process.stdout.readline().split()[-1]


def test_collectors_are_upgraded_one_by_one_while_devices_send(
    server: PostgresqlServer, release: Make
) -> None:
    """The migration runs under two old processes, which go on until they are stopped."""
    db = server.new_database("upgraded")
    olds = [old_collector(db) for _ in range(2)]
    urls = [url for _, url in olds]
    devices = [Device(urls[0]) for _ in range(4)]
    for device in devices:
        assert device.enrol(issue_as_old(db)).status == 201
    ended = threading.Event()
    sent: dict[str, int] = {}

    def live(device: Device) -> None:
        rng = random.Random(device.name)
        number = 0
        while not ended.is_set():
            number += 1
            raw = device.batch(release(number), sequence=number)
            while True:
                device.url = rng.choice(urls)
                try:
                    status = device.post(raw).status
                except (OSError, HTTPException):
                    continue
                assert status in (200, 503)
                if status == 200:
                    break
            sent[device.name] = number

    def go_on() -> None:
        until = {device.name: sent.get(device.name, 0) + 5 for device in devices}
        wait_until(lambda: all(sent.get(name, 0) >= n for name, n in until.items()), 120.0)

    with ThreadPoolExecutor(len(devices)) as pool:
        lives = [pool.submit(live, device) for device in devices]
        try:
            go_on()
            with running_collector(db) as first:  # brings the schema up to date
                urls.append(first.url)
                go_on()
                urls.remove(olds[0][1])
                olds[0][0].terminate()
                with running_collector(db) as second:
                    urls.append(second.url)
                    urls.remove(olds[1][1])
                    olds[1][0].terminate()
                    go_on()
                    ended.set()
                    for life in lives:
                        life.result()
        finally:
            ended.set()
            for process, _ in olds:
                process.kill()
                process.wait(20)
                process.stdout.close()
    assert stored(db) == sorted(
        (name, number) for name, last in sent.items() for number in range(1, last + 1)
    )
    with open_database(db).connect() as connection:
        parts = connection.execute(
            text("SELECT DISTINCT tableoid::regclass::text FROM zone_reports")
        )
        assert set(parts.scalars()) == {"zone_reports_before"}


def issue_as_old(db: str) -> str:
    """A token by the command of the version before: it brings no schema up to date."""
    command = [sys.executable, "-c", BEFORE_PARTITIONS, "enrol", "--db", db, "--site", "office"]
    environment = {**os.environ, **parent_environment()}
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment
    ).stdout.strip()


RECORDED = Path(__file__).parent / "recorded_0_1_0" / "device"


NEWER = SigningKey("Ed25519", bytes([2]) * 32)
"""The recorded device's last key."""


def test_a_device_of_0_1_0_is_upgraded_and_its_releases_arrive_once(
    tmp_path: Path, release: Make
) -> None:
    """Its outbox, and a collector's database of then that has the same releases: both upgraded."""
    for name in ("outbox", "collector"):
        packed = (RECORDED / f"{name}.db.gz").read_bytes()
        (tmp_path / f"{name}.db").write_bytes(gzip.decompress(packed))
    device = "0123456789abcdef" * 2
    keys = device_keys.DeviceKeys(
        device, (device_keys.StoredKey(NEWER, datetime.now(timezone.utc)),)
    )
    (tmp_path / "uplink-key.json").touch(0o600)
    (tmp_path / "uplink-key.json").write_text(device_keys._text(keys))
    tls = demo_certificates(tmp_path / "tls")
    db = f"sqlite:///{tmp_path}/collector.db"
    before = stored(db)
    with running_collector(db, tls=(tls.certificate, tls.key)) as collector:
        uplink = Uplink(
            uplink_settings(
                tmp_path,
                url=collector.url.replace("127.0.0.1", "localhost"),
                pins=list(tls.pins),
                ca_file=tls.ca_file,
            )
        )
        assert uplink.status().pending == 5
        uplink.start()
        assert uplink.accept(Release.model_validate(release(7)))
        wait_until(lambda: uplink.status().pending == 0, 60.0)
        uplink.stop()
        assert uplink.status().dropped == 0
    assert stored(db) == sorted([*before, (device, 7)])
    with closing(sqlite3.connect(tmp_path / "collector.db")) as database:
        found = database.execute("SELECT release FROM releases ORDER BY 1").fetchall()
    assert found == [(number,) for number in range(1, 8)]
