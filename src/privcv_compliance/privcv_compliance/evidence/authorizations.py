# SPDX-License-Identifier: Apache-2.0
"""What documents state of a camera's authorization: from its signed record, verified."""

import hashlib
from datetime import datetime, timezone

from privcv_compliance.documents.document import Evidence, Statement, state
from privcv_compliance.languages.phrase import Joined, say
from privcv_compliance.site_file import CameraFile, SiteFile
from privcv_core.audit.entry import AuditLogError
from privcv_core.authorization.audit import withdrawn_in
from privcv_core.authorization.gate import Closed
from privcv_core.authorization.record import AuthorizationRecord
from privcv_core.authorization.record_file import (
    AuthorizationSettings,
    CameraAuthorization,
    load_signed,
)
from privcv_core.errors import PrivcvError
from privcv_core.files.regular_file import read_regular
from privcv_core.settings.hours import Hours
from privcv_core.settings.time_zone import day_in

LAWFUL_BASES = {
    "consent": "consent (GDPR Art. 6(1)(a))",
    "contract": "a contract (GDPR Art. 6(1)(b))",
    "legal_obligation": "a legal obligation (GDPR Art. 6(1)(c))",
    "vital_interests": "vital interests (GDPR Art. 6(1)(d))",
    "public_task": "a task in the public interest (GDPR Art. 6(1)(e))",
    "legitimate_interests": "legitimate interests (GDPR Art. 6(1)(f))",
}
_USES = {
    "statistics": "statistics; they are looked at afterwards",
    "operational": "operational; somebody acts on them at once",
    "images": "none; images without people are shown",
}
_DAY_NAMES = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday",
    "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip


def statements_of(
    site: SiteFile, camera: CameraFile, now: datetime | None = None
) -> list[Statement]:
    """Purpose, basis, area, hours and who, from the record; or that there is none."""
    key = Evidence(
        "setting", f"{site.path} (sha256 {site.digest}): cameras.{camera.name}.authorization"
    )
    said = []
    if not camera.needs_authorization:
        said.append(
            state(
                "Camera '{camera}' needs no authorization: that is for demonstrations only.",
                key,
                warn=True,
                camera=camera.name,
            )
        )
    record = record_of(camera)
    names_record = camera.authorization is not None and camera.authorization.file is not None
    if record is None and not camera.needs_authorization and not names_record:
        return said
    if record is None:
        said.append(
            state(
                "Camera '{camera}' has no authorization record that can be read; it stays closed."
                if camera.needs_authorization
                else "Camera '{camera}' has no authorization record that can be read.",
                key,
                warn=True,
                camera=camera.name,
            )
        )
        return said
    evidence, zone = record_evidence(camera), record.time_zone
    said += [
        state("Camera '{camera}' sees: {area}.", evidence, camera=camera.name, area=record.area),
        state("Purpose: {purpose}.", evidence, purpose=record.purpose),
        state("Use of the totals: {use}.", evidence, use=say(_USES[record.use])),
        state("Lawful basis: {basis}.", evidence, basis=say(LAWFUL_BASES[record.lawful_basis])),
        state(
            "Controller: {controller}; contact: {contact}.",
            evidence,
            controller=record.controller,
            contact=record.contact,
        ),
        state("Hours ({zone}): {hours}.", evidence, zone=zone, hours=describe_hours(record.hours)),
        state(
            "Authorized by {by}, from {begin} until {end} ({zone}).",
            evidence,
            by=record.authorized_by,
            begin=str(day_in(record.issued, zone)),
            end=str(day_in(record.expires, zone)),
            zone=zone,
        ),
    ]
    try:
        decision = gate_of(site, camera).decide(now or datetime.now(timezone.utc))
    except AuditLogError as error:
        what = "Whether it was withdrawn is not known: {error}."
        said.append(state(what, key, warn=True, error=str(error)))
        return said
    if isinstance(decision, Closed) and decision.kind != "hours":
        what = "The record is not in force: {reason}."
        said.append(state(what, evidence, key, warn=True, reason=decision.reason))
    return said


def record_of(camera: CameraFile) -> AuthorizationRecord | None:
    """The camera's record, whether in force or not; ``None`` where none can be read."""
    if camera.authorization is None or camera.authorization.file is None:
        return None
    try:
        return load_signed(camera.authorization.file).record
    except PrivcvError:
        return None


def record_evidence(camera: CameraFile) -> Evidence:
    """The file of the camera's record, with its digest."""
    assert camera.authorization is not None
    assert camera.authorization.file is not None
    path = camera.authorization.file
    return Evidence("file", f"{path} (sha256 {hashlib.sha256(read_regular(path)).hexdigest()})")


def describe_hours(hours: list[Hours]) -> Joined:
    """Hours in words: ``Monday to Friday 08:00-18:00``."""
    return Joined(
        (
            Joined((_days(list(span.days)), f"{span.start}-{span.end}"), between=" ")
            for span in hours
        ),
        between="; ",
    )


def _days(days: list[str]) -> str:
    order = list(_DAY_NAMES)
    places = sorted(order.index(day) for day in set(days))
    names = [say(_DAY_NAMES[order[place]]) for place in places]
    if len(places) > 2 and places[-1] - places[0] == len(places) - 1:
        return say("{first} to {last}", first=names[0], last=names[-1])
    return Joined(names)


def gate_of(site: SiteFile, camera: CameraFile) -> CameraAuthorization:
    """The gate of a camera, as its node sees it."""
    settings = camera.authorization or AuthorizationSettings(required=False)
    return CameraAuthorization(settings, camera.name, withdrawn_in(site.audit.folder, camera.name))
