# SPDX-License-Identifier: Apache-2.0
"""The data sheet: what a site's reports are, how good, and what they are not for. One page."""

from privcv_compliance.assessment import maker_figures as maker
from privcv_compliance.assessment.description import released
from privcv_compliance.documents.document import Evidence, Section, Statement, state
from privcv_compliance.evidence.authorizations import record_evidence, record_of
from privcv_compliance.evidence.promise import bound, longest_window_s, unit
from privcv_compliance.exports.made_from import MadeFrom
from privcv_compliance.languages.phrase import how_many, say


def sections(made: MadeFrom) -> tuple[Section, ...]:
    """What, how made, how good, what not."""
    return (
        Section(say("What is counted"), (*_counted(made), released(made.site), *_purposes(made))),
        Section(say("How it is protected"), _protected(made)),
        Section(say("How good it is"), _accuracy(made)),
        Section(say("What it is not for"), _not_for(made)),
    )


def _counted(made: MadeFrom) -> list[Statement]:
    return [
        state(
            "Camera '{camera}' counts people in {zones}: {names}, for windows of {window} s at "
            "most.",
            made.set_at(camera.zones_key),
            made.set_at("privacy.window_s"),
            camera=camera.name,
            zones=how_many(len(camera.zones), "zone"),
            names=", ".join(camera.zones),
            window=longest_window_s(made.site.privacy),
        )
        for camera in made.site.cameras.values()
    ]


def _purposes(made: MadeFrom) -> list[Statement]:
    return [
        state(
            "Purpose of camera '{camera}': {purpose}.",
            record_evidence(camera),
            camera=camera.name,
            purpose=record.purpose,
        )
        for camera in made.site.cameras.values()
        if (record := record_of(camera))
    ]


def _protected(made: MadeFrom) -> tuple[Statement, ...]:
    privacy = made.site.privacy
    return (
        state(
            "Whether or not one {unit} took place changes the chance of any sequence of "
            "reports by at most {bound}.",
            made.set_at("privacy.epsilon"),
            made.set_at("privacy.unit"),
            unit=unit(privacy),
            bound=bound(privacy),
        ),
        state(
            "Who comes often, or stays all day, pays for each {unit} again: see the table in the "
            "assessment.",
            made.set_at("privacy.unit"),
            Evidence("command", f"privcv dpia --site {made.site.path}"),
            unit=unit(privacy),
        ),
    )


def _accuracy(made: MadeFrom) -> tuple[Statement, ...]:
    return (
        state(
            "Each value has an interval that is to hold the truth in {share:.0%} of cases.",
            made.set_at("privacy.confidence"),
            share=made.site.privacy.confidence,
        ),
        state(
            "With the settings as shipped the maker measured {street:.1%} accuracy of occupancy on "
            "one recording and {campus:.1%} on another, at epsilon 1; this site was not measured "
            "by it.",
            maker.ACCURACY_STREET.evidence,
            street=maker.ACCURACY_STREET.value,
            campus=maker.ACCURACY_CAMPUS.value,
        ),
    )


def _not_for(made: MadeFrom) -> tuple[Statement, ...]:
    return (
        state(
            "Not for recognising, following or judging anybody, not for counting who is left in a "
            "building in an emergency, and not for anything that turns on a single person: a value "
            "may be wrong by more than its interval.",
            made.set_at("privacy.confidence"),
            Evidence("command", "privcv evaluate totals"),
        ),
    )
