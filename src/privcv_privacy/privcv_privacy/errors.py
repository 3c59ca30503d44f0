# SPDX-License-Identifier: Apache-2.0
"""Errors of this package: each says what was wrong, where, and what to do."""

from privcv_core.errors import PrivcvError


class PrivacyError(PrivcvError):
    """Root of the errors of privcv_privacy."""


class LedgerError(PrivacyError):
    """The budget ledger cannot be trusted or written: nothing may be published.

    ``lasting``: nothing will be until the ledger is opened, and so checked, again. Otherwise the
    same call may succeed later, such as when a full disk has room again.
    """

    def __init__(self, message: str, *, lasting: bool = True) -> None:
        super().__init__(message)
        self.lasting = lasting


class ZoneError(PrivacyError):
    """A zone cannot be used: camera, zone and fix."""
