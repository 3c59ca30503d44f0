# SPDX-License-Identifier: Apache-2.0
"""The measures of GDPR Art. 32(1), letter by letter: what is set, and what shows that it holds.

A row is only there while its setting is; what a setting leaves out is said as a warning.
"""

from collections.abc import Iterator

from privcv_compliance.assessment import maker_figures as maker
from privcv_compliance.assessment.retention import retention
from privcv_compliance.documents.document import Evidence, Row, Section, Table, row
from privcv_compliance.exports.made_from import MadeFrom
from privcv_compliance.languages.phrase import say


def sections(made: MadeFrom) -> tuple[Section, ...]:
    """Measures, and how long what is kept."""
    return (
        Section(say("Technical and organisational measures"), (), measures(made)),
        Section(say("Retention"), (), retention(made.site, made.file)),
    )


def measures(made: MadeFrom) -> Table:
    """A row for each measure, with the letter of Art. 32(1) that it serves."""
    heads = ("Art. 32(1)", "Measure", "As it is set here")
    rows = (*_pseudonymisation(made), *_confidentiality(made), *_restoring(made), *_testing(made))
    return Table(tuple(say(head) for head in heads), rows)


def _pseudonymisation(made: MadeFrom) -> Iterator[Row]:
    for camera in made.site.cameras.values():
        identities = camera.anonymization.identities
        yield row(
            "(a)",
            say("People have rotating identities; the secret is in memory only"),
            say(
                "camera '{camera}': a new secret every {period:g} s",
                camera=camera.name,
                period=identities.period_s,
            ),
            on=(made.set_at(f"cameras.{camera.name}.anonymization.identities"),),
            warn=identities.unsafe_test_secret,
        )
    privacy = made.site.privacy
    yield row(
        "(a)",
        say("Reports carry noise that a durable ledger accounts for"),
        say(
            "epsilon {epsilon:g}, at least {k} people and a margin of {margin:g}",
            epsilon=privacy.epsilon,
            k=privacy.k,
            margin=privacy.margin,
        ),
        on=(
            made.set_at("privacy"),
            Evidence("command", f"privcv budget --ledger {made.site.ledger}"),
        ),
    )
    encrypted = made.site.site.at_rest_key is not None
    yield row(
        "(a)",
        say("What is kept on the device is encrypted (AES-256-GCM)"),
        say("with a key of its own") if encrypted else say("no: it is kept in the clear"),
        on=(made.set_at("at_rest_key"),),
        warn=not encrypted,
    )
    uplink = made.site.uplink
    if uplink is not None and not uplink.is_ours:
        yield row(
            "(a)",
            say("Reports are signed, and sent by '{kind}' of another package", kind=uplink.kind),
            say("whether they are encrypted on the way is not known"),
            on=(made.set_at("uplink"),),
            warn=True,
        )
    elif uplink is not None:
        yield row(
            "(a)",
            say("Reports are sent over TLS to a pinned key, and signed"),
            say("{number} pinned keys", number=len(uplink.pins)),
            on=(made.set_at("uplink.pins"),),
        )


def _confidentiality(made: MadeFrom) -> Iterator[Row]:
    yield row(
        "(b)",
        say("Frames are overwritten after each look and written nowhere"),
        say("{frames:g} frames found 0.5 s later, by the maker", frames=maker.RESIDUE_FRAMES.value),
        on=(maker.RESIDUE_FRAMES.evidence, Evidence("command", "privcv audit residue")),
    )
    for camera in made.site.cameras.values():
        closed = camera.needs_authorization
        yield row(
            "(b)",
            say("A camera is closed without a signed record, and closes when it is withdrawn"),
            say("camera '{camera}': required", camera=camera.name)
            if closed
            else say("camera '{camera}': not required", camera=camera.name),
            on=(made.set_at(f"cameras.{camera.name}.authorization"),),
            warn=not closed,
        )
    guarded = made.site.privacy.require_guard
    yield row(
        "(b)",
        say("A guard watches who listens on the running graph"),
        say("nothing is published while it does not look")
        if guarded
        else say("reports go on while it does not look"),
        on=(made.set_at("privacy.require_guard"), Evidence("command", "privcv audit graph")),
        warn=not guarded,
    )
    yield row(
        "(b)",
        say("What was done is in a chained log that shows what was edited or taken out"),
        say("kept for {days} days of running time", days=made.site.audit.retain_days),
        on=(made.set_at("audit.retain_days"), made.facts.verification),
        warn=bool(made.facts.chains) and not made.facts.is_whole,
    )


def _restoring(made: MadeFrom) -> Iterator[Row]:
    yield row(
        "(c)",
        say("What was spent is on disk before a report leaves; nothing is paid for twice"),
        say("ledger with an anchor at {anchor}", anchor=made.site.anchor),
        on=(made.set_at("anchor"),),
    )
    if made.site.uplink is not None:
        yield row(
            "(c)",
            say("Reports wait on the device while the collector cannot be reached"),
            say("{days:g} days of running time", days=made.site.uplink.outbox.max_age_days),
            on=(made.set_at("uplink.outbox"),),
        )


def _testing(made: MadeFrom) -> Iterator[Row]:
    measured = made.facts.measured
    yield row(
        "(d)",
        say("Measures are measured again with commands of the product"),
        say("{number} figures in the audit log", number=len(measured)),
        on=(
            Evidence(
                "command", f"privcv audit log show --folder {made.facts.folder} --event measured"
            ),
        ),
        warn=not measured,
    )
