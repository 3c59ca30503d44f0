# SPDX-License-Identifier: Apache-2.0
"""What the tests of the uplink share: settings in a folder of their own, releases, waiting."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import releases
import uplink_settings
import waiting

from privcv_uplink.settings import UplinkSettings


@pytest.fixture
def release() -> Callable[..., dict[str, Any]]:
    """``release(5)``: release number 5, whose one report has 5 people; all are of one minute."""

    def make(sequence: int, zone: str = "desk", **changes: Any) -> dict[str, Any]:
        values: dict[str, Any] = {
            "window_start": "2026-01-31T08:00:00Z",
            "occupancy": sequence,
            "occupancy_low": 0,
            "occupancy_high": sequence + 3,
            "flow": [sequence, 0, 0, 0, 0],
            "epsilon": 0.5,
        }
        made: dict[str, Any] = releases.make_release(sequence, (zone,), **(values | changes))
        return made

    return make


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., UplinkSettings]:
    """Settings with a fresh key and outbox; keyword arguments replace what they name."""
    return functools.partial(uplink_settings.uplink_settings, tmp_path)


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Wait for a condition, and fail where it does not come true within some seconds."""
    return waiting.wait_until
