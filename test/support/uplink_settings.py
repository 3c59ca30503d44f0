# SPDX-License-Identifier: Apache-2.0
"""Settings of an uplink that tests run: a fresh key and outbox, short waits."""

from pathlib import Path
from typing import Any

from privcv_uplink.delivery import device_keys
from privcv_uplink.settings import UplinkSettings

QUICK = {"first_s": 0.01, "longest_s": 0.05, "blocked_s": 0.2, "connect_timeout_s": 2.0}


def uplink_settings(folder: Path, **changes: Any) -> UplinkSettings:
    """Settings with key and outbox in ``folder``; keyword arguments replace what they name."""
    key_file = folder / "uplink-key.json"
    if not key_file.exists():
        device_keys.new(key_file)
    defaults: dict[str, Any] = {
        "url": "https://localhost:1",
        "pins": ["sha256/" + "A" * 43 + "="],
        "key_file": key_file,
        "outbox": {"file": folder / "outbox.db"},
        "retry": QUICK | {"request_timeout_s": 2.0},
    }
    return UplinkSettings.model_validate(defaults | changes)
