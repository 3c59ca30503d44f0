# SPDX-License-Identifier: Apache-2.0
"""The transport that the settings ask for: ours, or one that a package adds."""

from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.transport import Transport


def open_transport(settings: UplinkSettings) -> Transport:
    """The transport that kind and URL ask for. Raises ``UplinkError``, and ``SettingsError`` where
    what a package adds cannot be used."""
    if not settings.is_ours:
        from privcv_core.settings.extensions import build_extension
        from privcv_uplink.transports.extension import TransportExtension

        return build_extension(settings, TransportExtension, settings)  # type: ignore[no-any-return]
    if settings.transport == "mqtt":
        from privcv_uplink.transports.mqtt import MqttTransport

        return MqttTransport(settings)
    from privcv_uplink.transports.https import HttpsTransport

    return HttpsTransport(settings)
