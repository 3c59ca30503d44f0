# SPDX-License-Identifier: Apache-2.0
"""Reports of a window or a dwell period, in the schema of ``privcv_core.protocol.release``."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from privcv_core.protocol.release import DwellReport, ZoneReport
from privcv_core.protocol.secure_release import SecureRelease
from privcv_core.protocol.timestamps import NS_PER_S, from_ns
from privcv_privacy.budget.accounting import Release
from privcv_privacy.budget.charge import ACROSS
from privcv_privacy.settings import PrivacySettings

Reason = Literal["none", "below_k", "budget", "unobserved", "fault"]


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
) -> ZoneReport:
    """One ``ZoneReport``; ``value`` None: suppressed because of ``reason``."""
    shown = value or ZoneValue(0, 0, 0, np.zeros(5, dtype=np.int64))
    return ZoneReport(
        window_start=start_of(span),
        window_s=span.length_s,
        status="suppressed" if value is None else "published",
        reason=reason,
        occupancy=shown.occupancy,
        occupancy_low=shown.low,
        occupancy_high=shown.high,
        flow=shown.flow.tolist(),
        mechanism=settings.mechanism,
        **_common(settings, span, zone, epsilon, settings.counts_delta),
    )


def dwell_report(
    settings: PrivacySettings,
    span: Span,
    zone: str,
    epsilon: float,
    visits: tuple[npt.NDArray[np.int64], ...] | None,
    reason: Reason = "none",
) -> DwellReport:
    """One ``DwellReport``; ``visits``: values, low and high bounds, (3,) each; None: suppressed."""
    value, low, high = visits or (np.zeros(3, dtype=np.int64),) * 3
    return DwellReport(
        period_start=start_of(span),
        period_s=span.length_s,
        status="suppressed" if visits is None else "published",
        reason=reason,
        visits=value.tolist(),
        visits_low=low.tolist(),
        visits_high=high.tolist(),
        mechanism="laplace",
        **_common(settings, span, zone, epsilon, 0.0),
    )


def spend_facts(release: Release) -> dict[str, str | int | float]:
    """What the audit log says of a release: whose camera, how much, and the digest of its bytes.

    Of sealed shares, which are of all cameras and tell nothing, their task stands in the place of a
    camera; what they cost a visit is in the ledger.
    """
    content = release.read_any()
    reports = [] if isinstance(content, SecureRelease) else content.reports
    return {
        "camera": reports[0].camera if reports else ACROSS,
        "sequence": release.sequence,
        "epsilon": max((report.epsilon for report in reports), default=release.epsilon),
        "delta": max((report.delta for report in reports), default=0.0),
        "digest": hashlib.sha256(release.payload).hexdigest(),
    }


def start_of(span: Span) -> datetime:
    """When ``span`` begins, UTC; the same object for all reports of a release."""
    return _start(span.start_s)


@lru_cache(maxsize=16)
def _start(time_s: int) -> datetime:
    return from_ns(time_s * NS_PER_S)


def _common(
    settings: PrivacySettings, span: Span, zone: str, epsilon: float, delta: float
) -> dict[str, Any]:
    return {
        "camera": span.camera,
        "zone": zone,
        "confidence": settings.confidence,
        "coverage": round(span.coverage, 3),
        "epsilon": round(epsilon, 9),
        "delta": delta if epsilon > 0 else 0.0,
        "unit": settings.unit,
    }
