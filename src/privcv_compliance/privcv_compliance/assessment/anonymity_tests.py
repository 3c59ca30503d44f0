# SPDX-License-Identifier: Apache-2.0
"""WP216's three tests (singling out, linkability, inference) of what there is of people, answered.

Frames and tracks fail them and are personal data; reports are judged by bounds and by attacks.
"""

from privcv_compliance.assessment import maker_figures as maker
from privcv_compliance.assessment.epsilon_meaning import sure
from privcv_compliance.documents.document import Evidence, Row, Section, Table, row, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.promise import unit
from privcv_compliance.evidence.references import reference, setting
from privcv_compliance.languages.phrase import say
from privcv_compliance.site_file import SiteFile

_WP216 = Evidence("law", "WP216 (Opinion 05/2014), section 2.2.2")
_SCHEMA = Evidence("command", "privcv audit schema")


def anonymity_tests(site: SiteFile, facts: AuditFacts) -> Section:
    """The section: a row each for frames, tracks and reports."""
    heads = ("Of what", "Singling out", "Linkability", "Inference")
    return Section(
        say("Is what leaves anonymous? The three tests of WP216"),
        (
            state(
                "Frames and tracks are personal data; the tracks are pseudonymous, one row for "
                "each person and tick. The reports are meant to be anonymous: whether they are, is "
                "judged by what follows, and again when something changes.",
                _WP216,
                Evidence("law", "GDPR Recital 26, Art. 4(5)"),
            ),
        ),
        Table(
            tuple(say(head) for head in heads),
            (_frames(site), _tracks(site, facts), _reports(site)),
        ),
    )


def _frames(site: SiteFile) -> Row:
    return row(
        say("Frames, in the memory of the camera process"),
        say("Yes: a frame shows people."),
        say("Yes, while it lasts: {frames:g} frames' worth was found 0.5 s after the last look.",
            frames=maker.RESIDUE_FRAMES.value),
        say("Yes."),
        on=(maker.RESIDUE_FRAMES.evidence, setting(site, "cameras"), _WP216),
    )  # fmt: skip


def _tracks(site: SiteFile, facts: AuditFacts) -> Row:
    measured = facts.measured.get("relink_rate")
    if measured is not None:
        value = measured.facts.get("value")
        linked = say("Yes, while an identity lasts. Across a change, as recorded here: {value}.",
                     value=f"{value} {measured.facts.get('unit') or ''}".strip())  # fmt: skip
        evidence = (reference(measured),)
    else:
        linked = say(
            "Yes, while an identity lasts. Across a change an attacker of the maker's linked "
            "{waiting:.1%} in a waiting room and {passing:.1%} where people pass; {naive:.1%} had "
            "nothing but the secret been replaced.",
            waiting=maker.RELINKED_WAITING.value,
            passing=maker.RELINKED_PASSING.value,
            naive=maker.RELINKED_NAIVE.value,
        )
        evidence = (maker.RELINKED_WAITING.evidence,)
    return row(
        say("Pseudonymous tracks, on the device"),
        say("Yes: one row for each person and tick."),
        linked,
        say("Yes: where somebody was."),
        on=(_SCHEMA, *evidence, _WP216),
    )


def _reports(site: SiteFile) -> Row:
    privacy = site.privacy
    if privacy.k > 1:
        single = say(
            "A report is a noisy sum over a zone, shown only where it reaches {least:g}; how many "
            "there truly were, it does not tell.",
            least=privacy.k + privacy.margin,
        )
    else:
        single = say("A zone is shown however few its noisy count says there are.")
    return row(
        say("Reports, which leave the device"),
        single,
        say("No report holds an identity, so that two of them cannot be linked by one."),
        say(
            "Bounded: whether one {unit} took place can be told with {sure:.0%} certainty at most; "
            "the maker's attack at epsilon 1 stayed at or below {found:.1%}. That many people were "
            "there is what is told.",
            unit=unit(privacy),
            sure=sure(privacy.epsilon),
            found=maker.MEMBERSHIP.value,
        ),
        on=(
            setting(site, "privacy"),
            _SCHEMA,
            maker.MEMBERSHIP.evidence,
            _WP216,
        ),
        warn=privacy.k <= 1 or privacy.epsilon > 1,
    )
