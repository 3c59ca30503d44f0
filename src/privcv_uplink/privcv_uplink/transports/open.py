# SPDX-License-Identifier: Apache-2.0
"""The transport that the settings ask for."""

from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.transport import Transport


def open_transport(settings: UplinkSettings) -> Transport:
    """The transport that the URL asks for. Raises ``UplinkError``."""
    if settings.transport == "mqtt":
        from privcv_uplink.transports.mqtt import MqttTransport

        return MqttTransport(settings)
    from privcv_uplink.transports.https import HttpsTransport

    return HttpsTransport(settings)
