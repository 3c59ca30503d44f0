# SPDX-License-Identifier: Apache-2.0
"""Through which broker and mail server alerts leave: set by whoever runs the collector.

They stand in a file of that machine, so that no administrator of a site has the collector talk to
a server of its network. A channel then names a topic, or who gets a mail.
"""

from typing import Literal

from pydantic import Field

from privcv_core.settings.model import PathSetting, Settings


class AlertBroker(Settings):
    """The MQTT 5 broker of alerts, over TLS."""

    host: str = Field(max_length=253, description="its name, as its certificate has it")
    port: int = Field(8883, ge=1, le=65_535, description="its port")
    topic: str = Field(
        "privcv/alerts",
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        max_length=128,
        description="first levels of the topics; a channel adds its own",
    )
    username: str = Field("", max_length=64, description="name at the broker; '' for none")
    password_file: PathSetting | None = Field(None, description="file with the password (0600)")
    ca_file: PathSetting | None = Field(
        None, description="authorities (PEM) to trust instead of the system's"
    )


class AlertMail(Settings):
    """The mail server of alerts, over TLS."""

    host: str = Field(max_length=253, description="its name, as its certificate has it")
    port: int = Field(465, ge=1, le=65_535, description="its port")
    tls: Literal["implicit", "starttls"] = Field(
        "implicit", description="TLS from the first byte, or STARTTLS: never without"
    )
    sender: str = Field(
        pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,189}$", description="who sends"
    )
    username: str = Field("", max_length=128, description="name at the server; '' for none")
    password_file: PathSetting | None = Field(None, description="file with the password (0600)")
    ca_file: PathSetting | None = Field(
        None, description="authorities (PEM) to trust instead of the system's"
    )


class AlertSettings(Settings):
    """How alerts leave. Webhooks need nothing here."""

    broker: AlertBroker | None = Field(None, description="for channels of kind mqtt")
    mail: AlertMail | None = Field(None, description="for channels of kind email")
