# SPDX-License-Identifier: Apache-2.0
"""Entity tags (RFC 9110, section 8.8.3): who has the same answer already is sent none."""

import hashlib
import json
from typing import Any

from fastapi import Request, Response

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing changed since the answer with the tag of 'If-None-Match'."}
}
"""``responses`` of a route that is tagged."""


def tagged(request: Request, content: Any, media_type: str = "application/json") -> Response:
    """``content``, text or plain values of JSON, with its tag; 304 where the reader has it.

    Answers are of one reader's sites: they are for no shared cache.
    """
    text = content if isinstance(content, str) else json.dumps(content)
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [one.strip().removeprefix("W/") for one in _known(request).split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=media_type, headers=headers)


def _known(request: Request) -> str:
    return request.headers.get("if-none-match", "")
