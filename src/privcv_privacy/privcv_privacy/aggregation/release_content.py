# SPDX-License-Identifier: Apache-2.0
"""The JSON form of what is released: fields by the name they have in the messages."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from privcv_privacy.budget.accounting import Release
from privcv_privacy.settings import PrivacySettings

Reason = Literal["none", "below_k", "budget", "unobserved", "fault"]
Report = dict[str, Any]


@dataclass(frozen=True)
class Span:
    """A window or a period of one camera, and how much of it was observed."""

    camera: str
    start_s: int  # event time, s since the Unix epoch
    length_s: int
    coverage: float  # 0..1

    @property
    def end_s(self) -> int:
        """Event time at which it ends."""
        return self.start_s + self.length_s


@dataclass(frozen=True)
class ZoneValue:
    """What one zone shows."""

    occupancy: int
    low: int
    high: int
    flow: npt.NDArray[np.int64]  # (5,) sums to occupancy


def zone_report(
    settings: PrivacySettings,
    span: Span,
    zone: str,
    epsilon: float,
    value: ZoneValue | None,
    reason: Reason = "none",
) -> Report:
    """One ``ZoneReport``; ``value`` None: suppressed because of ``reason``."""
    shown = value or ZoneValue(0, 0, 0, np.zeros(5, dtype=np.int64))
    return {
        "camera": span.camera,
        "zone": zone,
        "window_start": rfc3339(span.start_s),
        "window_s": span.length_s,
        "status": "suppressed" if value is None else "published",
        "reason": reason,
        "occupancy": shown.occupancy,
        "occupancy_low": shown.low,
        "occupancy_high": shown.high,
        "flow": shown.flow.tolist(),
        **_common(settings, span, epsilon, settings.mechanism, settings.counts_delta),
    }


def dwell_report(
    settings: PrivacySettings,
    span: Span,
    zone: str,
    epsilon: float,
    visits: tuple[npt.NDArray[np.int64], ...] | None,
    reason: Reason = "none",
) -> Report:
    """One ``DwellReport``; ``visits``: values, low and high bounds, (3,) each; None: suppressed."""
    value, low, high = visits or (np.zeros(3, dtype=np.int64),) * 3
    return {
        "camera": span.camera,
        "zone": zone,
        "period_start": rfc3339(span.start_s),
        "period_s": span.length_s,
        "status": "suppressed" if visits is None else "published",
        "reason": reason,
        "visits": value.tolist(),
        "visits_low": low.tolist(),
        "visits_high": high.tolist(),
        **_common(settings, span, epsilon, "laplace", 0.0),
    }


def payload(sequence: int, zones: Sequence[Report], dwell: Sequence[Report]) -> bytes:
    """The bytes of one release: the only spelling of it there is."""
    content = {"sequence": sequence, "zones": list(zones), "dwell": list(dwell)}
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


@lru_cache(maxsize=16)
def rfc3339(seconds: int) -> str:
    """Event time in UTC, such as ``2026-01-31T08:00:00Z``."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _common(
    settings: PrivacySettings, span: Span, epsilon: float, mechanism: str, delta: float
) -> Report:
    return {
        "confidence": settings.confidence,
        "coverage": round(span.coverage, 3),
        "epsilon": round(epsilon, 9),
        "delta": delta if epsilon > 0 else 0.0,
        "unit": settings.unit,
        "mechanism": mechanism,
    }


def spend_facts(release: Release) -> dict[str, str | int | float]:
    """What the audit log says of a release: whose camera, how much, and the digest of its bytes."""
    content = json.loads(release.payload)
    reports: list[Report] = content["zones"] + content["dwell"]
    return {
        "camera": reports[0]["camera"],
        "sequence": release.sequence,
        "epsilon": max(report["epsilon"] for report in reports),
        "delta": max(report["delta"] for report in reports),
        "digest": hashlib.sha256(release.payload).hexdigest(),
    }
