# SPDX-License-Identifier: Apache-2.0
"""A transport of a page: signed envelopes as files, for a device without a network.

Somebody carries the folder to where the collector is, and posts the files there in order.
"""

import os
from pathlib import Path

from privcv_core.settings.model import Settings
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.testing import accepted
from privcv_uplink.transports.extension import TransportExtension
from privcv_uplink.transports.transport import Endpoint, Reply, TransportError


class FolderSettings(Settings):
    """What stands under ``options`` in the site file: nothing. ``url`` names the folder."""


class FolderTransport:
    """What is on the disk is taken as arrived: nobody will be there to ask for it again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = len(list(folder.glob("*.json"))) if folder.is_dir() else 0

    async def post(self, endpoint: Endpoint, content: bytes, device: str, sequence: int) -> Reply:
        """Write one file, safely, and say that it is taken."""
        name = f"{self._written:08}.{endpoint}.json"
        try:
            with (self._folder / f"{name}.part").open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            (self._folder / f"{name}.part").rename(self._folder / name)
        except OSError as error:
            raise TransportError(f"{self._folder}: {error.strerror}") from error
        self._written += 1
        return accepted(endpoint, content, device, sequence)

    async def close(self) -> None:
        """Nothing is open between two calls."""


def build(options: FolderSettings, uplink: UplinkSettings) -> FolderTransport:
    """Called by privcv as the uplink starts."""
    return FolderTransport(Path(uplink.url))


TRANSPORT = TransportExtension(FolderSettings, build)
