# SPDX-License-Identifier: Apache-2.0
"""Errors of this package: each says what was wrong, where, and what to do."""

from privcv_core.errors import PrivcvError


class PrivacyError(PrivcvError):
    """Root of the errors of privcv_privacy."""


class LedgerError(PrivacyError):
    """The budget ledger cannot be trusted or written: nothing may be published."""


class ZoneError(PrivacyError):
    """A zone cannot be used: camera, zone and fix."""
