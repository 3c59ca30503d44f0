# SPDX-License-Identifier: Apache-2.0
"""The record of processing activities, by the letters of GDPR Art. 30(1)."""

from privcv_compliance.assessment.retention import retention
from privcv_compliance.documents.document import Evidence, Section, Statement, state
from privcv_compliance.evidence.authorizations import LAWFUL_BASES, record_evidence, record_of
from privcv_compliance.exports.made_from import MadeFrom
from privcv_compliance.exports.security_measures import measures
from privcv_compliance.languages.phrase import say


def sections(made: MadeFrom) -> tuple[Section, ...]:
    """Letters (a) to (g), in order."""
    return (
        Section(
            say("(a) Controller, joint controllers, data protection officer"),
            made.quoted(
                "controller.name",
                "controller.address",
                "controller.contact",
                "recipients.joint_controllers",
                "dpo.appointed",
                "dpo.contact",
            ),
        ),
        Section(say("(b) Purposes"), _purposes(made)),
        Section(say("(c) Categories of people and of personal data"), _categories(made)),
        Section(
            say("(d) Recipients"),
            (*made.quoted("recipients.readers", "recipients.processors"), _collector(made)),
        ),
        Section(say("(e) Transfers to third countries"), made.quoted("recipients.transfers")),
        Section(say("(f) Time limits for erasure"), (), retention(made.site, made.file)),
        Section(say("(g) Technical and organisational measures"), (), measures(made)),
    )


def _purposes(made: MadeFrom) -> tuple[Statement, ...]:
    said = []
    for camera in made.site.cameras.values():
        record = record_of(camera)
        if record is None:
            said.append(
                state(
                    "Camera '{camera}' has no authorization record that can be read.",
                    made.set_at(f"cameras.{camera.name}.authorization"),
                    warn=True,
                    camera=camera.name,
                )
            )
            continue
        said.append(
            state(
                "Camera '{camera}', {area}: {purpose}; {basis}.",
                record_evidence(camera),
                camera=camera.name,
                area=record.area,
                purpose=record.purpose,
                basis=say(LAWFUL_BASES[record.lawful_basis]),
            )
        )
    return (*said, *made.quoted("purpose.decisions", "purpose.interest", "purpose.legal_task"))


def _categories(made: MadeFrom) -> tuple[Statement, ...]:
    return (
        state(
            "Everybody who comes into view of a camera. Of them: frames in memory, boxes, places "
            "on the floor, pseudonymous identities, and what these did in a window.",
            made.set_at("cameras"),
            Evidence("command", "privcv audit schema"),
        ),
        *made.quoted("people.children", "people.staff", "people.special_categories"),
    )


def _collector(made: MadeFrom) -> Statement:
    if not made.site.collector:
        return state("Reports stay on the device: no collector is set.", made.set_at("uplink"))
    return state(
        "Reports, which are noisy totals, go to {collector}.",
        made.set_at("uplink.url"),
        collector=made.site.collector,
    )
