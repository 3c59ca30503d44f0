# SPDX-License-Identifier: Apache-2.0
"""What results come to over time: a refusal opens a finding and a grace time, never a revocation.

A quote fails for many innocent reasons (an update, a new firmware). So one that fails ends nothing:
somebody is told, and has time. Nobody's key is revoked here, and whoever shows good evidence again
is as good as before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from privcv_across.attestation.evidence import Result
from privcv_across.attestation.policy import AttestationPolicy

Require = Literal["none", "device", "collectors", "all"]


@dataclass(frozen=True)
class Standing:
    """Where an attester stands; a new one was never appraised."""

    counts_until: datetime | None = None
    """Until when what it showed is good enough for a task that asks for it."""
    finding: str = ""
    """What is wrong, for people; empty: nothing."""
    refused: bool = False
    """Whether the last result was a refusal, or there was no evidence."""

    def after(self, result: Result, policy: AttestationPolicy, now: datetime) -> "Standing":
        """What it is after one more result. Grace begins with the first of several refusals, and
        only what was good before has any."""
        if result.counts(now):
            return Standing(result.until, "; ".join(result.reasons))
        why = "; ".join(result.reasons) or "attestation: no evidence"
        if self.refused:
            return Standing(self.counts_until, why, True)
        grace = now + timedelta(seconds=policy.grace_s)
        return Standing(grace if self.good(now) else self.counts_until, why, True)

    def good(self, now: datetime) -> bool:
        """Whether it is good enough now."""
        return self.counts_until is not None and now < self.counts_until


def unmet(
    require: Require,
    device: Standing,
    collectors: Iterable[Standing],
    now: datetime,
) -> tuple[str, ...]:
    """What a task that requires this lacks; of ``none`` it is never anything: it only reports."""
    lacking = []
    if require in ("device", "all") and not device.good(now):
        lacking.append(f"attestation: device: {device.finding or 'was never attested'}")
    if require in ("collectors", "all"):
        lacking += [
            f"attestation: collector: {one.finding or 'was never attested'}"
            for one in collectors
            if not one.good(now)
        ]
    return tuple(lacking)
