# SPDX-License-Identifier: Apache-2.0
"""Readers of the database: none holds a connection that others need."""

import json
from contextlib import ExitStack, suppress

from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from privcv_collector.devices.access import Access
from privcv_collector.devices.actions import COMMAND_LINE
from privcv_collector.queries.audit_queries import checkpoint_pages
from privcv_collector.queries.report_kinds import ZONE
from privcv_collector.queries.report_queries import ReportFilter, pages


def test_an_export_that_nobody_reads_on_holds_no_connection(server, release):
    """Stalled downloads could otherwise use up the pool, and keep SQLite's log from ending."""
    device = server.enrolled()
    device.send(*(release(number) for number in range(1, 6)))
    for number in range(1, 4):
        device.post(device.sealed(checkpoint_body(number), 0), "/v1/checkpoints")
    engine = server.collector.engine
    with engine.connect() as connection:
        sites = Access(COMMAND_LINE, "auditor", frozenset()).site_keys(connection)
    before = engine.pool.checkedout()

    exported = pages(engine, ZONE, ReportFilter(sites), 2)
    seen = [len(next(exported))]
    assert engine.pool.checkedout() == before
    assert [*seen, *map(len, exported)] == [2, 2, 1]

    exported = checkpoint_pages(engine, sites, device.name, 2)
    seen = [next(exported)]
    assert engine.pool.checkedout() == before
    seen += exported
    assert [len(page) for page in seen] == [2, 1]
    heads = [json.loads(text)["body"] for page in seen for text in page]
    assert heads == [checkpoint_body(number) for number in range(1, 4)]


def test_readers_cannot_take_the_connection_of_the_writer(server, release):
    device = server.enrolled()
    device.send(release(1))
    engine = server.collector.engine
    engine.pool._timeout = 0.1
    with ExitStack() as held:
        with suppress(PoolTimeoutError):
            while True:
                held.enter_context(engine.connect())
        assert device.send(release(2)).status == 200


def checkpoint_body(number):
    head = {"hash": f"{number:064x}", "sequence": number}
    return {"checkpoint": {"heads": {"a": head}, "time": "2026-01-31T08:00:00Z"}}
