# SPDX-License-Identifier: Apache-2.0
"""The answer to a data subject: what is in memory, on disk and sent, as the state itself says.

Nothing in it is taken on trust. What lies on disk is what a scan found; a file or a field that
should not be there is named, and then the answer cannot say that there is nothing.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from privcv_compliance.answers.requests import Request
from privcv_compliance.documents.document import Document, Evidence, Section, Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts, reference
from privcv_compliance.evidence.authorizations import statements_of
from privcv_compliance.evidence.running_processes import Running
from privcv_compliance.evidence.state_scan import Found, Scan
from privcv_compliance.site_file import SiteFile

NOTHING_LINKED = "nothing that can be linked to a person"
LEFTOVERS = "leftovers found"


def answer_access(
    site: SiteFile,
    request: Request,
    scan: Scan,
    facts: AuditFacts,
    running: Sequence[Running],
    now: datetime,
) -> Document:
    """The answer to a request for access (GDPR Art. 15, CCPA 1798.110)."""
    about = state(
        f"Request {request.id} under {request.law.upper()}, received {request.received}, "
        f"answered {now:%Y-%m-%d %H:%M} UTC, due {request.deadline}.",
        Evidence("command", f"privcv dsr list --site {site.path}"),
    )
    leftovers = leftovers_of(scan, running, site)
    return Document(
        f"Answer to a request for access: {site.name}",
        about,
        (
            Section("Result", (_result(leftovers, scan, now),)),
            Section("Why the cameras look", tuple(_purposes(site, request.cameras))),
            Section("In memory now", tuple(_memory(site, request.cameras, running, now))),
            Section("On disk", tuple(_disk(scan, leftovers, now))),
            Section("Sent", tuple(_sent(site, facts, scan))),
            Section("What cannot be linked to you, and why", tuple(_unlinkable(site, request))),
        ),
        {"request": request.id, "outcome": outcome_of(leftovers), "leftovers": len(leftovers)},
    )


def leftovers_of(scan: Scan, running: Sequence[Running], site: SiteFile) -> list[Found]:
    """Everything that should not be there: on disk, and open for writing in a process."""
    found = list(scan.leftovers)
    seen = {item.path for item in scan.found}
    for process in running:
        for path in process.files or ():
            is_scanned = any(folder in path.resolve().parents for folder in scan.folders)
            if path not in seen and not is_scanned and not _is_log(path):
                seen.add(path)
                size = path.stat().st_size if path.exists() else 0
                what = f"a file that process {process.pid} ({', '.join(process.nodes)}) writes to"
                found.append(Found(path, size, what, "a node writes outside the site's folders"))
    return found


def _is_log(path: Path) -> bool:
    """Whether this is where ROS keeps the log of a node, which is text that nodes wrote."""
    folder = os.environ.get("ROS_LOG_DIR") or os.path.join(
        os.environ.get("ROS_HOME") or Path.home() / ".ros", "log"
    )
    return path.suffix == ".log" and Path(folder).resolve() in path.resolve().parents


def outcome_of(leftovers: Sequence[Found]) -> str:
    """What the register says of the answer."""
    return LEFTOVERS if leftovers else NOTHING_LINKED


def name_leftovers(leftovers: Sequence[Found], evidence: Evidence) -> list[Statement]:
    """Every leftover by name; those of one folder that are of one kind in one warning."""
    alike: dict[tuple[Path, str, str], list[Found]] = {}
    for item in leftovers:
        alike.setdefault((item.path.parent, item.what, item.problem), []).append(item)
    return [
        state(
            f"Leftover in {folder}: "
            + ", ".join(f"{item.path.name} ({item.bytes} bytes)" for item in items)
            + f": {what}; {problem}. Whether it shows anybody has to be judged by a person.",
            evidence,
            warn=True,
        )
        for (folder, what, problem), items in alike.items()
    ]


def scan_evidence(scan: Scan, now: datetime) -> Evidence:
    """What was looked at, and when."""
    folders = ", ".join(str(folder) for folder in scan.folders)
    return Evidence("scan", f"every file under {folders} at {now:%Y-%m-%dT%H:%M:%SZ}")


def _result(leftovers: Sequence[Found], scan: Scan, now: datetime) -> Statement:
    evidence = scan_evidence(scan, now)
    if leftovers:
        folders = ", ".join(sorted({str(item.path.parent) for item in leftovers}))
        return state(
            f"{len(leftovers)} files were found that do not belong here and may hold personal "
            f"data, in {folders}; they are named below.",
            evidence,
            warn=True,
        )
    return state(
        f"Of {len(scan.found)} files that were looked at, all are of known kinds, and none of "
        "them holds a picture, a position, or an identity of a person.",
        evidence,
    )


def _purposes(site: SiteFile, cameras: Sequence[str]) -> list[Statement]:
    return [s for name in cameras for s in statements_of(site, site.camera(name))]


def _memory(
    site: SiteFile, cameras: Sequence[str], running: Sequence[Running], now: datetime
) -> list[Statement]:
    looked = Evidence("scan", f"processes of this machine at {now:%Y-%m-%dT%H:%M:%SZ}")
    if not running:
        return [state("No process of the graph is running, so nothing is in memory.", looked)]
    said = [
        state(
            f"Process {process.pid} is running: {', '.join(process.nodes) or 'no node named'}.",
            looked,
        )
        for process in running
    ]
    for name in cameras:
        camera = site.camera(name)
        identities = camera.anonymization.identities
        key = f"cameras.{name}.anonymization.identities"
        said.append(
            state(
                f"Camera '{name}': an identity is replaced every {identities.period_s:g} s; one "
                f"who stays keeps the old one for at most {identities.grace_s:g} s more; "
                f"{identities.forget_s:g} s after somebody left, nothing is kept of them.",
                setting(site, key),
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
    return said


def _disk(scan: Scan, leftovers: Sequence[Found], now: datetime) -> list[Statement]:
    evidence = scan_evidence(scan, now)
    said = [
        state(f"{item.path} ({item.bytes} bytes): {item.what}.", evidence)
        for item in scan.found
        if not item.is_leftover
    ]
    said += name_leftovers(leftovers, evidence)
    return said or [state("No file was found in the folders of the site.", evidence)]


def _sent(site: SiteFile, facts: AuditFacts, scan: Scan) -> list[Statement]:
    if not site.collector:
        return [state("No collector is set: reports stay on this device.", setting(site, "uplink"))]
    said = [
        state(
            f"Reports go to {site.collector}: noisy totals per zone and window, no entry of a "
            "single person.",
            setting(site, "uplink.url"),
            Evidence("command", "privcv audit schema"),
        )
    ]
    if facts.transmitted:
        last = facts.transmitted[-1]
        said.append(
            state(
                f"Reports up to number {last.facts.get('last')} were transmitted.", reference(last)
            )
        )
    else:
        said.append(
            state(
                "The audit log knows of no report that was transmitted.",
                Evidence(
                    "command",
                    f"privcv audit log show --folder {facts.folder} --event reports.transmitted",
                ),
            )
        )
    return said


def _unlinkable(site: SiteFile, request: Request) -> list[Statement]:
    privacy = site.privacy
    return [
        state(
            f"Reports are totals with noise: whether or not one {privacy.unit.replace('_', ' ')} "
            "of yours took place changes the chance of what is reported by at most a factor of "
            f"e^{privacy.epsilon:g}, so no report can be said to be about you.",
            setting(site, "privacy.epsilon"),
            setting(site, "privacy.unit"),
        ),
        state(
            "Which identity in memory is yours is not known to anybody: the identities are random "
            "to all who lack a secret that is replaced and never stored. The controller is not "
            "obliged to find out who you are only to answer (GDPR Art. 11).",
            setting(site, "cameras.*.anonymization.identities"),
            Evidence("law", "GDPR Art. 11"),
        ),
    ]


def setting(site: SiteFile, key: str) -> Evidence:
    """A key of the site file as evidence; a key that is not there has its default."""
    return Evidence("setting", f"{site.path} (sha256 {site.digest}): {key}")
