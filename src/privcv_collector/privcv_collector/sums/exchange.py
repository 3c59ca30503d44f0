# SPDX-License-Identifier: Apache-2.0
"""How the leader asks the helper: over TLS, signed by the key in the task, and so is the answer."""

import contextlib
import http.client
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from privcv_across.messages.collector_signature import CollectorRequest
from privcv_collector.errors import CollectorError
from privcv_collector.refused import Refused
from privcv_collector.sums.tasks import RunningTask
from privcv_core.errors import TlsFileError
from privcv_core.files.tls_files import load_authorities
from privcv_core.protocol.signing import SigningKey

PREFIX = "v1/across/tasks"
SIGNATURE, TIME = "Privcv-Collector-Signature", "Privcv-Collector-Time"
TIMEOUT_S = 30.0
_MOST_BYTES = 1 << 22


class Helper:
    """Asks the helper of a task; raises ``CollectorError`` where it does not answer as it must."""

    def __init__(
        self, key: SigningKey, authorities: Path | None, clock: Callable[[], float]
    ) -> None:
        self._key, self._clock = key, clock
        self._tls = ssl.create_default_context()
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_3
        if authorities is not None:
            try:
                load_authorities(self._tls, authorities)
            except TlsFileError as error:
                raise CollectorError(str(error)) from error

    def __call__(self, task: RunningTask, path: str, body: bytes) -> bytes:
        """The answer to a PUT of ``body`` to ``path`` below the task."""
        url = urlsplit(task.other.url)
        below = f"{PREFIX}/{task.id}/{path}"
        request = CollectorRequest(f"/{below}", int(self._clock()), body)
        headers = {
            "Content-Type": "application/octet-stream",
            SIGNATURE: request.sign(self._key),
            TIME: str(request.time),
        }
        connection = http.client.HTTPSConnection(
            url.hostname or "", url.port or 443, timeout=TIMEOUT_S, context=self._tls
        )
        with contextlib.closing(connection):
            try:
                connection.request("PUT", url.path + below, body, headers)
                found = connection.getresponse()
                content = found.read(_MOST_BYTES)
            except (OSError, http.client.HTTPException) as error:
                raise CollectorError(
                    f"{task.other.url}: no answer: {type(error).__name__}: {error}"
                ) from error
        signature = found.headers.get(SIGNATURE, "")
        if not request.is_answered_by(task.other.sign, signature, found.status, content):
            raise CollectorError(
                f"{task.other.url}: answered {found.status} without the helper's signature"
            )
        if found.status != 200:
            words = content[:200].decode("utf-8", "replace")
            raise CollectorError(f"{task.other.url}: answered {found.status}: {words}")
        return content


def check_leader(task: RunningTask, request: CollectorRequest, signature: str, now: float) -> None:
    """Raises ``Refused`` (401) for a request that the task's leader did not sign just now."""
    if not request.is_by(task.other.sign, signature, now):
        raise Refused(401, "bad_signature", "the leader of this task did not sign this, or not now")
