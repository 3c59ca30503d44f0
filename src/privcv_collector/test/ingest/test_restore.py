# SPDX-License-Identifier: Apache-2.0
"""A database restored under a running collector: nothing is stored as another device's."""

import pytest
from sqlalchemy import text

from privcv_collector.clock import now_utc
from privcv_core.protocol.signing import SigningKey
from privcv_core.protocol.timestamps import rfc3339_whole

OF_A_DEVICE = ("zone_reports", "dwell_reports", "releases", "gaps", "batches", "device_networks")


def change(server, *statements):
    """What restoring an older dump does, with the counters of its keys."""
    with server.collector.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
        if connection.dialect.name == "postgresql":
            for table in ("devices", "device_keys", "series"):
                last = f"SELECT coalesce(max(pk), 0) + 1 FROM {table}"
                counter = f"pg_get_serial_sequence('{table}', 'pk')"
                connection.execute(text(f"SELECT setval({counter}, ({last}), false)"))


def restore_empty(server):
    """The backup was made before any device enrolled."""
    tables = (*OF_A_DEVICE, "series", "enrolment_tokens", "device_keys", "devices")
    change(server, *(f"DELETE FROM {table}" for table in tables))


@pytest.fixture
def swapped(server, release):
    """A device that the restored database does not know, and the one that has its row now."""
    gone = server.enrolled("there")
    assert gone.send(release(1)).status == 200
    row = server.rows("SELECT pk FROM devices")
    restore_empty(server)
    newcomer = server.enrolled("here")
    assert server.rows("SELECT pk FROM devices") == row
    gone.sequence = 1
    return gone, newcomer


def test_a_batch_is_not_stored_as_that_of_the_device_that_has_the_row_now(server, release, swapped):
    gone, newcomer = swapped
    first = gone.send(release(1, ("secret",)))
    assert (first.status, first.headers["Retry-After"]) == (503, "1")
    answer = gone.send(release(1, ("secret",)))
    assert (answer.status, answer.content["error"]) == (401, "unknown_device")
    assert server.rows("SELECT count(*) FROM releases") == [(0,)]
    assert newcomer.send(release(1, ("desk",))).status == 200
    (stored,) = server.read("/v1/totals")["totals"]
    assert (stored["site"], stored["zone"]) == ("here", "desk")


def test_no_device_rotates_the_key_of_another(server, swapped):
    gone, newcomer = swapped
    new = SigningKey.generate()
    key = {"alg": new.alg, "key": new.public, "key_id": new.key_id}
    answers = [gone.post(gone.sealed({"rotate": key}, 0), "/v1/keys") for _ in range(2)]
    assert [answer.status for answer in answers] == [503, 401]
    assert server.rows("SELECT key_id FROM device_keys") == [(newcomer.key.key_id,)]


def test_no_checkpoint_is_kept_as_that_of_another(server, swapped):
    gone, _ = swapped
    heads = {"camera": {"hash": "a" * 64, "sequence": 1}}
    body = {"checkpoint": {"heads": heads, "time": rfc3339_whole(now_utc())}}
    answers = [gone.post(gone.sealed(body, 0), "/v1/checkpoints") for _ in range(2)]
    assert [answer.status for answer in answers] == [503, 401]
    assert server.rows("SELECT count(*) FROM checkpoints") == [(0,)]


def test_a_device_whose_row_is_gone_is_unknown(server, release):
    device = server.enrolled()
    device.send(release(1))
    restore_empty(server)
    assert [device.send(release(2)).status for _ in range(2)] == [503, 401]


def test_no_report_is_stored_in_a_zone_that_is_another_devices_now(server, release):
    device = server.enrolled("office")
    device.send(release(1))
    device.send(release(2, ("hall",)))
    change(
        server,
        *(f"DELETE FROM {table} WHERE release > 1" for table in ("zone_reports", "releases")),
        "DELETE FROM batches WHERE batch > 1",
        "DELETE FROM series WHERE zone = 'hall'",
        "UPDATE devices SET last_batch = 1, last_release = 1",
    )
    other = server.enrolled("office")
    assert other.send(release(1, ("desk",))).status == 200  # takes the key that 'hall' had
    device.sequence = 2
    assert [device.send(release(2, ("hall",))).status for _ in range(2)] == [503, 200]
    found = [
        (item["zone"], item["window_start"][14:16]) for item in server.read("/v1/totals")["totals"]
    ]
    assert sorted(found) == [("desk", "01"), ("floor", "01"), ("hall", "02")]
