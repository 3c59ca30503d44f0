# SPDX-License-Identifier: Apache-2.0
"""Errors of this package: each says what was wrong, where, and what to do.

::

    UplinkError
    ├── EnvelopeError     bytes that are not an envelope
    ├── KeyFileError      a key or secret file: missing, readable by others or not understood
    ├── CertificateError  a certificate or pin that cannot be used
    └── CollectorError    the collector cannot start or use its database
"""

from privcv_node.errors import PrivcvError


class UplinkError(PrivcvError):
    """Root of the errors of privcv_uplink."""


class EnvelopeError(UplinkError):
    """Bytes that are not a signed envelope of version 1."""


class KeyFileError(UplinkError):
    """A file with a key or secret that is missing, readable by others or not understood."""


class CertificateError(UplinkError):
    """A certificate, authority or pin that cannot be used."""


class CollectorError(UplinkError):
    """The collector cannot start, or cannot use its database."""
