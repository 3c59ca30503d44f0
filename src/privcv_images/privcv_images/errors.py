# SPDX-License-Identifier: Apache-2.0
"""Errors of this package: each says what was wrong, where, and what to do."""

from privcv_core.errors import PrivcvError


class ImagesError(PrivcvError):
    """Root of the errors of privcv_images: images that cannot be redacted, read or written."""
