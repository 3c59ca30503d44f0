# SPDX-License-Identifier: Apache-2.0
"""Puts the report of the device's health together, from what this process may know anyway.

That is its outbox, the disk under it, the device's audit logs, and the privacy budget that the
aggregation publishes. Nothing here was measured while looking at people.
"""

import logging
import os
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from privcv_core.audit.entry import AuditLogError
from privcv_core.audit.health_facts import HealthFacts
from privcv_core.protocol.device_health import (
    AGE_STEP_MIN,
    DISK_STEP,
    LONGEST_H,
    LONGEST_MIN,
    DeviceHealth,
    SpentBudget,
)
from privcv_core.version import VERSION

logger = logging.getLogger(__name__)

_DELIVERY = {"idle": "ok", "delivering": "ok", "retrying": "waiting", "blocked": "blocked"}
_NOTHING: dict[str, Any] = {
    "parts": {},
    "authorizations": [],
    "requests": {"open": 0, "overdue": 0},
    "breaches": {"open": 0, "to_tell": 0},
    "checked": [],
}


class HealthReport:
    """Makes reports of one device's health.

    ``audit_folder``: None where no audit log is kept. ``beside``: a file on the disk that fills.
    ``audit_is_broken`` is set by the owner, on any thread.
    """

    def __init__(
        self,
        audit_folder: Path | None,
        beside: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._budget: SpentBudget | None = None
        self.audit_is_broken = False
        self._facts = HealthFacts(audit_folder) if audit_folder else None
        self._beside = beside
        self._clock = clock
        self._started_s = time.monotonic()

    def take_budget(self, message: Any) -> bool:
        """Remember what a ``PrivacyBudget`` says; False where it says nothing that can be."""
        fields = SpentBudget.model_fields
        try:
            said = SpentBudget.model_validate({name: getattr(message, name) for name in fields})
        except ValidationError:
            return False
        self._budget = said
        return True

    def make(self, delivery: str, oldest_pending: datetime | None) -> bytes:
        """The report as canonical JSON. ``delivery`` is the uplink's state.

        Raises ``DeviceHealthError``.
        """
        now = self._clock()
        facts, audit_log = self._audited(now)
        return DeviceHealth.model_validate(
            {
                "version": VERSION,
                "uptime_h": min(int((time.monotonic() - self._started_s) // 3600), LONGEST_H),
                "delivery": _DELIVERY[delivery],
                "outbox_age_min": _age_min(now, oldest_pending),
                "disk_used_percent": _disk_used_percent(self._beside),
                "audit_log": audit_log,
                "budget": self._budget,
                **facts,
            }
        ).canonical()

    def _audited(self, now: datetime) -> tuple[dict[str, Any], str]:
        if self._facts is None:
            return _NOTHING, "off"
        try:
            self._facts.read()
        except AuditLogError as error:
            logger.warning("health: %s", error)
            return self._facts.facts(now.date()), "broken"
        return self._facts.facts(now.date()), "broken" if self.audit_is_broken else "ok"


def _age_min(now: datetime, oldest: datetime | None) -> int:
    """Minutes in tens, rounded up: what waits at all is at least one step old."""
    if oldest is None:
        return 0
    steps = max(1, -int(-(now - oldest).total_seconds() // (60 * AGE_STEP_MIN)))
    return min(steps * AGE_STEP_MIN, LONGEST_MIN)


def _disk_used_percent(beside: Path) -> int:
    """How full the disk is for who is not root, per cent rounded up in steps; 100: unknown."""
    try:
        disk = os.statvfs(beside.parent)
    except OSError:
        return 100
    used = disk.f_blocks - disk.f_bfree
    whole = used + disk.f_bavail
    share = used / whole if whole else 1.0
    return min(100, -int(-share * 100 // DISK_STEP) * DISK_STEP)
