# SPDX-License-Identifier: Apache-2.0
"""Settings by which alerts go to a real broker of a test, as the user ``device``."""

from pathlib import Path

from mosquitto_broker import Broker

from privcv_collector.alerts.settings import AlertBroker, AlertSettings


def alert_settings_of(broker: Broker, folder: Path) -> AlertSettings:
    """``folder``: where the file of the password is written."""
    password = folder / "password"
    password.touch(0o600)
    password.write_text("secret\n")
    return AlertSettings(
        broker=AlertBroker(
            host="localhost", port=broker.port, username="device", password_file=password,
            ca_file=broker.tls.ca_file,
        )
    )  # fmt: skip
