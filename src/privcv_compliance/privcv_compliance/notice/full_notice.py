# SPDX-License-Identifier: Apache-2.0
"""The whole notice: the second layer of EDPB Guidelines 3/2019, section 7.2 (GDPR Art. 13)."""

from collections.abc import Sequence
from datetime import date

from privcv_compliance.documents.document import Evidence, Section, Statement, state
from privcv_compliance.documents.public_document import PublicDocument
from privcv_compliance.evidence.authorizations import LAWFUL_BASES, describe_hours
from privcv_compliance.evidence.promise import longest_window_s
from privcv_compliance.evidence.references import setting
from privcv_compliance.languages.phrase import Joined, say
from privcv_compliance.notice.details import Details, require_second_layer
from privcv_compliance.notice.first_layer import RESIDUE, SCHEMA, kept, objection, promise, rights
from privcv_core.settings.time_zone import day_in

_LAW = Evidence("law", "GDPR Art. 13")
_REMEDIES = Evidence("law", "GDPR Art. 77, 79")
_FIND = Evidence("law", "GDPR Art. 11(2), 12(2), 12(6)")


def full_notice(cameras: Sequence[Details], today: date) -> PublicDocument:
    """The notice on all ``cameras``, which are of one site, as of ``today``.

    Raises ``ComplianceError`` that names what the controller has not answered yet.
    """
    for details in cameras:
        require_second_layer(details)
    one = cameras[0]
    return PublicDocument(
        say("How people are counted: {site}", site=one.record.site),
        state("This is the whole notice to the sign at the door, as of {day:day}.", _LAW,
              day=today),
        (
            Section(say("Who is responsible"), tuple(_responsible(one))),
            Section(say("What the camera does"), tuple(_what_happens(cameras))),
            Section(say("What for"), tuple(_purposes(cameras))),
            Section(say("What is kept, and who gets it"), tuple(_recipients(one))),
            Section(say("How not to be counted"), tuple(objections(cameras))),
            Section(say("Your rights"), tuple(_rights(one))),
            Section(say("If you are not satisfied"), tuple(remedies(one))),
        ),
    )  # fmt: skip


def _responsible(one: Details) -> list[Statement]:
    said, answer = one.said, one.answers.said
    who = [
        state(
            "Controller: {controller}, {address}.",
            one.on_record,
            answer("controller.address"),
            controller=one.record.controller,
            address=said.controller.address,
        ),
        state(
            "Contact: {contact}.",
            answer("controller.contact"),
            contact=said.controller.contact or one.record.contact,
        ),
    ]
    if said.dpo.appointed:
        what = "Data protection officer: {contact}."
        who.append(state(what, answer("dpo.contact"), contact=said.dpo.contact))
    else:
        what = "There is no data protection officer; turn to the contact above."
        who.append(state(what, answer("dpo.appointed")))
    if said.recipients.joint_controllers:
        joint = Joined(said.recipients.joint_controllers, "; ")
        key = answer("recipients.joint_controllers")
        who.append(state("Responsible together with us: {joint}.", key, joint=joint))
    return who


def _what_happens(cameras: Sequence[Details]) -> list[Statement]:
    site, one = cameras[0].site, cameras[0]
    said = [promise()]
    said += [
        state(
            "Camera {camera} sees {area}. It counts at these hours: {hours} ({zone}).",
            details.on_record,
            camera=details.record.camera,
            area=details.record.area,
            hours=describe_hours(details.record.hours),
            zone=details.record.time_zone,
        )
        for details in cameras
    ]
    longest_s = max(d.camera.anonymization.identities.longest_life_s for d in cameras)
    where = setting(site, f"cameras.{one.camera.name}.anonymization.identities")
    said += [
        state(
            "A program in the device looks at each image and overwrites it at once. The device "
            "sends no image.",
            SCHEMA,
            RESIDUE,
        ),
        state(
            "While you are in view, the program follows you under a number. Nobody can tell that "
            "the number is you. It is never written down, and it is replaced after at most "
            "{minutes} minutes. Until then it counts as personal data.",
            where,
            setting(site, "privacy.unit"),
            minutes=-(-round(site.privacy.epoch_s or longest_s) // 60),
        ),
        state("Nobody's face, age, sex or mood is told.", SCHEMA),
        state(
            "What leaves the device are totals, such as how many people were in a part of the "
            "room in {minutes} minutes. To each, a random number is added. So no total tells for "
            "certain whether you were there.",
            setting(site, "privacy.window_s"),
            setting(site, "privacy.mechanism"),
            minutes=-(-longest_window_s(site.privacy) // 60),
        ),
    ]
    if site.privacy.k > 1:
        what = "A total of fewer than {k} people, as it is told, is not shown."
        said.append(state(what, setting(site, "privacy.k"), k=site.privacy.k))
    return said


def _purposes(cameras: Sequence[Details]) -> list[Statement]:
    one = cameras[0]
    answer, purpose = one.answers.said, one.said.purpose
    said = [
        state(
            "Camera {camera}: {purpose}.",
            details.on_record,
            camera=details.record.camera,
            purpose=details.record.purpose,
        )
        for details in cameras
    ]
    said.append(
        state(
            "What is decided by it: {decisions}",
            answer("purpose.decisions"),
            decisions=purpose.decisions,
        )
    )
    for basis in dict.fromkeys(details.record.lawful_basis for details in cameras):
        what = "We do this on the basis of {basis}."
        said.append(state(what, one.on_record, basis=say(LAWFUL_BASES[basis])))
    if any(details.record.lawful_basis == "legitimate_interests" for details in cameras):
        key = answer("purpose.interest")
        said.append(state("Our interest: {interest}", key, interest=purpose.interest))
    if purpose.legal_task:
        key = answer("purpose.legal_task")
        said.append(state("The law behind it: {law}", key, law=purpose.legal_task))
    return said


def _recipients(one: Details) -> list[Statement]:
    recipients, answer = one.said.recipients, one.answers.said
    said = [kept(one)]
    if recipients.readers:
        key = answer("recipients.readers")
        said.append(state("Who reads them: {readers}.", key, readers=Joined(recipients.readers)))
    if recipients.processors:
        key = answer("recipients.processors")
        who = Joined(recipients.processors, "; ")
        said.append(state("Who works for us: {who}.", key, who=who))
    if one.site.privacy.across_share:
        what = (
            "Sums over several places are made of ours, too; whoever makes them does not see what "
            "was counted here."
        )
        said.append(state(what, setting(one.site, "privacy.across_share")))
    if recipients.transfers:
        what = "Sent to countries outside the European Economic Area: {what}."
        key = answer("recipients.transfers")
        said.append(state(what, key, what=Joined(recipients.transfers, "; ")))
    else:
        what = "Nothing is sent to countries outside the European Economic Area."
        said.append(state(what, answer("recipients.transfers")))
    return said


def objections(cameras: Sequence[Details]) -> list[Statement]:
    """How to object, and what follows from what the totals are used for."""
    said: list[Statement] = []
    for details in cameras:
        said += [fact.statement for fact in objection(details)]
    said = list({statement.text: statement for statement in said}.values())
    operational = [d for d in cameras if d.record.use == "operational" and d.may_object]
    for details in operational:
        said.append(
            state(
                "Somebody acts on the totals of camera {camera} at once. So we refuse no objection "
                "for the reason that they are statistics.",
                details.on_record,
                Evidence("law", "GDPR Art. 21(6), 89(1), Recital 162"),
                camera=details.record.camera,
            )
        )
    for details in cameras:
        if details.record.use == "statistics":
            said.append(
                state(
                    "The totals of camera {camera} are used for statistics only.",
                    details.on_record,
                    camera=details.record.camera,
                )
            )
    return said


def _rights(one: Details) -> list[Statement]:
    return [
        rights(one),
        *finding(),
        state(
            "No decision about you is made by a machine, and nothing obliges you to be counted.",
            SCHEMA,
            Evidence("law", "GDPR Art. 13(2)(e), (f), 22"),
        ),
        state(
            "This is permitted until {end:day}.",
            one.on_record,
            end=day_in(one.record.expires, one.record.time_zone),
        ),
    ]


def finding() -> list[Statement]:
    """That we do not know who is who, and how somebody can help (GDPR Art. 11(2))."""
    return [
        state("We do not know who you are, and the law does not make us find out.", _FIND),
        state(
            "If you ask, tell us where you were, on which day and at what time. We then look "
            "whether there is anything of yours. You need no identity card and no photo for it.",
            _FIND,
        ),
    ]


def remedies(one: Details) -> list[Statement]:
    """Complaint and court (GDPR Art. 77, 79)."""
    return [
        state(
            "You have the right to lodge a complaint with a supervisory authority. Ours is: "
            "{authority}.",
            one.answers.said("controller.supervisory_authority"),
            _REMEDIES,
            authority=one.said.controller.supervisory_authority,
        ),
        state("You can also go to court.", _REMEDIES),
    ]
