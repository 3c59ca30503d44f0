# SPDX-License-Identifier: Apache-2.0
"""Keys and signatures as text: base64url without padding (RFC 4648, section 5), in one spelling."""

import base64

from privcv_core.protocol.errors import EnvelopeError


def encode(content: bytes) -> str:
    """``content`` as text."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Inverse of ``encode``; raises ``EnvelopeError``.

    The last digit of most lengths has bits that are not used. They must be zero, as ``encode``
    leaves them: one content has one spelling.
    """
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, TypeError) as error:
        raise EnvelopeError(f"key or signature: is not base64url: {error}") from error
    if encode(content) != text:
        raise EnvelopeError("key or signature: is not base64url as it is written here")
    return content
