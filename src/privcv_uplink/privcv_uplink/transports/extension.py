# SPDX-License-Identifier: Apache-2.0
"""What another package may add to the uplink: a transport, with settings of its own.

::

    class AcmeSettings(Settings):
        channel: int = Field(3, ge=0, le=15, description="radio channel")

    TRANSPORT = TransportExtension(AcmeSettings, lambda options, uplink: Acme(options, uplink.url))

An entry point of the group ``privcv.transports`` names ``TRANSPORT``; a site file takes it with
``uplink: {kind: acme, url: …, options: {channel: 7}}``. ``privcv_uplink.testing`` checks it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from privcv_core.settings.model import Settings
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.transport import Transport


@dataclass(frozen=True)
class TransportExtension:
    """A transport of another package: the model of its ``options``, and how it is made.

    ``build`` gets the options and the settings of the uplink. What it posts is signed and not
    encrypted, and holds released totals only; an answer of 200 ends a batch on this device.
    """

    settings: type[Settings]
    build: Callable[[Any, UplinkSettings], Transport]
