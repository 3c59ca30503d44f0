# SPDX-License-Identifier: Apache-2.0
"""When a process that ended is started again: the same decision for every starter."""

import signal

import pytest

from privcv_bringup.run.restart import BACKOFF_S, HEALTHY_AFTER_S, RestartPolicy, shell_status


def test_refused_settings_are_final_at_any_time() -> None:
    policy = RestartPolicy()
    assert policy.after(2, ran_s=0.1).delay_s is None
    policy.after(1, ran_s=0.1)
    assert policy.after(2, ran_s=3600.0).delay_s is None


@pytest.mark.parametrize("status", [0, 1, 3, 130, 137, 139])
def test_every_other_end_is_followed_by_a_start(status: int) -> None:
    assert RestartPolicy().after(status, ran_s=0.1).delay_s == BACKOFF_S[0]


def test_waits_grow_to_a_longest_and_begin_anew_after_a_healthy_run() -> None:
    policy = RestartPolicy()
    waits = [policy.after(1, ran_s=0.1).delay_s for _ in range(len(BACKOFF_S) + 2)]
    assert waits == [*BACKOFF_S, BACKOFF_S[-1], BACKOFF_S[-1]]
    assert policy.after(1, ran_s=HEALTHY_AFTER_S + 1).delay_s == BACKOFF_S[0]


def test_an_end_by_a_signal_is_counted_as_a_shell_does() -> None:
    assert shell_status(-signal.SIGKILL) == 137
    assert shell_status(2) == 2
