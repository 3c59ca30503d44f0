# SPDX-License-Identifier: Apache-2.0
"""A clock that was wrong and is set right: nothing stays closed, and nobody pays twice."""

from collections.abc import Callable, Iterable

import pytest
from noise_doubles import Recorder
from tick_sequences import START, aggregator, content, tick

from privcv_core.event_time.running_time import Running
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.budget.accounting import MemoryLedger, Release
from privcv_privacy.budget.device_time import (
    SLACK_NS,
    TOLERANCE_NS,
    DeviceTime,
    Era,
    Moment,
)
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.settings import BudgetShares, PrivacySettings

S = 10**9
HOUR_S, YEAR_S = 3600, 365 * 86400
OPTIONS = PrivacySettings(
    max_cells=1, window_s=60, k=1, identity_lifetime_s=600, dwell_period_s=3600,
    shares=BudgetShares(counts=1, dwell=0, bias=0),
)  # fmt: skip
WEAK = OPTIONS.model_copy(update={"unit": "event"})
AHEAD = int(5.5 * HOUR_S) // TICK_S
SOMEBODY = [(42, 0, 3)]


class Device:
    """One life of the process beside a clock that tells the end of the latest tick."""

    def __init__(self, ledger: MemoryLedger | Ledger, options: PrivacySettings = OPTIONS) -> None:
        self.now_s = self.passed_s = 0.0
        self.noise = Recorder()
        self.device: Aggregator = aggregator(
            options, ledger=ledger, noise=self.noise,
            clock_s=lambda: self.now_s, monotonic_s=lambda: self.passed_s,
        )  # fmt: skip

    def run(self, ticks: Iterable[int], people=(), lag_s: float = 0.0) -> list[Release]:
        epoch_s = getattr(self.device.settings, "epoch_s", 0)
        releases = []
        for number in ticks:
            self.now_s = (START + number + 1) * TICK_S + lag_s
            self.passed_s += TICK_S
            one = tick(number, people)
            if hasattr(one, "epoch_s"):
                object.__setattr__(one, "epoch_s", epoch_s)
            releases += self.device.on_tick(one)
        return releases

    def set_clock(self, number: int) -> None:
        """The clock is set, and the tick that is believed, the third from there, is ``number``."""
        assert self.run([number - 2, number - 1]) == []

    def renew(self, number: int, lag_s: float = 0.0) -> None:
        self.now_s = (START + number + 1) * TICK_S + lag_s
        self.device.identities_renewed("lobby", START + number)

    @property
    def votes(self) -> int:
        return sum(int(counts.sum()) for made in self.noise.made for counts in made.seen)


def reasons(releases: Iterable[Release]) -> list[str]:
    return [content(release)["zones"][1]["reason"] for release in releases]


@pytest.fixture(params=["memory", "file"])
def open_ledger(request, tmp_path) -> Callable[[], MemoryLedger | Ledger]:
    """Each call is a restart: the same ledger once more."""
    opened: list[Ledger] = []
    memory = MemoryLedger()

    def open_again() -> MemoryLedger | Ledger:
        if request.param == "memory":
            return memory
        if opened:
            opened[-1].close()
        opened.append(Ledger(tmp_path / "ledger.db"))
        return opened[-1]

    return open_again


def test_after_a_clock_that_was_ahead_new_identities_are_counted_at_once(open_ledger):
    Device(open_ledger()).run(range(AHEAD, AHEAD + 120))
    after = Device(open_ledger())
    after.renew(360)
    assert set(reasons(after.run(range(360, 480)))) == {"none"}


def test_after_a_clock_that_was_ahead_old_identities_close_it_for_one_lifetime(open_ledger):
    Device(open_ledger()).run(range(AHEAD, AHEAD + 120))
    said = reasons(Device(open_ledger()).run(range(360, 720)))
    closed = OPTIONS.identity_lifetime_s // OPTIONS.window_s + 1  # and what clocks are allowed
    assert said[:closed] == ["budget"] * closed
    assert set(said[closed + 1 :]) == {"none"}


@pytest.mark.parametrize("by", [YEAR_S, 3 * HOUR_S, -YEAR_S, -3 * HOUR_S])
def test_whatever_the_clock_said_a_visit_pays_once(open_ledger, by):
    """It is there before and after the restart, and over another one back."""
    votes = 0
    for run in range(4):
        first = 40 * run + (by // TICK_S if run % 2 else 0)
        device = Device(open_ledger())
        device.run(range(first, first + 40), SOMEBODY)
        votes += device.votes
    assert votes == OPTIONS.max_cells


@pytest.mark.parametrize("by", [-12, 12, -AHEAD, AHEAD, YEAR_S // TICK_S])
@pytest.mark.parametrize("options", [OPTIONS, WEAK], ids=["visit", "event"])
def test_a_step_closes_what_is_open_and_goes_on(open_ledger, by, options):
    device = Device(open_ledger(), options)
    device.run(range(30), SOMEBODY)
    device.set_clock(30 + by)
    early, *after = device.run(range(30 + by, 70 + by), SOMEBODY)
    assert content(early)["zones"][1]["coverage"] == 0.5
    assert set(reasons(after)) == {"none"}
    assert device.votes == (1 if options is OPTIONS else 3 + len(after))
    assert device.device._cameras["lobby"]._contributions.overlong == 0


def test_windows_of_another_era_have_another_key_and_cohort(open_ledger):
    """The same hour once more after the clock was set back: other people, who pay for themselves.

    Events of the two do not meet.
    """
    device = Device(open_ledger(), WEAK)
    device.run(range(36), SOMEBODY)
    device.set_clock(0)
    _, *again = device.run(range(37), SOMEBODY)
    assert reasons(again) == ["none"] * 3
    assert all(release.fresh for release in again)


def test_a_recording_played_again_to_a_live_camera_draws_nothing(open_ledger):
    """Its event time is not the clock's: it is the same hour, not another one."""
    first = Device(open_ledger())
    shown = first.run(range(48), SOMEBODY, lag_s=YEAR_S)
    again = Device(open_ledger())
    again.renew(0, lag_s=YEAR_S + 240)
    repeated = again.run(range(48), SOMEBODY, lag_s=YEAR_S + 240)
    assert [release.payload for release in repeated] == [release.payload for release in shown]
    assert again.votes == 0


def test_a_recording_of_a_later_era_gets_the_stored_bytes(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        device = Device(ledger)
        device.run(range(AHEAD, AHEAD + 30))
        device.set_clock(0)
        _, *shown = device.run(range(37), SOMEBODY)
        recorder = Recorder()
        replay = aggregator(OPTIONS, ledger=ledger, noise=recorder)
        replayed = [one for n in range(37) for one in replay.on_tick(tick(n, SOMEBODY))]
        assert [release.payload for release in replayed] == [release.payload for release in shown]
        other = aggregator(
            OPTIONS.model_copy(update={"window_s": 90, "dwell_period_s": 3600}),
            ledger=ledger, noise=recorder,
        )  # fmt: skip
        refused = [one for n in range(37) for one in other.on_tick(tick(n, SOMEBODY))]
        assert set(reasons(refused)) == {"budget"}
        assert not any(noise.seen for noise in recorder.made)


def test_an_era_that_forgets_what_was_paid_is_found(monkeypatch):
    """Planted: after the clock was set, ledger time is simply what the clock says."""

    def naive(self, event_s, passed_ns):
        self.current = Era(self.era + 1)
        self.moment = Moment(self.current, self.current.ns(event_s), self._running())

    monkeypatch.setattr(DeviceTime, "_begin", naive)
    ledger = MemoryLedger()
    Device(ledger).run(range(40), SOMEBODY)
    device = Device(ledger)
    device.run(range(YEAR_S // TICK_S, YEAR_S // TICK_S + 40), SOMEBODY)
    assert device.votes > 0  # a second time


def a_time(event_s: float, running_s: float, boot: str = "one", clock_s: float = 0.0) -> DeviceTime:
    """Resumed at ``event_s`` after a life that ended at 1000 s, 50 s after the boot ``one``."""
    moment = Moment(Era(3, 0, 0), 1000 * S, Running("one", 50 * S))
    time = DeviceTime(
        moment, lambda: clock_s or event_s, lambda: Running(boot, round(running_s * S))
    )
    time.resume(event_s)
    return time


def test_over_a_restart_the_time_that_really_passed_counts():
    assert a_time(1100, 150).era == 3  # 100 s passed, and the clock says so
    late = a_time(5000, 150)
    assert late.era == 4
    assert late.now_ns(5000) == 1100 * S - SLACK_NS
    assert a_time(500, 150).now_ns(510) == 1110 * S - SLACK_NS


def test_small_jumps_that_are_tolerated_do_not_add_up_over_restarts():
    time, running_s, event_s = a_time(1004, 50), 50, 1004.0
    for _ in range(5):
        time.note(event_s)
        event_s += 14.0
        running_s += 10
        now_s, up = event_s, Running("one", running_s * S)
        time = DeviceTime(time.moment, lambda now_s=now_s: now_s, lambda up=up: up)
        time.resume(event_s)
    assert time.era > 3
    assert time.now_ns(event_s) <= (1000 + running_s - 50) * S + TOLERANCE_NS


def test_over_a_reboot_nobody_knows_how_much_passed_so_none_did():
    assert a_time(1100, 20, boot="two").now_ns(1100) == 1000 * S
    assert a_time(1000 + TOLERANCE_NS / S / 2, 20, boot="two").era == 3


def test_ledger_time_never_goes_back_nor_ahead_of_what_passed():
    clock = [100.0]
    time = DeviceTime(None, lambda: 0.0, lambda: Running("one", round(clock[0] * S)))
    time.note(1_000.0)
    before, started = time.now_ns(1_000.0), clock[0]
    for event_s in (500.0, 9e8, 3.0, 2e9, 2e9 - 60):
        clock[0] += 17.0
        time.step(event_s)
        now = time.now_ns(event_s)
        assert before <= now <= 1_000 * S + (clock[0] - started) * S
        assert time.now_ns(event_s - 30) >= before
        time.note(event_s)
        before = now


def test_a_replay_knows_no_step():
    time = DeviceTime()
    time.note(1000.0)
    time.step(5.0)
    time.resume(7.0)
    assert (time.era, time.now_ns(7.0), time.moment) == (0, 7 * S, None)
