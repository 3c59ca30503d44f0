# SPDX-License-Identifier: Apache-2.0
"""What somebody at the desk has to pause the counting with: a button, a broker, a service."""

from typing import Annotated

from pydantic import ConfigDict, Field, field_validator

from privcv_core.authorization.pause_note import Minutes
from privcv_core.protocol.signing import is_public_key
from privcv_core.settings.model import TRUST, PathSetting, Settings

NodeName = Annotated[str, Field(max_length=128, pattern=r"^(/[A-Za-z][A-Za-z0-9_]*)+$")]


class ButtonSettings(Settings):
    """A key or button that the kernel knows as an input device."""

    device: PathSetting = Field(
        description="its device, such as /dev/input/by-id/usb-desk-event-kbd"
    )
    key: int | None = Field(
        None, ge=1, le=767,
        description="code of the key that counts (KEY_ of linux/input-event-codes.h); default: any",
    )  # fmt: skip
    minutes: Minutes = Field(5, description="how long a press pauses the counting, min")


class BrokerSettings(Settings):
    """A broker over TLS at which signed requests for a pause arrive."""

    url: str = Field(max_length=256, pattern=r"^mqtts://", description="mqtts://HOST[:PORT]")
    pins: list[str] = Field(
        min_length=1, max_length=8, description="public keys of the broker, from 'privcv pin'"
    )
    ca_file: PathSetting | None = Field(
        None, description="authorities (PEM) to trust instead of the system's"
    )
    username: str = Field("", max_length=64, description="name at the broker; '' for none")
    password_file: PathSetting | None = Field(None, description="file with the password")
    topic: str = Field(
        "privcv/pause",
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        description="where requests arrive",
    )
    trusted_keys: list[str] = Field(
        min_length=1, max_length=16,
        description="public Ed25519 keys of who may ask, as 'privcv authorize key' prints them",
    )  # fmt: skip

    @field_validator("trusted_keys")
    @classmethod
    def _keys(cls, value: list[str]) -> list[str]:
        for key in value:
            if not is_public_key(key):
                raise ValueError(f"'{key}' is not a public key as 'privcv authorize key' prints it")
        return value


class ServiceSettings(Settings):
    """The ROS service ``/pause_counting`` of the graph, for who has the secret of the device."""

    callers: list[NodeName] = Field(
        default_factory=list, max_length=16,
        description="full names of nodes of yours that call it, such as /robot/panel; any other "
        "caller but 'privcv pause --through-desk' is a finding of the guard",
    )  # fmt: skip


class DeskSettings(Settings):
    """What 'privcv desk listen' listens to."""

    model_config = ConfigDict(json_schema_extra=TRUST)

    button: ButtonSettings | None = Field(None, description="a button")
    mqtt: BrokerSettings | None = Field(None, description="a broker")
    service: ServiceSettings | None = Field(None, description="a service on the graph")
