# SPDX-License-Identifier: Apache-2.0
"""For tests of transports of other packages: a collector in memory, and what each must do.

Public, as the test doubles of a library are; nothing in privcv itself uses this module.
"""

from collections.abc import Callable

from privcv_core.protocol.envelope import parse
from privcv_uplink.transports.transport import Endpoint, Reply, Transport, TransportError

POSTED: dict[Endpoint, bytes] = {
    "batches": b'{"a":"batch"}',
    "checkpoints": b'{"a":"checkpoint, \xe2\x82\xac"}',
    "site-records": b'{"a":"record"}',
    "health": b'{"a":"report of health"}',
    "evidence": b'{"a":"quote"}',
}


class AcceptingTransport:
    """A transport whose collector takes everything, as one does that nothing is wrong with.

    ``posted`` holds (endpoint, content, device, sequence) of each call; of ``failures`` each call
    raises one first: a network that loses requests.
    """

    def __init__(self) -> None:
        self.posted: list[tuple[Endpoint, bytes, str, int]] = []
        self.failures: list[TransportError] = []
        self.is_closed = False

    async def post(self, endpoint: Endpoint, content: bytes, device: str, sequence: int) -> Reply:
        """Keep it, and answer as a collector does."""
        if self.failures:
            raise self.failures.pop(0)
        self.posted.append((endpoint, content, device, sequence))
        return accepted(endpoint, content, device, sequence)

    async def close(self) -> None:
        """Note it."""
        self.is_closed = True


def accepted(endpoint: Endpoint, content: bytes, device: str, sequence: int) -> Reply:
    """What a collector answers to what it takes (docs/protocol.md).

    For transports whose other end cannot answer: it says that the content is where it belongs.
    """
    if endpoint == "batches":
        return Reply(200, {"next_sequence": sequence + 1})
    if endpoint == "devices":
        return Reply(201, {"device": device})
    if endpoint == "keys":
        return Reply(200, {"key_id": parse(content).body["rotate"]["key_id"]})
    if endpoint == "checkpoints":
        return Reply(200, {"verdict": "not_contradicted"})
    if endpoint == "health":
        return Reply(200, {"duplicate": False})
    if endpoint == "evidence":
        return Reply(200, {"status": "affirming", "reason": "", "until": None, "nonce": ""})
    return Reply(200, {"version": 1})


async def check_transport(
    make: Callable[[], Transport], arrived: Callable[[], list[bytes]]
) -> list[Reply]:
    """Post to each endpoint; ``arrived`` tells what came at the other end, in order.

    Raises ``AssertionError`` where something else arrives than was posted, an answer is none, or a
    second ``close`` does harm. A transport that gets no answer must raise ``TransportError``.
    """
    transport = make()
    replies = []
    for sequence, (endpoint, content) in enumerate(POSTED.items()):
        reply = await transport.post(endpoint, content, "0" * 32, sequence)
        assert isinstance(reply, Reply), f"{endpoint}: the answer is no Reply"
        replies.append(reply)
    assert arrived() == [*POSTED.values()], "what arrived is not what was posted"
    await transport.close()
    await transport.close()
    return replies
