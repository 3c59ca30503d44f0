# SPDX-License-Identifier: Apache-2.0
"""The live certificate of a server and its renewals, each for one of two keys that are pinned."""

import random
import shutil
from pathlib import Path

from privcv_core.protocol.demo_certificates import Authority

HOSTS = ("localhost", "127.0.0.1")


class LiveCertificate:
    """Files that a server has open: ``certificate`` and ``key`` are replaced by ``renew``."""

    def __init__(self, folder: Path) -> None:
        self._authority = Authority(folder)
        self._keys = [self._authority.issue(name, HOSTS) for name in ("one", "two")]
        self.ca_file = self._authority.certificate
        self.pins = [one.pin for one in self._keys]
        self.certificate, self.key = folder / "live.pem", folder / "live.key"
        self.key.touch(0o600)
        self._write(0)

    def renew(self, rng: random.Random) -> None:
        """Issue a new one, for the same key or for the other; files are written one by one."""
        index = rng.randrange(2)
        name, key = ("one", "two")[index], self._keys[index].key
        self._keys[index] = self._authority.issue(name, HOSTS, key_file=key)
        self._write(index)

    def _write(self, index: int) -> None:
        shutil.copyfile(self._keys[index].key, self.key)
        shutil.copyfile(self._keys[index].certificate, self.certificate)
