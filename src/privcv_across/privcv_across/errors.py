# SPDX-License-Identifier: Apache-2.0
"""Errors of sums over sites; the whole tree is in ``privcv_core.errors``."""

from privcv_core.errors import PrivcvError


class AcrossError(PrivcvError):
    """Sums over sites: settings, bytes or a proof that cannot be used."""


class ParameterError(AcrossError):
    """Parameters of a sum that describe none: a length, a cap or a number out of its range."""


class MeasurementError(AcrossError):
    """A measurement that the sum does not take: another length, or over its cap."""


class MalformedShare(AcrossError):
    """Bytes that encode no share or message of this sum."""


class MalformedMessage(AcrossError):
    """Bytes that are no message of DAP."""


class SealError(AcrossError):
    """A key that cannot be sealed with, or sealed bytes that do not open with this key or task."""


class InvalidProof(AcrossError):
    """A contribution whose shares are well formed and whose proof does not hold."""


class LogError(AcrossError):
    """A log, a proof of it, a checkpoint or a policy that cannot be believed, or not be read."""


class SplitView(LogError):
    """A log signed two histories."""


class TaskError(AcrossError):
    """A document that is no task, or that one of its operators did not sign."""


class TaskRefused(AcrossError):
    """A task in which this device does not take part, and all reasons."""


class AttestationError(AcrossError):
    """Evidence that is none, or that is refused, and why."""


class TpmError(AcrossError):
    """The TPM of this machine cannot be used, or does not do what is asked."""


class TooFewSites(AcrossError):
    """A window of which fewer sites reported than its task asks for: no total is made."""


class RefusedReport(AcrossError):
    """One report that is not counted; ``reason`` is its word in DAP."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
