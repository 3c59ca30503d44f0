# SPDX-License-Identifier: Apache-2.0
"""What is released is committed once, in order, and never drawn again."""

import json

import pytest
import rfc8785
from noise_doubles import Recorder
from tick_sequences import (
    PLAIN,
    START,
    TICKS,
    aggregator,
    content,
    play,
    run,
    tick,
)

from privcv_core.protocol.release import read_release
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.errors import LedgerError


def test_a_retry_returns_the_bytes_of_the_first_time():
    ledger = MemoryLedger()
    ticks = [tick(i, [(1, 0, 1)]) for i in range(TICKS + 1)]
    event = PLAIN.model_copy(update={"unit": "event"})
    first = play(aggregator(event, ledger=ledger), ticks)
    again = [play(aggregator(event, ledger=ledger), ticks)[0].payload for _ in range(50)]
    assert set(again) == {first[0].payload}


def test_a_draw_that_was_not_committed_is_never_looked_at_again():
    """The ledger fails after rendering: the retry must not know what was drawn before."""

    class Failing(MemoryLedger):
        fail = True

        def release(self, key, charges, render, costs=None):
            if self.fail:
                render(1, True)
                self.fail = False
                raise LedgerError("the disk is full")
            return super().release(key, charges, render)

    recorder = Recorder()
    device = aggregator(PLAIN, ledger=Failing(), noise=recorder)
    for i in range(TICKS):
        device.on_tick(tick(i, [(1, 0, 1)]))
    before = device._cameras["lobby"].queue.state
    with pytest.raises(LedgerError):
        device.on_tick(tick(TICKS, [(2, 0, 1)]))
    assert device._cameras["lobby"].queue.state is before
    assert device.pending == 1
    releases = device.on_tick(tick(TICKS + 1, []))
    assert [release.sequence for release in releases] == [1]
    play(device, [tick(TICKS + i, []) for i in range(2, 5)])
    assert recorder.counts[-1].sum() == 1  # whoever came in the tick of the failure still counts


def test_a_restart_suppresses_until_old_identities_are_gone_or_renewed():
    ledger = MemoryLedger()
    lifetime = PLAIN.model_copy(update={"identity_lifetime_s": 60})
    play(aggregator(lifetime, ledger=ledger), [tick(i, []) for i in range(TICKS + 1)])
    after = [tick(i, []) for i in range(TICKS, 8 * TICKS)]
    said = [content(one)["zones"][1] for one in play(aggregator(lifetime, ledger=ledger), after)]
    assert [one["reason"] for one in said] == ["budget"] * 3 + ["none"] * 3
    device = aggregator(lifetime, ledger=ledger)
    device.on_tick(tick(8 * TICKS, []))
    device.identities_renewed("lobby", START + 8 * TICKS)
    said = [content(one)["zones"][1] for one in play(device, [tick(i, []) for i in range(33, 41)])]
    assert said[-1]["reason"] == "none"


def test_windows_that_overlap_earlier_ones_are_not_affordable():
    ledger = MemoryLedger()
    event = PLAIN.model_copy(update={"unit": "event"})
    play(aggregator(event, ledger=ledger), [tick(i, []) for i in range(TICKS + 1)])
    longer = event.model_copy(update={"window_s": 60})
    releases = play(aggregator(longer, ledger=ledger), [tick(i, []) for i in range(6 * TICKS + 1)])
    assert [content(one)["zones"][1]["reason"] for one in releases] == ["budget", "none"]


def test_payloads_are_canonical_json():
    release = run([tick(i, []) for i in range(TICKS + 1)])[0][0]
    assert release.payload == rfc8785.dumps(json.loads(release.payload))
    assert read_release(release.payload) == release.content == release.read()
