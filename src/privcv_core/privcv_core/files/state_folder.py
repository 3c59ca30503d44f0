# SPDX-License-Identifier: Apache-2.0
"""The default state folder: where a device keeps its ledger, outbox, key and audit log."""

from pathlib import Path

DEFAULT_STATE = "~/.local/state/privcv"
"""As it is written and shown; ``default_state`` is the path."""


def default_state() -> Path:
    """The state folder of this user, for where neither a site file nor systemd names one."""
    return Path(DEFAULT_STATE).expanduser()
