# SPDX-License-Identifier: Apache-2.0
"""Figures and health, for whoever operates a collector."""


def test_figures_count_but_name_nobody(server, release):
    device = server.enrolled("secretsite")
    raw = device.batch(release(1, ("secretzone",), camera="secretcamera"))
    device.post(raw)
    device.post(raw)
    device.send(release(2), sequence=7)
    text = server.read("/metrics")
    assert 'privcv_collector_batches_total{outcome="stored"} 1.0' in text
    assert 'privcv_collector_batches_total{outcome="duplicate"} 1.0' in text
    assert 'privcv_collector_refused_total{error="sequence"} 1.0' in text
    assert 'privcv_collector_devices{state="active"} 1.0' in text
    assert "secret" not in text
    assert device.name not in text


def test_health_is_of_the_database_too(sqlite_server):
    assert sqlite_server.call("GET", "/healthz").content == {"status": "ok"}
