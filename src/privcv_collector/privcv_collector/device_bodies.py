# SPDX-License-Identifier: Apache-2.0
"""Bodies of what devices send, and of what they are answered: pydantic models, for API and storage.

All but an ``EnrolmentRequest`` of 0.1.0 travel inside a signed envelope, see
``privcv_core.protocol.envelope``. Their docstrings are the descriptions in ``/openapi.json``.
"""

from pydantic import BaseModel, ConfigDict, Field

from privcv_across.attestation.evidence import Evidence, Status
from privcv_core.protocol.device_health import Chain, DeviceHealth
from privcv_core.protocol.release import SEQUENCE_MAX, ReportTime
from privcv_core.protocol.secure_release import AnyRelease
from privcv_core.protocol.site_record import NumberedRecord


class Model(BaseModel):
    """Base of the bodies in the API's description."""

    model_config = ConfigDict(extra="forbid")


class BatchBody(Model):
    """The body of a batch."""

    dropped: int = Field(
        strict=True, ge=0, le=SEQUENCE_MAX, description="Releases this device ever gave up."
    )
    releases: list[AnyRelease] = Field(
        min_length=1, max_length=4096, description="In the order of their sequence."
    )


class BatchAnswer(Model):
    """What became of a batch."""

    accepted: int = Field(ge=0, description="Releases that were new.")
    duplicate: bool = Field(description="True: the batch was here before; nothing was stored.")
    next_sequence: int = Field(ge=1, description="Number of the batch expected next.")
    last_release: int = Field(
        ge=0, description="The last release of this device here, 0 for none: its anchor."
    )


class NewKey(Model):
    """A key as a device hands it over."""

    alg: str = Field(max_length=16, description="'Ed25519' or 'HMAC-SHA256'.")
    key: str = Field(
        max_length=128, description="base64url: the public key, or for HMAC the shared secret."
    )
    key_id: str = Field(pattern=r"^[0-9a-f]{16}$", description="The id that belongs to the key.")


class EnrolmentKey(NewKey):
    """The first key of a device, and the token with which it enrols."""

    token: str = Field(max_length=256, description="One-time token of the site.")


class EnrolmentBody(Model):
    """The body of an enrolment, in an envelope that this key signed."""

    enrol: EnrolmentKey


class EnrolmentRequest(EnrolmentKey):
    """A device that wants to be known: without an envelope this is what 0.1.0 sends."""

    device: str = Field(pattern=r"^[0-9a-f]{32}$", description="A digest of its first key.")


class DeviceAnswer(Model):
    """An enrolled device."""

    device: str
    next_sequence: int = Field(ge=1, description="Number of the batch expected next.")


class RotationBody(Model):
    """The body of a rotation."""

    rotate: NewKey


class KeyAnswer(Model):
    """A rotated key."""

    key_id: str
    previous_expires_at: str = Field(description="Until then the older keys are taken too.")


class Head(Model):
    """Where a chain ends."""

    hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of its last entry.")
    sequence: int = Field(
        strict=True, ge=1, le=SEQUENCE_MAX, description="Number of its last entry, from 1."
    )


class Checkpoint(Model):
    """The heads of all chains at one time."""

    heads: dict[Chain, Head] = Field(max_length=256)
    time: ReportTime


class CheckpointBody(Model):
    """The body of a checkpoint."""

    checkpoint: Checkpoint


NOT_CONTRADICTED = "not_contradicted"
"""The best that can be said of a checkpoint: nothing that came before speaks against it."""


def verdict_in_words(stored: str) -> str:
    """A verdict as it is told; until 0.1.0 the best one was stored as ``ok``."""
    return NOT_CONTRADICTED if stored == "ok" else stored


class SiteRecordBody(Model):
    """The body of a site record."""

    site_record: NumberedRecord


class SiteRecordAnswer(Model):
    """A site record that is kept."""

    version: int = Field(ge=1, description="Its number on the device.")
    digest: str = Field(description="SHA-256 of its canonical JSON, hexadecimal.")
    duplicate: bool = Field(description="True: it was here before; nothing was stored.")
    last_release: int = Field(
        ge=0, description="The last release of this device here, 0 for none: its anchor."
    )


class HealthBody(Model):
    """The body of a report of health."""

    health: DeviceHealth


class HealthAnswer(Model):
    """A report of health that was taken."""

    duplicate: bool = Field(description="True: this or a later one was here before.")
    last_release: int = Field(
        ge=0, description="The last release of this device here, 0 for none: its anchor."
    )


class EvidenceBody(Model):
    """The body of evidence."""

    evidence: Evidence | None = Field(description="Null: only a nonce is asked for.")


class EvidenceAnswer(Model):
    """What the last evidence of the device came to, and what the next one must be for."""

    status: Status = Field(description="'none': none was appraised.")
    reason: str = Field(description="What spoke against it; '' where nothing did.")
    until: str | None = Field(description="Until when it counts, where it does.")
    nonce: str = Field(
        description="base64url: quote this. '': evidence was appraised, or no TPM is enrolled."
    )
    last_release: int = Field(
        ge=0, description="The last release of this device here, 0 for none: its anchor."
    )


class CheckpointAnswer(Model):
    """What a checkpoint says about the log, compared with those before it."""

    verdict: str = Field(
        description="'not_contradicted', 'fork', 'truncated', 'disordered' or 'fast_forward'."
    )
    duplicate: bool
    last_release: int = Field(
        ge=0, description="The last release of this device here, 0 for none: its anchor."
    )
