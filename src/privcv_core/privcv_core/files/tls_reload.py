# SPDX-License-Identifier: Apache-2.0
"""A TLS context whose files are read again once they change: certificates are renewed in place."""

import logging
import os
import ssl
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509

from privcv_core.errors import PrivcvError
from privcv_core.files.input_file import read_input

WARN_AHEAD = timedelta(days=14)
"""So long before its end a certificate is warned of, at each look but once a day at most."""

_DAY_S = 86400.0
_log = logging.getLogger(__name__)

_Stamp = tuple[tuple[int, int, int] | None, ...]


class ReloadedTls:
    """``context`` is what ``make`` made of ``files``, as they were when they last could be used.

    ``certificate``: our own, whose end is watched. What ``make`` raises at first goes through.
    """

    def __init__(
        self,
        make: Callable[[], ssl.SSLContext],
        files: Iterable[Path | None],
        certificate: Path | None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._make = make
        self._files = [path for path in files if path is not None]
        self._certificate = certificate
        self._now = now
        self._stamp = self._look()
        self.context = make()
        self.ends = self._end()
        """When the certificate ends; ``None`` without one."""
        self._warned_s = -_DAY_S
        self._warn()

    def refresh(self) -> bool:
        """Read the files again if they changed; True where there is a new context then.

        Where they cannot be used, as while they are being replaced, that is logged, and the old
        context goes on.
        """
        self._warn()
        stamp = self._look()
        if stamp == self._stamp:
            return False
        try:
            context, ends = self._make(), self._end()
        # OSError, ValueError: it was replaced again between the two, which may be at any moment.
        except (PrivcvError, OSError, ValueError) as error:
            if stamp != self._failed:
                _log.error("%s; what was loaded before is used further", error)
            self._failed = stamp
            return False
        self.context, self.ends, self._stamp = context, ends, stamp
        self._warned_s = -_DAY_S
        _log.info("%s: read again", ", ".join(map(str, self._files)))
        self._warn()
        return True

    _failed: _Stamp | None = None

    def _look(self) -> _Stamp:
        return tuple(map(_stamp, self._files))

    def _end(self) -> datetime | None:
        if self._certificate is None:
            return None
        content = read_input(self._certificate)
        return x509.load_pem_x509_certificates(content)[0].not_valid_after_utc

    def _warn(self) -> None:
        passed_s = time.monotonic() - self._warned_s
        if self.ends is None or self.ends - self._now() > WARN_AHEAD or passed_s < _DAY_S:
            return
        self._warned_s = time.monotonic()
        over = "ended" if self.ends <= self._now() else "ends"
        _log.warning("%s: %s on %s: renew it", self._certificate, over, f"{self.ends:%Y-%m-%d}")


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
