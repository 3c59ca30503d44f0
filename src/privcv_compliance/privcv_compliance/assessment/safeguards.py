# SPDX-License-Identifier: Apache-2.0
"""The safeguards in force: a section of the impact assessment, from settings and the audit log."""

from collections.abc import Sequence

from privcv_compliance.documents.document import Evidence, Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.promise import bound, identities, stay, unit
from privcv_compliance.evidence.references import reference, setting
from privcv_compliance.languages.phrase import how_many, say
from privcv_compliance.site_file import CameraFile, SiteFile
from privcv_core.protocol.timestamps import parse_iso8601
from privcv_core.settings.time_zone import wall_clock

_RESULTS = {"ok": "nothing found", "found": "something found"}
LARGE_EPSILON = 1.0
"""Above it the bound is said to need attention."""


def safeguards(
    site: SiteFile, cameras: Sequence[CameraFile], facts: AuditFacts
) -> tuple[Statement, ...]:
    """Noise, the smallest count that is shown, identities, and whether the audit log is whole."""
    said = [*_noise(site)]
    for camera in cameras:
        said += identities(site, camera)
    return (*said, *_audit_log(facts), *_canary(site, facts))


def _canary(site: SiteFile, facts: AuditFacts) -> list[Statement]:
    """What was looked at last for leaks, and when."""
    if not facts.canary:
        command = Evidence("command", f"privcv canary --site {site.path}")
        return [state("When leaks were last looked for: not measured.", command)]
    return [
        state(
            "Leaks, check '{check}': last looked on {when}, {result}.",
            reference(entry),
            warn=entry.facts.get("state") != "ok",
            check=check,
            when=wall_clock(parse_iso8601(entry.time), site.time_zone),
            result=say(_RESULTS.get(str(entry.facts.get("state")), "could not be looked at")),
        )
        for check, entry in sorted(facts.canary.items())
    ]


def _noise(site: SiteFile) -> list[Statement]:
    privacy = site.privacy
    said = [
        state(
            "Whether or not one {unit} took place changes the chance of any sequence of "
            "reports by at most {bound}.",
            setting(site, "privacy.epsilon"),
            setting(site, "privacy.unit"),
            setting(site, "privacy.mechanism"),
            warn=privacy.epsilon > LARGE_EPSILON,
            unit=unit(privacy),
            bound=bound(privacy),
        )
    ]
    said += stay(site)
    if privacy.k > 1:
        said.append(
            state(
                "A zone is shown only where its noisy count reaches {sum:g}: "
                "{k} people and a margin of {margin:g}.",
                setting(site, "privacy.k"),
                setting(site, "privacy.margin"),
                sum=privacy.k + privacy.margin,
                k=privacy.k,
                margin=privacy.margin,
            )
        )
    else:
        what = "A zone is shown however few its noisy count says there are."
        said.append(state(what, setting(site, "privacy.k"), warn=True))
    if privacy.across_share:
        said.append(
            state(
                "Of epsilon {epsilon:g} a share of {share:g} is for sums over several sites, which "
                "two collectors of different operators add up without seeing the counts of any.",
                setting(site, "privacy.across_share"),
                epsilon=privacy.epsilon,
                share=privacy.across_share,
            )
        )
        what = (
            "If both operators put together what they have, they see this site's counts under "
            "little noise: that they are independent of each other is to be shown."
        )
        said.append(state(what, setting(site, "privacy.across_share"), warn=True))
        if privacy.across_share < 1:
            what = (
                "Reports of this site exist beside the sums: its own numbers are hidden from "
                "nobody who reads them."
            )
            said.append(state(what, setting(site, "privacy.across_share")))
    if privacy.unit != "visit":
        what = "What is protected is one {unit}: what several of one stay tell adds up."
        said.append(state(what, setting(site, "privacy.unit"), warn=True, unit=unit(privacy)))
    return said


def _audit_log(facts: AuditFacts) -> list[Statement]:
    if not facts.chains:
        what = "There is no audit log: nothing of what follows could be checked."
        return [state(what, facts.verification, warn=True)]
    if facts.is_whole:
        entries = sum(report.entries for report in facts.chains.values())
        what = (
            "The audit log is whole in itself: {chains}, {entries} entries. "
            "That none was cut off at an end shows only against checkpoints kept elsewhere."
        )
        chains = how_many(len(facts.chains), "chain")
        return [state(what, facts.verification, chains=chains, entries=entries)]
    return [
        state(
            "The audit log was touched: {problem}.",
            facts.verification,
            warn=True,
            problem=problem,
        )
        for report in facts.chains.values()
        for problem in report.problems
    ]
