# SPDX-License-Identifier: Apache-2.0
"""A clock that was set is believed after three ticks; strays and recordings never are."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from privcv_privacy.aggregation.time_policy import Accept, Judgement, Refuse, Step, TimePolicy
from privcv_privacy.anonymous_tick import TICK_S

START_S = 1_800_000_000.0
TOLERANCE_S = 10
HOUR_S, YEAR_S = 3600.0, 365 * 86400.0
STEPS = [-60.0, 60.0, -5.5 * HOUR_S, 5.5 * HOUR_S, YEAR_S, -YEAR_S]


@dataclass
class Room:
    """A device, a camera whose clock is ``camera_off_s`` from the device's, and the policy."""

    policy: TimePolicy = field(default_factory=lambda: TimePolicy(TOLERANCE_S))
    really_s: float = 0.0  # the monotonic clock
    clock_off_s: float = START_S  # the device's clock less the monotonic one
    camera_off_s: float = 0.0
    delay_s: float = 1.2  # from the end of a tick to its arrival

    def now_s(self) -> float:
        return self.really_s + self.clock_off_s

    def tick(self, off_s: float = 0.0) -> Judgement:
        """A tick's length passes, and the tick that has ended comes; ``off_s``: a stray."""
        self.really_s += TICK_S
        return self.judge(self.now_s() + self.camera_off_s + off_s)

    def judge(self, time_s: float) -> Judgement:
        tick = int((time_s - self.delay_s) // TICK_S) - 1
        return self.policy.judge(tick, self.now_s(), self.really_s)

    def run(self, ticks: int) -> list[Judgement]:
        return [self.tick() for _ in range(ticks)]


def silence(room: Room) -> tuple[int, Judgement]:
    reached = room.policy.silent(room.now_s(), room.really_s)
    assert reached is not None
    return reached


def test_ticks_of_a_steady_camera_are_accepted() -> None:
    assert set(Room().run(1000)) == {Accept()}


@pytest.mark.parametrize("step_s", STEPS)
def test_a_clock_that_was_set_is_believed_at_the_third_tick(step_s: float) -> None:
    room = Room()
    room.run(100)
    room.clock_off_s += step_s
    *refused, believed = room.run(3)
    assert all(isinstance(judgement, Refuse) for judgement in refused)
    assert isinstance(believed, Step)
    assert believed.seconds == pytest.approx(step_s, abs=2 * TICK_S)
    assert set(room.run(100)) == {Accept()}


def test_a_clock_set_there_and_back_is_believed_both_times() -> None:
    room = Room()
    room.run(10)
    for step_s in (5.5 * HOUR_S, -5.5 * HOUR_S, 60, -60, 90, YEAR_S, -YEAR_S):
        room.clock_off_s += step_s
        assert sum(isinstance(judgement, Step) for judgement in room.run(50)) == 1
        assert set(room.run(5)) == {Accept()}


def test_the_clock_was_wrong_at_the_start_and_is_set_right() -> None:
    room = Room(clock_off_s=START_S + 5.5 * HOUR_S)
    assert room.tick() == Accept()
    room.run(120)
    room.clock_off_s = START_S
    assert any(isinstance(judgement, Step) for judgement in room.run(3))


@pytest.mark.parametrize("stray_s", STEPS)
def test_a_stray_tick_changes_nothing(stray_s: float) -> None:
    room = Room()
    room.run(10)
    for _ in range(50):
        assert isinstance(room.tick(stray_s), Refuse)
        assert room.tick() == Accept()
        room.run(1)


@pytest.mark.parametrize("step_s", STEPS)
def test_a_camera_that_disagrees_with_the_device_is_never_believed(step_s: float) -> None:
    """Its clock was set wrong; once it is right again its ticks count again, without a step."""
    room = Room()
    room.run(10)
    room.camera_off_s = step_s
    assert not any(isinstance(judgement, Step) for judgement in room.run(3))
    if step_s != -60:  # else its time has passed before, see the next test
        assert all(isinstance(judgement, Refuse) for judgement in room.run(100))
    room.camera_off_s = 0
    assert set(room.run(10)) == {Accept()}


def test_a_camera_set_back_a_little_goes_on_when_its_time_comes() -> None:
    room = Room()
    room.run(10)
    room.camera_off_s = -60
    judgements = room.run(40)
    assert all(isinstance(judgement, Refuse) for judgement in judgements[:11])
    assert set(judgements[14:]) == {Accept()}


def test_a_recording_that_is_played_twice_is_no_step() -> None:
    room = Room(camera_off_s=-YEAR_S)
    assert set(room.run(60)) == {Accept()}
    room.camera_off_s -= 300  # from its beginning again
    assert all(isinstance(judgement, Refuse) for judgement in room.run(50))


def test_a_camera_that_always_was_behind_follows_the_device() -> None:
    room = Room(camera_off_s=-120)
    room.run(50)
    room.clock_off_s -= 5.5 * HOUR_S
    assert any(isinstance(judgement, Step) for judgement in room.run(3))


def test_ticks_that_waited_are_no_step() -> None:
    """The process was stopped for a minute: what waited comes at once, then time goes on."""
    room = Room()
    room.run(10)
    room.really_s += 60
    late = [room.judge(room.now_s() - waited) for waited in range(55, 0, -5)]
    assert set(late) == {Accept()}
    assert set(room.run(20)) == {Accept()}


def test_a_camera_that_was_gone_for_an_hour_is_no_step() -> None:
    room = Room()
    room.run(10)
    room.really_s += HOUR_S
    assert set(room.run(20)) == {Accept()}


def test_small_jumps_ahead_do_not_add_up_unseen() -> None:
    """What counts as passed is never more than what did, by more than the tolerance."""
    room = Room()
    room.run(10)
    accepted_s, really_s = 0.0, room.really_s
    for _ in range(30):
        room.clock_off_s += 9
        for judgement in room.run(4):
            if isinstance(judgement, Step):
                accepted_s -= judgement.seconds
        accepted_s += 9
        assert accepted_s <= TOLERANCE_S + 3 * TICK_S + (room.really_s - really_s) * 0.01


def test_drift_adds_up_to_no_step() -> None:
    room = Room()
    for _ in range(20_000):  # a day
        room.clock_off_s += TICK_S * 2e-4
        assert room.tick() == Accept()


@pytest.mark.parametrize("step_s", STEPS)
def test_a_silent_camera_follows_the_devices_clock(step_s: float) -> None:
    room = Room()
    room.run(10)
    room.really_s += 60
    tick, judgement = silence(room)
    assert judgement == Accept()
    assert room.now_s() - (tick + 1) * TICK_S == pytest.approx(room.delay_s, abs=TICK_S)
    room.clock_off_s += step_s
    steps = []
    for _ in range(40):
        room.really_s += 1
        steps.append(silence(room)[1])
    assert sum(isinstance(judgement, Step) for judgement in steps) == 1
    assert set(room.run(10)) == {Accept()}


@pytest.mark.parametrize("step_s", STEPS)
def test_a_camera_comes_back_after_hours_in_which_the_clock_was_set(step_s: float) -> None:
    room = Room()
    room.run(10)
    for _ in range(6 * 720):
        room.really_s += 5
        assert silence(room)[1] == Accept()
    room.clock_off_s += step_s
    assert any(isinstance(judgement, Step) for judgement in room.run(3))
    assert set(room.run(10)) == {Accept()}


def test_without_a_clock_that_nobody_sets_only_a_clock_set_back_is_a_step() -> None:
    policy, told = TimePolicy(TOLERANCE_S), []
    times = [*range(0, 100, 5), *range(2000, 2100, 5), *range(0, 100, 5)]
    for second in times:
        told.append(policy.judge(int(START_S + second) // TICK_S, START_S + second + 6))
    assert told[:40] == [Accept()] * 40
    assert [type(one) for one in told[40:44]] == [Refuse, Refuse, Step, Accept]
    assert policy.silent(START_S + 200) is not None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["clock", "camera", "stray", "wait", "run"]),
            st.floats(-2 * YEAR_S, 2 * YEAR_S) | st.floats(-100, 100),
        ),
        max_size=12,
    )
)
@example([("clock", 0.0)] * 8 + [("clock", 61.625), ("stray", 0.0)])  # the third that agrees
def test_whatever_clocks_do_it_comes_back_and_no_time_is_invented(
    events: list[tuple[str, float]],
) -> None:
    room = Room()
    noise = random.Random(1)
    shift_s = 0.0  # what the steps took out of event time
    first_s: float | None = None

    def run(ticks: int) -> Judgement:
        nonlocal shift_s, first_s
        for _ in range(ticks):
            room.delay_s = 1 + noise.random()
            judgement = room.tick()
            if isinstance(judgement, Step):
                shift_s -= judgement.seconds
            if not isinstance(judgement, Refuse):
                ledger_s = room.now_s() + room.camera_off_s + shift_s - room.really_s
                first_s = ledger_s if first_s is None else first_s
                slack_s = TOLERANCE_S + 6 * TICK_S + 0.01 * room.really_s
                assert ledger_s <= first_s + slack_s
        return judgement

    run(5)
    for kind, value in events:
        if kind == "clock":
            room.clock_off_s += value
        elif kind == "camera":
            room.camera_off_s = value
        elif kind == "stray":
            judgement = room.tick(value)
            if isinstance(judgement, Step):
                shift_s -= judgement.seconds - value  # the camera's time is not the stray's
        elif kind == "wait":
            room.really_s += abs(value)
        run(4)
    room.camera_off_s = 0.0
    run(12)
    assert any(not isinstance(run(1), Refuse) for _ in range(2))  # right clocks: it has come back
