# SPDX-License-Identifier: Apache-2.0
"""Errors of this package: each says what was wrong, where, and what to do."""

from privcv_core.errors import PrivcvError


class ComplianceError(PrivcvError):
    """A document cannot be made, or a request cannot be answered, from the evidence there is."""
