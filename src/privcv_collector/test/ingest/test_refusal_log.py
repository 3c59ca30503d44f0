# SPDX-License-Identifier: Apache-2.0
"""The audit of refusals: no flood fills it, and none hides what else was refused."""

from privcv_collector.ingest import refusal_log
from privcv_collector.ingest.refusal_log import trim
from privcv_collector.limits.rate import RateLimit


def recorded(server):
    found = server.rows("SELECT error, count(*), sum(times) FROM refusals GROUP BY error")
    return {error: (rows, times) for error, rows, times in found}


def forged(device, release):
    return device.batch(release(1)).replace(b'"window_s":60', b'"window_s":61')


def test_a_flood_of_refusals_is_counted_without_filling_the_database(sqlite_server):
    log = sqlite_server.collector._store._refusals
    log._kinds = RateLimit(1e-6, 5)
    for _ in range(12):
        sqlite_server.call("POST", "/v1/batches", b"x")
    assert sqlite_server.rows("SELECT count(*) FROM refusals") == [(5,)]
    log._kinds = RateLimit(1e-6, 1)
    sqlite_server.call("POST", "/v1/batches", b"x")
    assert sqlite_server.rows("SELECT sum(times) FROM refusals") == [(13,)]
    text = sqlite_server.read("/metrics")
    assert 'privcv_collector_refused_total{error="invalid"} 13.0' in text


def test_a_flood_of_one_kind_hides_no_other_kind(server, release):
    server.collector._store._refusals._kinds = RateLimit(1e-6, 3)
    device = server.enrolled()
    for _ in range(8):
        server.call("GET", "/v1/totals")
    for _ in range(2):
        device.post(forged(device, release))
    assert recorded(server) == {"unauthorized": (3, 3), "bad_signature": (2, 2)}


def test_a_flood_in_the_name_of_one_device_hides_no_other_device(server, release, new_device):
    """Nor do names that nobody enrolled use the reserve of those that are."""
    log = server.collector._store._refusals
    log._kinds, log._devices = RateLimit(1e-6, 3), RateLimit(1e-6, 2)
    known, attacked = server.enrolled(), server.enrolled()
    for _ in range(9):
        known.post(forged(known, release))
    attacked.post(forged(attacked, release))
    for _ in range(9):
        new_device(server.url).send(release(1))
    assert recorded(server)["bad_signature"] == (6, 10)  # 3, 2 of its reserve; 4 more counted
    last = server.rows("SELECT device FROM refusals WHERE error = 'bad_signature' ORDER BY pk")
    assert last[-1] == (attacked.name,)
    assert recorded(server)["unknown_device"] == (3, 3)


def test_of_old_refusals_the_count_is_kept(server, release):
    device = server.enrolled()
    device.post(forged(device, release))
    for _ in range(9):
        server.call("GET", "/v1/totals")
    with server.collector.engine.begin() as connection:
        trim(connection, 4)
    assert recorded(server) == {"unauthorized": (5, 9), "bad_signature": (1, 1)}
    for _ in range(9):
        server.call("GET", "/v1/totals")
    with server.collector.engine.begin() as connection:
        trim(connection, 4)
        trim(connection, 5)
    assert recorded(server) == {"unauthorized": (5, 18), "bad_signature": (1, 1)}
    newest = server.read("/v1/refusals")["refusals"][0]
    assert (newest["error"], newest["times"]) == ("unauthorized", 14)
    assert "count" in newest["message"]


def test_a_long_audit_is_shortened_while_it_is_written(sqlite_server, monkeypatch):
    monkeypatch.setattr(refusal_log, "MOST_ROWS", 3)
    monkeypatch.setattr(refusal_log, "_ROWS_BETWEEN_TRIMS", 2)
    for _ in range(20):
        sqlite_server.call("GET", "/v1/totals")
    ((rows, times),) = recorded(sqlite_server).values()
    assert rows <= 6
    assert times == 20
