# SPDX-License-Identifier: Apache-2.0
"""Errors of the protocol: bytes that are not what both sides agreed on."""

from privcv_core.errors import PrivcvError


class EnvelopeError(PrivcvError):
    """Bytes that are no signed envelope of version 1, or no key or signature as it has them."""


class ReleaseError(PrivcvError):
    """Bytes or a message that state no release: an unknown field, or a value out of its bounds."""


class SiteRecordError(PrivcvError):
    """JSON that states no site record, or a site whose record would be too long to send."""


class DeviceHealthError(PrivcvError):
    """JSON that states no health of a device, or one that would be too long to send."""
