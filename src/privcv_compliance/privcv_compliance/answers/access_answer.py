# SPDX-License-Identifier: Apache-2.0
"""The answer to a data subject: what is in memory, on disk and sent, as the state itself says.

Nothing in it is taken on trust. What lies on disk is what a scan found; a file or a field that
should not be there is named, and then the answer cannot say that there is nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from privcv_compliance.answers.requests import Request
from privcv_compliance.answers.typed_texts import staff_statement, typed_texts
from privcv_compliance.answers.words import LEFTOVERS, NOTHING_LINKED, TYPED_TEXT
from privcv_compliance.documents.document import (
    Document,
    Evidence,
    Section,
    Statement,
    counted,
    state,
)
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.authorizations import statements_of
from privcv_compliance.evidence.leftovers import leftovers_of, name_leftovers
from privcv_compliance.evidence.promise import (
    bound,
    identities,
    longest_absence_s,
    longest_window_s,
    stay,
    unit,
)
from privcv_compliance.evidence.references import scan_evidence, setting
from privcv_compliance.evidence.running_processes import Processes
from privcv_compliance.evidence.sent import transmitted
from privcv_compliance.evidence.state_scan import Found, Scan
from privcv_compliance.site_file import SiteFile
from privcv_core.settings.time_zone import wall_clock
from privcv_privacy.anonymous_tick import TICK_S


def answer_access(
    site: SiteFile,
    request: Request,
    scan: Scan,
    facts: AuditFacts,
    processes: Processes,
    now: datetime,
) -> Document:
    """The answer to a request for access (GDPR Art. 15, CCPA 1798.110)."""
    about = state(
        f"Request {request.id} under {request.law.upper()}, received {request.received}, "
        f"answered {wall_clock(now, site.time_zone)}, due {request.deadline}.",
        Evidence("command", f"privcv dsr list --site {site.path}"),
    )
    leftovers = leftovers_of(scan, processes)
    typed = typed_texts([*facts.requests, *facts.consents], facts)
    return Document(
        f"Answer to a request for access: {site.name}",
        about,
        (
            Section("Result", (_result(leftovers, scan, now), *typed)),
            Section("Why the cameras look", tuple(_purposes(site, request.cameras, now))),
            Section("In memory now", tuple(_memory(site, request.cameras, processes, now))),
            Section("On disk", (*_disk(scan, leftovers, now), staff_statement(site))),
            Section("Sent", tuple(_sent(site, facts))),
            Section("What cannot be linked to you, and why", tuple(_unlinkable(site, request))),
        ),
        {
            "request": request.id,
            "outcome": outcome_of(leftovers, typed),
            "leftovers": len(leftovers),
        },
    )


def outcome_of(leftovers: Sequence[Found], typed: Sequence[Statement] = ()) -> str:
    """What the register says of the answer."""
    return LEFTOVERS if leftovers else TYPED_TEXT if typed else NOTHING_LINKED


def _result(leftovers: Sequence[Found], scan: Scan, now: datetime) -> Statement:
    evidence = scan_evidence(scan, now)
    if leftovers:
        folders = ", ".join(sorted({str(item.path.parent) for item in leftovers}))
        return state(
            f"{counted(len(leftovers), 'file')} found that do not belong here and may hold "
            f"personal data, in {folders}: named below.",
            evidence,
            warn=True,
        )
    return state(
        f"Of {len(scan.found)} files that were looked at, all are of known kinds, and none of "
        "them holds a picture, a position, or an identity of somebody under a camera.",
        evidence,
    )


def _purposes(site: SiteFile, cameras: Sequence[str], now: datetime) -> list[Statement]:
    return [s for name in cameras for s in statements_of(site, site.camera(name), now)]


def _memory(
    site: SiteFile, cameras: Sequence[str], processes: Processes, now: datetime
) -> list[Statement]:
    looked = Evidence("scan", f"processes of this machine at {now:%Y-%m-%dT%H:%M:%SZ}")
    said = [
        state(
            f"Process {process.pid} is running: "
            f"{', '.join(process.nodes) or 'it has the messages of the graph loaded'}.",
            looked,
        )
        for process in processes.graph
    ]
    if processes.unknown:
        said.append(
            state(
                f"What else is in memory is not known: {processes.unknown}.",
                looked,
                warn=True,
            )
        )
    if not said:
        return [state("No process of the graph is running, so nothing is in memory.", looked)]
    if not processes.graph:
        return said
    for name in cameras:
        camera = site.camera(name)
        kept = setting(site, f"cameras.{name}.anonymization.identities.forget_s")
        forget_s = camera.anonymization.identities.forget_s
        if site.privacy.epoch_s:  # nothing of a person is remembered beyond the tick
            forget_s, kept = TICK_S, setting(site, "privacy.unit")
        said += identities(site, camera)
        said.append(
            state(
                f"{forget_s:g} s after somebody left, the anonymization of camera '{name}' holds "
                "nothing of them.",
                kept,
            )
        )
        said.append(
            state(
                f"Camera '{name}': the frame, boxes and positions of people in view are in memory "
                "while they are in view, and no message that leaves detection can hold an image.",
                Evidence("command", "privcv audit schema"),
                Evidence("command", "privcv audit residue"),
            )
        )
    said.append(window_statement(site))
    return said


def window_statement(site: SiteFile) -> Statement:
    """What the process that counts holds of an identity (pseudonym), and until when."""
    privacy = site.privacy
    if privacy.epoch_s:
        return state(
            "The process that counts holds in which zones an identity was and for how long, until "
            f"the dwell period of {privacy.dwell_period_s} s ends.",
            setting(site, "privacy"),
        )
    return state(
        "The process that counts holds in which zones an identity was and for how long, until "
        f"{longest_absence_s(privacy)} s after it was last seen; where the camera falls silent, "
        f"until {privacy.identity_lifetime_s} s after it and then until the window ends, at most "
        f"{longest_window_s(privacy)} s later. After a deletion it holds nothing of it from the "
        "camera's next message on.",
        setting(site, "privacy"),
    )


def _disk(scan: Scan, leftovers: Sequence[Found], now: datetime) -> list[Statement]:
    evidence = scan_evidence(scan, now)
    said = [
        state(f"{item.path} ({item.bytes} bytes): {item.what}.", evidence)
        for item in scan.found
        if not item.is_leftover
    ]
    said += name_leftovers(leftovers, evidence)
    return said or [state("No file was found in the folders of the site.", evidence)]


def _sent(site: SiteFile, facts: AuditFacts) -> list[Statement]:
    if not site.collector:
        said = [state("Reports stay on the device: no collector is set.", setting(site, "uplink"))]
        return [*said, *(transmitted(facts) if facts.transmitted else ())]
    said = [
        state(
            f"Reports go to {site.collector}: noisy totals per zone and window, no entry of a "
            "single person.",
            setting(site, "uplink.url"),
            Evidence("command", "privcv audit schema"),
        )
    ]
    return said + transmitted(facts)


def _unlinkable(site: SiteFile, request: Request) -> list[Statement]:
    privacy = site.privacy
    said = [
        state(
            f"Reports are totals with noise: whether or not one {unit(privacy)} of yours took "
            f"place changes the chance of what is reported by at most {bound(privacy)}, so no "
            "report can be said to be about you.",
            setting(site, "privacy.epsilon"),
            setting(site, "privacy.unit"),
            setting(site, "privacy.mechanism"),
        )
    ]
    said += stay(site)
    for name in request.cameras:
        key = setting(site, f"cameras.{name}.anonymization.identities")
        if site.camera(name).anonymization.identities.unsafe_test_secret:
            what = f"Camera '{name}' uses a test secret: who knows it can tell"
            said.append(state(f"{what} which identity is yours.", key, warn=True))
            continue
        said.append(
            state(
                f"Which identity under camera '{name}' is yours is not known to anybody: "
                "identities are random to all who lack a secret that is replaced and never "
                "stored. The controller is not obliged to find out who you are only to answer "
                "(GDPR Art. 11).",
                key,
                Evidence("law", "GDPR Art. 11"),
            )
        )
    return said
