# SPDX-License-Identifier: Apache-2.0
"""Which of two collectors this one is, its keys, its tasks, and the log that it writes."""

from typing import Literal

from pydantic import Field, model_validator

from privcv_core.settings.model import PathSetting, Settings

SumRole = Literal["single", "leader", "helper"]


class LogSettings(Settings):
    """The transparency log of this collector."""

    folder: PathSetting = Field(description="where it lies; never put it back from an older copy")
    origin: str = Field(
        pattern=r"^[\x21-\x2a\x2c-\x7e]{1,128}$", description="its name in checkpoints"
    )
    key: PathSetting = Field(description="its Ed25519 key (PEM, PKCS #8, 0600)")
    witnesses: list[str] = Field(
        default=[], max_length=16, description="addresses of witnesses, up to /add-checkpoint"
    )
    policy: PathSetting | None = Field(
        None, description="policy file (c2sp.org/tlog-policy) with the keys of the witnesses"
    )
    checkpoint_every_s: float = Field(
        60.0, ge=1, le=86_400, description="how often a checkpoint states what was written, s"
    )

    @model_validator(mode="after")
    def _knows_its_witnesses(self) -> "LogSettings":
        if self.witnesses and self.policy is None:
            raise ValueError("policy: is needed, to verify what the witnesses cosign")
        if not all(one.startswith(("https://", "http://127.0.0.1:")) for one in self.witnesses):
            raise ValueError("witnesses: must be https:// addresses (http:// on 127.0.0.1)")
        return self


class SumSettings(Settings):
    """Sums over sites. With the role single, which is the default, this collector has none."""

    role: SumRole = Field(
        "single", description="leader: takes sealed reports; helper: verifies with a leader"
    )
    sealing_key: PathSetting | None = Field(
        None,
        description="what opens shares for this collector (privcv collector sealing-key, 0600)",
    )
    signing_key: PathSetting | None = Field(
        None, description="signs what it tells the other collector (PEM, PKCS #8, 0600)"
    )
    tasks: list[PathSetting] = Field(
        default=[], max_length=64, description="files of tasks that both operators signed"
    )
    other_ca: PathSetting | None = Field(
        None, description="authorities (PEM) for the other collector instead of the system's"
    )
    log: LogSettings | None = Field(None, description="the transparency log that it writes")

    @model_validator(mode="after")
    def _has_what_its_role_needs(self) -> "SumSettings":
        if self.role == "single":
            if self.tasks:
                raise ValueError("tasks: need the role leader or helper")
            return self
        if self.sealing_key is None or self.signing_key is None:
            raise ValueError(f"sealing_key, signing_key: are needed for the role {self.role}")
        return self
