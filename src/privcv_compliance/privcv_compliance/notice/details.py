# SPDX-License-Identifier: Apache-2.0
"""What a sign or a notice is made of: signed record, site file, the controller's answers.

What the law wants people to be told and nobody has answered yet is named, and no sign is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.controller.controller_answers import ControllerAnswers
from privcv_compliance.documents.document import Evidence
from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.authorizations import record_evidence, record_of
from privcv_compliance.site_file import CameraFile, SiteFile
from privcv_core.authorization.record import AuthorizationRecord
from privcv_core.settings.time_zone import day_in

OBJECTION_BASES = ("public_task", "legitimate_interests")
"""Bases that people may object to: GDPR Art. 21(1) with Art. 6(1)(e) and (f)."""


@dataclass(frozen=True)
class Details:
    """One camera, its record, and what its controller answered."""

    site: SiteFile
    camera: CameraFile
    record: AuthorizationRecord
    answers: AnswersFile

    @property
    def said(self) -> ControllerAnswers:
        """The answers themselves."""
        return self.answers.answers

    @property
    def on_record(self) -> Evidence:
        """The record as evidence."""
        return record_evidence(self.camera)

    @property
    def may_object(self) -> bool:
        """Whether the basis is one that people may object to."""
        return self.record.lawful_basis in OBJECTION_BASES

    @property
    def begins(self) -> date:
        """The day from which the record is valid, where it is."""
        return day_in(self.record.issued, self.record.time_zone)


def details_of(site: SiteFile, camera: CameraFile) -> Details:
    """The details of a camera. Raises ``ComplianceError``, ``SettingsError``."""
    record = record_of(camera)
    if record is None:
        raise ComplianceError(
            f"camera '{camera.name}' has no authorization record that can be read: make one "
            "with 'privcv authorize new'"
        )
    return Details(site, camera, record, AnswersFile.beside(site))


def require_first_layer(details: Details) -> None:
    """Raise ``ComplianceError`` for what a sign has to say and nobody answered.

    EDPB Guidelines 3/2019, section 7.1; GDPR Art. 13(1)(b), (d), (2)(a), (d), Art. 21(4).
    """
    _require(details, "the sign", _of_the_sign(details))


def require_second_layer(details: Details) -> None:
    """Raise ``ComplianceError`` for what the full notice has to say (GDPR Art. 13(1) and (2))."""
    said = details.said
    more = {
        "controller.address": said.controller.address,
        "purpose.decisions": said.purpose.decisions,
        "recipients.readers": said.recipients.readers is not None,
        "recipients.processors": said.recipients.processors is not None,
        "recipients.joint_controllers": said.recipients.joint_controllers is not None,
        "recipients.transfers": said.recipients.transfers is not None,
    }
    missing = [key for key, value in more.items() if not value]
    _require(details, "the notice", [*_of_the_sign(details), *missing])


def _of_the_sign(details: Details) -> list[str]:
    said, record = details.said, details.record
    needed: dict[str, object] = {
        "controller.supervisory_authority": said.controller.supervisory_authority,
        "dpo.appointed": said.dpo.appointed is not None,
        "recipients.retention_days": said.recipients.retention_days,
        "recipients.transfers": said.recipients.transfers is not None,
    }
    if said.dpo.appointed:
        needed["dpo.contact"] = said.dpo.contact
    if record.lawful_basis == "legitimate_interests":
        needed["purpose.interest"] = said.purpose.interest
    if record.use == "operational" and details.may_object:
        # An objection cannot be refused as one to statistics: there has to be a way past the camera
        # that needs nobody's leave.
        needed["rights.uncounted"] = said.rights.uncounted
    elif details.may_object:
        needed["rights.uncounted, or rights.desk"] = said.rights.uncounted or said.rights.desk
    return [key for key, value in needed.items() if not value]


def _require(details: Details, what: str, missing: Sequence[str]) -> None:
    if missing:
        raise ComplianceError(
            f"{details.answers.path}: {', '.join(dict.fromkeys(missing))}: {what} has to say it "
            "and it is not answered"
        )
