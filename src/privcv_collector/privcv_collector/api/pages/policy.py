# SPDX-License-Identifier: Apache-2.0
"""What a page may load and do, as headers that browsers obey."""

import base64
import hashlib


def page_headers(*allowed: str) -> dict[str, str]:
    """Headers of a page that may do what is ``allowed`` (CSP directives), and nothing else."""
    policy = (
        "default-src 'none'", *allowed,
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    )  # fmt: skip
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def source_of(text: str) -> str:
    """The source expression of an inline style or script that is exactly ``text``."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
