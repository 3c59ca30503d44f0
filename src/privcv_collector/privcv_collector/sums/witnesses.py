# SPDX-License-Identifier: Apache-2.0
"""Asks a witness for its cosignature: ``POST /add-checkpoint`` (c2sp.org/tlog-witness)."""

import contextlib
import http.client
import ssl
from urllib.parse import urlsplit

from privcv_across.transparency.checkpoint_note import parse_number
from privcv_across.transparency.signed_note import NoteSignature
from privcv_across.transparency.witness import AddCheckpoint
from privcv_collector.errors import CollectorError

TIMEOUT_S = 10.0
_MOST_BYTES = 4096


def ask_witness(address: str, request: AddCheckpoint) -> NoteSignature | int:
    """Its cosignature; or the size that it cosigned last, where that is another than we said.

    Raises ``CollectorError`` where it does neither, and ``LogError`` for a line that is none.
    """
    url = urlsplit(address)
    connection: http.client.HTTPConnection
    if url.scheme == "https":
        tls = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            url.hostname or "", url.port or 443, timeout=TIMEOUT_S, context=tls
        )
    else:  # of this machine: the settings take no other
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=TIMEOUT_S)
    with contextlib.closing(connection):
        try:
            connection.request("POST", url.path or "/add-checkpoint", request.encode())
            found = connection.getresponse()
            content = found.read(_MOST_BYTES).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise CollectorError(f"{address}: no answer: {type(error).__name__}") from error
    if found.status == 409:
        return parse_number(content.strip())
    if found.status != 200:
        raise CollectorError(f"{address}: answered {found.status}: {content[:200].strip()}")
    return NoteSignature.decode(content.removesuffix("\n"))
