# SPDX-License-Identifier: Apache-2.0
"""Waits for what another thread or process does, where there is no event to wait for."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Return once ``condition`` holds; fail where it does not within ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "this did not come true in time"
        time.sleep(0.01)
