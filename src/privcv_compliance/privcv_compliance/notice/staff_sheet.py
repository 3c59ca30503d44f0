# SPDX-License-Identifier: Apache-2.0
"""A fact sheet for staff and their representatives, with evidence: what it can tell of them."""

from collections.abc import Sequence
from datetime import date

from privcv_compliance.documents.document import Document, Evidence, Section, Statement, state
from privcv_compliance.evidence.authorizations import describe_hours
from privcv_compliance.evidence.promise import longest_window_s
from privcv_compliance.evidence.references import setting
from privcv_compliance.languages.phrase import Joined, say
from privcv_compliance.notice.details import Details, require_second_layer
from privcv_compliance.notice.first_layer import RESIDUE, SCHEMA

_NATIONAL = Evidence("law", "GDPR Art. 88; national law: ask counsel")


def staff_sheet(cameras: Sequence[Details], today: date) -> Document:
    """The fact sheet on all ``cameras``, which are of one site. Raises ``ComplianceError``."""
    for details in cameras:
        require_second_layer(details)
    site = cameras[0].site
    return Document(
        say("Facts for staff and the works council: {site}", site=site.name),
        state("As of {day:day}.", setting(site, "site"), day=today),
        (
            Section(say("What the cameras see"), tuple(_seen(cameras))),
            Section(say("What can be told of you"), tuple(_told(cameras))),
            Section(say("What was agreed"), tuple(_agreed(cameras[0]))),
            Section(say("How a change is noticed"), tuple(_changes(cameras[0]))),
        ),
    )


def _seen(cameras: Sequence[Details]) -> list[Statement]:
    said = []
    for details in cameras:
        camera, site = details.camera, details.site
        said.append(
            state(
                "Camera {camera} sees {area}. It counts at these hours: {hours} ({zone}).",
                details.on_record,
                camera=camera.name,
                area=details.record.area,
                hours=describe_hours(details.record.hours),
                zone=details.record.time_zone,
            )
        )
        key = setting(site, f"cameras.{camera.name}.privacy_zones")
        if camera.privacy_zones:
            what = "Camera {camera}: blacked out before any program looks: {zones}."
            zones = Joined(camera.privacy_zones)
            said.append(state(what, key, camera=camera.name, zones=zones))
        else:
            what = "Camera {camera}: nothing is blacked out. Is a workplace in view?"
            said.append(state(what, key, warn=True, camera=camera.name))
        key = setting(site, camera.zones_key)
        what = "Camera {camera}: these parts of the floor are counted: {zones}."
        said.append(state(what, key, camera=camera.name, zones=Joined(camera.zones)))
    return said


def _told(cameras: Sequence[Details]) -> list[Statement]:
    site = cameras[0].site
    minutes = -(-longest_window_s(site.privacy) // 60)
    return [
        state("No image is stored or sent, and nobody is recognized.", SCHEMA, RESIDUE),
        state(
            "Staff are counted like everybody else: a total of {minutes} minutes does not say who "
            "was there, nor what anybody did.",
            setting(site, "privacy.window_s"),
            SCHEMA,
            minutes=minutes,
        ),
        state(
            "Each visit is protected, not a working day. Who is there for hours is counted as "
            "many visits, and the protection of all of them together is weaker. The impact "
            "assessment says by how much.",
            setting(site, "privacy.epsilon"),
            setting(site, "privacy.unit"),
            Evidence("command", f"privcv dpia --site {site.path}"),
            warn=True,
        ),
        state(
            "At hours when only staff are there, a total is about staff. Such hours are best left "
            "out of the authorized hours.",
            cameras[0].on_record,
            warn=True,
        ),
    ]


def _agreed(one: Details) -> list[Statement]:
    people, answer = one.said.people, one.answers.said
    said = []
    if people.staff_measures:
        key = answer("people.staff_measures")
        said.append(state("What is done for staff: {what}", key, what=people.staff_measures))
    if people.staff_consultation:
        key = answer("people.staff_consultation")
        said.append(state("How staff were heard: {what}", key, what=people.staff_consultation))
    else:
        what = "How staff were heard has not been answered yet."
        said.append(state(what, answer("people.staff_consultation"), warn=True))
    said.append(
        state("Whether the works council has to agree is national law: ask counsel.", _NATIONAL)
    )
    return said


def _changes(one: Details) -> list[Statement]:
    site = one.site
    log = Evidence(
        "command", f"privcv audit log show --site {site.path} --event configuration.changed"
    )
    return [
        state(
            "Another purpose, place or hour needs another signed record: without it the camera "
            "stays closed.",
            one.on_record,
        ),
        state(
            "Every change of a setting is in the audit log, which is kept for {days} days and "
            "shows what was deleted from it.",
            log,
            setting(site, "audit.retain_days"),
            days=site.audit.retain_days,
        ),
    ]
