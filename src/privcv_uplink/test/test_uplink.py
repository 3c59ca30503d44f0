# SPDX-License-Identifier: Apache-2.0
"""The uplink as a whole, to collectors that do not answer or take everything."""

import socket
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from privcv_core.errors import KeyFileError
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.release import Release
from privcv_uplink.delivery.delivery import Delivery
from privcv_uplink.errors import CertificateError
from privcv_uplink.outbox.outbox import Outbox
from privcv_uplink.transports.transport import Endpoint, Reply
from privcv_uplink.uplink import DeliveryStatus, Uplink

Make = Callable[..., Any]


def test_an_uplink_that_cannot_deliver_stops_and_keeps_everything(
    make_settings: Make, release: Make, wait_until: Make
) -> None:
    """A server that accepts the connection and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        settings = make_settings(
            url=f"https://localhost:{silent.getsockname()[1]}", retry={"request_timeout_s": 600.0}
        )
        uplink = Uplink(settings)
        uplink.start()
        for sequence in range(1, 8):
            assert uplink.accept(Release.model_validate(release(sequence)))
        wait_until(lambda: uplink.status().state == "delivering")
        uplink.stop(drain_s=0.1)
    outbox = Outbox(settings.outbox.file)
    assert (outbox.contents().pending, outbox.contents().accepted_through) == (7, 7)
    outbox.close()


def test_the_status_says_what_holds_things_up(
    make_settings: Make, release: Make, wait_until: Make
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    uplink = Uplink(make_settings(url=f"https://localhost:{port}"))
    uplink.start()
    assert uplink.status() == DeliveryStatus(0, 0, None, 0, 0, "idle", "")
    uplink.accept(Release.model_validate(release(1)))
    wait_until(lambda: uplink.status().state == "retrying")
    assert uplink.status() == DeliveryStatus(
        accepted_through=1,
        pending=1,
        oldest_pending=datetime(2026, 1, 31, 8, tzinfo=timezone.utc),
        delivered=0,
        dropped=0,
        state="retrying",
        last_error="cannot connect: Connection refused",
    )
    uplink.stop()


def test_what_cannot_work_is_refused_before_it_starts(make_settings: Make, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="privcv keys new"):
        Uplink(make_settings(key_file=tmp_path / "none"))
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(CertificateError, match="authorities"):
        Uplink(make_settings(ca_file=tmp_path / "ca.pem"))


class _Yes:
    """A collector that takes all and keeps nothing."""

    async def post(self, endpoint: Endpoint, content: bytes, device: str, sequence: int) -> Reply:
        return Reply(200, {"next_sequence": sequence + 1})

    async def close(self) -> None:
        return None


async def _peak_of_draining(settings: Any, releases: int, release: Make) -> int:
    """Most bytes that Python held while an outbox of ``releases`` was emptied."""
    outbox = Outbox(settings.outbox.file)
    payload = canonical(release(1, padding="x" * 3000))
    through = outbox.contents().accepted_through
    with outbox._file.transaction():
        for sequence in range(through + 1, through + releases + 1):
            outbox._file.insert(sequence, payload)
    delivery = Delivery(settings, outbox, _Yes())
    delivery.stop()
    tracemalloc.start()
    await delivery.run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert outbox.contents().pending == 0
    outbox.close()
    return peak


async def test_a_backlog_drains_without_growing_memory(make_settings: Make, release: Make) -> None:
    settings = make_settings()
    await _peak_of_draining(settings, 50, release)
    small = await _peak_of_draining(settings, 2000, release)
    large = await _peak_of_draining(settings, 7000, release)
    # How much is made ready ahead depends on the threads: some portions of 1 MB, in two copies.
    assert large < small + 3_000_000  # the payloads alone are 15 MB more
