# SPDX-License-Identifier: Apache-2.0
"""What is read ahead is given up whole: no thread uses the outbox after a recall or a stop."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from privcv_core.protocol.canonical_json import canonical
from privcv_uplink.delivery import device_keys
from privcv_uplink.delivery.read_ahead import ReadAhead, Sealed
from privcv_uplink.outbox.outbox import PORTION_BATCHES, Batch, Outbox, StorageFull
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.uplink import Uplink

Make = Callable[..., Any]
NOW = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)
RELEASES = 4 * PORTION_BATCHES  # one in a batch: more portions than are read ahead


class SlowDisk:
    """Each ``hand_out`` of an outbox waits for ``go`` and then for ``seconds``."""

    def __init__(self, outbox: Outbox, seconds: float = 0.0) -> None:
        self.begun = self.ended = 0
        self.go = threading.Event()
        self._seconds = seconds
        self._hand_out = outbox.hand_out
        outbox.hand_out = self.hand_out  # type: ignore[method-assign]

    def hand_out(self, *arguments: Any) -> list[Batch]:
        self.begun += 1
        try:
            self.go.wait(10.0)
            time.sleep(self._seconds)
            return self._hand_out(*arguments)
        finally:
            self.ended += 1


def filled(settings: UplinkSettings, release: Make) -> Outbox:
    outbox = Outbox(settings.outbox.file)
    for sequence in range(1, RELEASES + 1):
        assert outbox.accept(sequence, canonical(release(sequence)))
    return outbox


@pytest.fixture
def settings(make_settings: Make) -> Any:
    return make_settings(outbox={"file": make_settings().outbox.file, "batch_releases": 1})


def ahead_of(settings: UplinkSettings, outbox: Outbox) -> ReadAhead:
    device = device_keys.read(settings.key_file)
    return ReadAhead(settings.outbox, outbox, lambda: device, lambda: NOW)


async def begun(disk: SlowDisk, count: int) -> None:
    while disk.begun < count:
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("disk_s", [0.0, 1.5])
def test_a_stop_while_the_disk_is_slow_leaves_a_healthy_outbox(
    settings: UplinkSettings, release: Make, disk_s: float, wait_until: Make
) -> None:
    filled(settings, release).close()
    uplink = Uplink(settings)
    disk = SlowDisk(uplink._outbox, disk_s)
    uplink.start()
    thread = uplink._thread
    assert thread is not None
    wait_until(lambda: disk.begun)
    if disk_s:
        disk.go.set()
    uplink.stop(drain_s=0.05)
    disk.go.set()
    thread.join(15.0)
    assert not thread.is_alive()
    assert not list(settings.outbox.file.parent.glob("*.damaged*"))
    outbox = Outbox(settings.outbox.file)
    assert outbox.contents().pending == RELEASES
    outbox.close()


def test_a_closed_outbox_is_not_a_damaged_one(settings: UplinkSettings, release: Make) -> None:
    outbox = filled(settings, release)
    outbox.close()
    for use in (outbox.contents, lambda: outbox.hand_out(NOW, 1, 10**6)):
        with pytest.raises(StorageFull):
            use()
    assert not outbox.accept(RELEASES + 1, canonical(release(RELEASES + 1)))
    outbox.close()
    again = Outbox(settings.outbox.file)
    assert again.contents().pending == RELEASES
    again.close()
    assert not list(settings.outbox.file.parent.glob("*.damaged*"))


async def test_a_recall_reads_nothing_that_was_not_begun(
    settings: UplinkSettings, release: Make
) -> None:
    outbox = filled(settings, release)
    ahead, disk = ahead_of(settings, outbox), SlowDisk(outbox)
    disk.go.set()
    head = await ahead.head()
    assert head is not None
    assert head.batch.first == 1
    disk.go.clear()
    await begun(disk, 2)  # the second portion is being read, the third waits for it
    recall = asyncio.create_task(ahead.recall())
    await asyncio.sleep(0.05)
    assert not recall.done()
    disk.go.set()
    await recall
    assert (disk.begun, disk.ended) == (2, 2)
    again = await ahead.head()
    assert again is not None
    assert again[:2] == head[:2]
    await ahead.recall()
    outbox.close()


async def test_a_recall_waits_for_what_a_cancelled_reader_began(
    settings: UplinkSettings, release: Make
) -> None:
    outbox = filled(settings, release)
    ahead, disk = ahead_of(settings, outbox), SlowDisk(outbox)
    reader = asyncio.create_task(ahead.head())
    await begun(disk, 1)
    reader.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reader
    asyncio.get_running_loop().call_later(0.1, disk.go.set)
    await ahead.recall()
    assert disk.ended == disk.begun == 1
    head = await ahead.head()
    assert head is not None
    assert head.batch.first == 1
    await ahead.recall()
    outbox.close()


async def half_recalled(ahead: ReadAhead, disk: SlowDisk) -> Sealed | None:
    """The head, after a recall that was cancelled while a portion was still being read."""
    disk.go.set()
    head = await ahead.head()
    disk.go.clear()
    await begun(disk, 2)
    recall = asyncio.create_task(ahead.recall())
    await asyncio.sleep(0.02)
    recall.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await recall
    return head


async def expect_again(ahead: ReadAhead, head: Any) -> None:
    """What comes next is the batch of ``head``, in the same envelope."""
    again = await ahead.head()
    assert head is not None
    assert again is not None
    assert again[:2] == head[:2]
    await ahead.recall()


async def test_a_recall_that_was_cancelled_can_be_done_again(
    settings: UplinkSettings, release: Make
) -> None:
    outbox = filled(settings, release)
    ahead, disk = ahead_of(settings, outbox), SlowDisk(outbox)
    head = await half_recalled(ahead, disk)
    asyncio.get_running_loop().call_later(0.1, disk.go.set)
    await ahead.recall()
    assert disk.ended == disk.begun == 2
    await expect_again(ahead, head)
    outbox.close()


async def test_after_half_a_recall_the_next_is_still_the_head(
    settings: UplinkSettings, release: Make
) -> None:
    outbox = filled(settings, release)
    ahead, disk = ahead_of(settings, outbox), SlowDisk(outbox)
    head = await half_recalled(ahead, disk)
    disk.go.set()
    await expect_again(ahead, head)
    outbox.close()


async def test_a_rotated_key_signs_the_same_head_again(
    settings: UplinkSettings, release: Make
) -> None:
    outbox = filled(settings, release)
    devices = [device_keys.read(settings.key_file), device_keys.rotate(settings.key_file)]
    ahead = ReadAhead(settings.outbox, outbox, lambda: devices[0], lambda: NOW)
    before = await ahead.head()
    devices.pop(0)
    after = await ahead.head()
    assert before is not None
    assert after is not None
    assert (after.batch, after.device) == (before.batch, devices[0])
    assert after.envelope != before.envelope
    await ahead.recall()
    outbox.close()
