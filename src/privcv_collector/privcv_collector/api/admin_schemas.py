# SPDX-License-Identifier: Apache-2.0
"""The bodies that administrators send and get."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, model_validator

from privcv_collector.device_bodies import Model
from privcv_collector.devices.administration import PLACE, Role, problem_of_display
from privcv_core.settings.model import Name

WITH_ISSUER = "At most so long: it expires with the token that issues it."


class EnrolmentTokenRequest(Model):
    """A token for one device."""

    site: Name = Field(description="Where the device will stand.")
    valid_s: float = Field(24 * 3600.0, ge=60, le=30 * 86400.0, description=WITH_ISSUER)
    device: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{32}$",
        description="The only device that may use it: needed by those of version 0.1.0, and by "
        "those whose id is not that of a key that they still have. Such an id proves nothing: only "
        "an administrator of every site may name one.",
    )


class AccessTokenRequest(Model):
    """A token to read with."""

    name: Name
    role: Role
    sites: list[Name] = Field([], max_length=256, description="Empty: every site.")
    places: list[Annotated[str, StringConstraints(pattern=PLACE)]] = Field(
        [], max_length=64, description="Of a display: 'camera/place'. Empty: all of its site."
    )
    valid_s: float | None = Field(None, ge=60, le=10 * 366 * 86400.0, description=WITH_ISSUER)

    @model_validator(mode="after")
    def _display_is_somewhere(self) -> "AccessTokenRequest":
        if (problem := problem_of_display(self.role, self.sites, self.places)) is not None:
            raise ValueError(problem)
        return self


class TokenAnswer(BaseModel):
    """A token, shown this once."""

    token: str


class Done(BaseModel):
    """It is done."""

    done: bool = True


class RevokedAnswer(Done):
    """What was ended with an access token."""

    access_tokens: list[str] = Field(description="Names: the token, and those issued with it.")
    enrolment_tokens: list[str] = Field(description="Ids of those issued with it and not used.")
    devices: list[str] = Field(description="Devices that were revoked with it.")
    devices_left: list[str] = Field(
        description="Devices that enrolled with tokens that it issued, and may go on."
    )


class _Token(BaseModel):
    id: str = Field(description="Tells tokens apart; it is of no use as a token.")
    state: str = Field(description="'active', 'used', 'expired' or 'revoked'.")
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    issued_by: str | None = Field(
        description="Id of the access token that issued it, 'file' or 'command line'; null: unknown"
    )


class AccessToken(_Token):
    """A token of a reader or an administrator, without its secret."""

    name: str
    role: str
    sites: list[str] = Field(description="Empty: every site.")
    places: list[str] = Field(description="Of a display: 'camera/place'. Empty: every one.")


class AccessTokensAnswer(BaseModel):
    """Access tokens."""

    access_tokens: list[AccessToken]


class EnrolmentToken(_Token):
    """A token of one device, without its secret."""

    site: str
    device: str | None = Field(description="Who used it, or who alone may.")
    used_at: str | None


class EnrolmentTokensAnswer(BaseModel):
    """Enrolment tokens."""

    enrolment_tokens: list[EnrolmentToken]


class AdminAction(BaseModel):
    """Something that an administrator did."""

    number: int
    at: str
    actor_id: str = Field(description="Id of the access token, 'file' or 'command line'.")
    actor: str = Field(description="Its name.")
    action: str = Field(description="Such as 'access_token.issued' or 'device.revoked'.")
    target: str = Field(description="Name or id of what it was done to.")
    sites: list[str] = Field(description="Which it concerns; empty: every site.")


class ActionsPage(BaseModel):
    """What administrators did, newest first."""

    actions: list[AdminAction]
