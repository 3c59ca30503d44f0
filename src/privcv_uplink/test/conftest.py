# SPDX-License-Identifier: Apache-2.0
"""What the tests of the uplink share: settings in a folder of their own, releases, waiting."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from privcv_uplink.delivery import device_keys
from privcv_uplink.settings import UplinkSettings

QUICK = {"first_s": 0.01, "longest_s": 0.05, "blocked_s": 0.2, "connect_timeout_s": 2.0}


def make_release(sequence: int, **changes: Any) -> dict[str, Any]:
    """One release as the privacy process publishes it, with one zone."""
    zone = {
        "kind": "zone",
        "camera": "lobby",
        "zone": "desk",
        "window_start": "2026-01-31T08:00:00Z",
        "window_s": 60,
        "status": "published",
        "reason": "none",
        "occupancy": sequence,
        "occupancy_low": 0,
        "occupancy_high": sequence + 3,
        "flow": [sequence, 0, 0, 0, 0],
        "confidence": 0.9,
        "coverage": 1,
        "epsilon": 0.5,
        "delta": 0,
        "unit": "visit",
        "mechanism": "laplace",
    }
    return {"sequence": sequence, "zones": [zone | changes], "dwell": []}


@pytest.fixture
def release() -> Callable[..., dict[str, Any]]:
    return make_release


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., UplinkSettings]:
    """Settings with a fresh key and outbox; keyword arguments replace what they name."""

    def make(**changes: Any) -> UplinkSettings:
        key_file = tmp_path / "uplink-key.json"
        if not key_file.exists():
            device_keys.new(key_file)
        defaults: dict[str, Any] = {
            "url": "https://localhost:1",
            "pins": ["sha256/" + "A" * 43 + "="],
            "key_file": key_file,
            "outbox": {"file": tmp_path / "outbox.db"},
            "retry": QUICK | {"request_timeout_s": 2.0},
        }
        return UplinkSettings.model_validate(defaults | changes)

    return make


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Wait for a condition, and fail where it does not come true within some seconds."""

    def wait(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "this did not come true in time"
            time.sleep(0.01)

    return wait
