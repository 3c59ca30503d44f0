# SPDX-License-Identifier: Apache-2.0
"""Group commit: one job that cannot be stored spoils none of its group."""

import asyncio
from datetime import datetime, timezone

import pytest

from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.ingest.batch import read_batch
from privcv_collector.ingest.refusal_log import refusal
from privcv_collector.refused import Refused
from privcv_collector.storage.group_writer import GroupWriter
from privcv_core.protocol.envelope import parse
from privcv_core.protocol.signing import VerifyKey


async def test_one_batch_that_cannot_be_stored_does_not_fail_its_neighbours():
    def store(jobs):
        if "poison" in jobs:
            raise ValueError("a value the database will not take")
        return [job.upper() for job in jobs]

    writer = GroupWriter(store)
    jobs = ["a", "poison", "b"]
    results = await asyncio.gather(*(writer.submit(job) for job in jobs), return_exceptions=True)
    assert [results[0], results[2]] == ["A", "B"]
    assert results[1].status == 503
    writer.close()
    with pytest.raises(Exception, match="more to store"):
        await writer.submit("late")


def test_what_a_stranger_puts_into_a_path_reaches_the_audit_and_spoils_no_group(server, release):
    """PostgreSQL refuses NUL in text, and with it all that shares the transaction."""
    device = server.enrolled()
    store = server.collector._store
    refused = Refused(401, "unauthorized", "no\0 \x1b[2Jtoken")
    now = datetime.now(timezone.utc)
    key = CachedKey(device.name, 1, 1, 1, VerifyKey.load("Ed25519", device.key.public))
    batch = read_batch(parse(device.batch(release(1))), key, now, "127.0.0.1")
    answers = store([batch, refusal(refused, now, "/a\0b\n", "10.0.0.1\0")])
    assert [answer.status for answer in answers] == [200, 200]
    server.call("DELETE", "/v1/access-tokens/a%00b")
    server.call("POST", "/v1/devices", b'{"\\u0000":1}')
    found = server.rows("SELECT message, path, peer FROM refusals ORDER BY pk")
    assert found[0] == ("no? ?[2Jtoken", "/a?b?", "10.0.0.1?")
    assert [path for _, path, _ in found[1:]] == ["/v1/access-tokens/a?b", "/v1/devices"]
