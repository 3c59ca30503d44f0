# SPDX-License-Identifier: Apache-2.0
"""Streams of events: a slow reader holds the newest of each site, and their number is exact."""

import asyncio

import pytest

from privcv_collector.limits.streams import Stream, Streams
from privcv_collector.refused import Refused


def stream(reader="a", network="n"):
    return Stream("token:x", reader, network, None)


def test_who_reads_slowly_gets_the_newest_of_each_site():
    async def run():
        one = stream()
        for number in range(1000):
            one.put("office", b"office %d;" % number)
            one.put("depot", b"depot %d;" % number)
        assert await one.next(1.0) == b"office 999;depot 999;"
        assert await one.next(0.0) == b""
        one.put("office", b"late")
        one.end()
        assert await one.next(1.0) is None

    asyncio.run(run())


@pytest.mark.parametrize(
    ("most", "others"),
    [((1, 9, 9), [stream("a", "x")]), ((9, 1, 9), [stream("b", "n")]), ((9, 9, 1), [stream("b")])],
)
def test_each_bound_holds_and_is_given_back(most, others):
    async def run():
        streams, first = Streams(*most), stream()
        streams.open(first)
        for other in others:
            with pytest.raises(Refused) as refused:
                streams.open(other)
            assert refused.value.status == 429
        streams.close(first)
        streams.close(first)  # twice is once
        for other in others:
            streams.open(other)
        assert len(streams) == 1

    asyncio.run(run())
