# SPDX-License-Identifier: Apache-2.0
"""Errors of this package: each says what was wrong, where, and what to do."""

from privcv_core.errors import PrivcvError


class UplinkError(PrivcvError):
    """Root of the errors of privcv_uplink."""


class CertificateError(UplinkError):
    """A certificate, authority or pin that cannot be used."""
