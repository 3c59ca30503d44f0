# SPDX-License-Identifier: Apache-2.0
"""Errors of the collector: each says what was wrong, where, and what to do."""

from privcv_core.errors import PrivcvError


class CollectorError(PrivcvError):
    """The collector cannot start, or cannot use its database."""


class AmbiguousNameError(CollectorError):
    """A name that several tokens have: their ids tell them apart."""
