# SPDX-License-Identifier: Apache-2.0
"""Deletion for a data subject: forget every identity, wipe buffers and tracks, prove each step.

Whose identity is whose is not known, so everybody's goes. What the answer says was done is what
the graph confirmed and the audit log holds; a step without proof makes the answer incomplete.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from privcv_compliance.answers.access_answer import outcome_of, window_statement
from privcv_compliance.answers.requests import Request
from privcv_compliance.answers.words import DELETED, INCOMPLETE
from privcv_compliance.documents.document import Document, Evidence, Section, Statement, state
from privcv_compliance.evidence.leftovers import leftovers_of, name_leftovers
from privcv_compliance.evidence.references import reference, scan_evidence
from privcv_compliance.evidence.running_processes import Processes
from privcv_compliance.evidence.state_scan import Scan
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import Entry
from privcv_core.audit.files import files_of, owners_of, users_of
from privcv_core.audit.verify import read_chain, verify_chain
from privcv_core.protocol.timestamps import rfc3339_milli
from privcv_core.settings.time_zone import wall_clock


class LiveGraph(Protocol):
    """The running graph, as deletion needs it."""

    def is_running(self, camera: str) -> bool:
        """Whether nodes of this camera were found."""
        ...

    def rotate(self, camera: str, reason: str) -> str:
        """Have the camera forget its identities; returns why not, or an empty text."""
        ...

    def restart(self, node: str) -> str:
        """End the process of a node; it starts again. Returns why not, or an empty text."""
        ...


@dataclass(frozen=True)
class Step:
    """One thing that was asked of the graph. ``problem`` is empty where it was done."""

    what: str
    camera: str
    problem: str = ""


def reason_of(request: Request) -> str:
    """What is given to the graph and recorded as the reason of the deletion; it names nobody."""
    return f"request {request.id} of a data subject"


def erase(graph: LiveGraph, request: Request) -> list[Step]:
    """Erasure: forget identities, then tracks, then buffers, under every camera of the request."""
    steps = []
    for camera in request.cameras:
        if not graph.is_running(camera):
            steps.append(Step("not running", camera))
            continue
        steps += [
            Step("identities", camera, graph.rotate(camera, reason_of(request))),
            Step("tracks", camera, graph.restart(f"/{camera}/tracking")),
            Step("buffers", camera, graph.restart(f"/{camera}/detection")),
        ]
    return steps


def answer_delete(
    site: SiteFile,
    request: Request,
    steps: Sequence[Step],
    scan: Scan,
    processes: Processes,
    began: datetime,
    now: datetime,
) -> Document:
    """The answer to a request for deletion (GDPR Art. 17, CCPA 1798.105)."""
    leftovers = leftovers_of(scan, processes)
    rotations = {camera: _rotation_for(site, camera, request, began) for camera in request.cameras}
    said = [_said(step, rotations, site, processes, now) for step in steps]
    is_done = not any(statement.is_warning for statement in said)
    outcome = outcome_of(leftovers) if leftovers else DELETED if is_done else INCOMPLETE
    evidence = scan_evidence(scan, now)
    disk = name_leftovers(leftovers, evidence) or [
        state(f"{len(scan.found)} files on disk: all of known kinds, none of a person.", evidence)
    ]
    summary = {
        DELETED: "Identities, tracks and buffers in the memory of the cameras are gone.",
        INCOMPLETE: "The deletion could not be proven complete: see below.",
    }.get(outcome, "Files were found that may hold personal data: they are named below.")
    return Document(
        f"Answer to a request for deletion: {site.name}",
        state(
            f"Request {request.id} under {request.law.upper()}, received {request.received}, "
            f"answered {wall_clock(now, site.time_zone)}, due {request.deadline}.",
            Evidence("command", f"privcv dsr list --site {site.path}"),
        ),
        (
            Section("Result", (state(summary, evidence, warn=outcome != DELETED),)),
            Section("In memory", tuple(said)),
            Section("On disk", tuple(disk)),
            Section(
                "What stays, and why",
                (
                    state(
                        "Reports that were released stay: they are noisy totals that cannot be "
                        "said to be about anybody, and the ledger has to know what was spent.",
                        Evidence("file", str(site.ledger)),
                        Evidence("law", "GDPR Art. 11, Recital 26"),
                    ),
                    window_statement(site),
                ),
            ),
        ),
        {"request": request.id, "outcome": outcome, "leftovers": len(leftovers)},
    )


def _said(
    step: Step,
    rotations: dict[str, Entry | None],
    site: SiteFile,
    processes: Processes,
    now: datetime,
) -> Statement:
    looked = Evidence("scan", f"the running graph at {now:%Y-%m-%dT%H:%M:%SZ}")
    name = f"Camera '{step.camera}'"
    if step.what == "not running":
        return _not_running(name, processes, looked)
    if step.problem:
        return state(
            f"{name}: {step.what} could not be deleted: {step.problem}.", looked, warn=True
        )
    if step.what != "identities":
        return state(f"{name}: the {step.what} were wiped; the process was started anew.", looked)
    rotation = rotations.get(step.camera)
    if rotation is None:
        return state(
            f"{name}: the node says that it forgot every identity, but the audit log does not.",
            looked,
            Evidence(
                "command",
                f"privcv audit log show --site {site.path} --event identities.rotated",
            ),
            warn=True,
        )
    return state(f"{name}: every identity was forgotten.", reference(rotation))


def _not_running(name: str, processes: Processes, looked: Evidence) -> Statement:
    """No node answered on the graph: nothing is in memory only where no process is there either."""
    if processes.graph:
        running = ", ".join(str(process.pid) for process in processes.graph)
        return state(
            f"{name}: no node answered on the graph, but these processes run: {running}. What they "
            "hold was not deleted: ask again with the ROS_DOMAIN_ID of the graph, or stop them.",
            looked,
            warn=True,
        )
    if processes.unknown:
        return state(
            f"{name}: no node answered on the graph, but whether one runs is not known: "
            f"{processes.unknown}.",
            looked,
            warn=True,
        )
    return state(f"{name}: no node is running, so nothing is in memory.", looked)


def _rotation_for(site: SiteFile, camera: str, request: Request, began: datetime) -> Entry | None:
    """The rotation that the request asked for: a periodic one forgets nobody at once.

    Only the node that holds the identities can prove it: the entry has to stand in its chain, whole
    and of the user who runs the camera. Who that is, the chain of its detection tells; where there
    is none, or it is of several, nobody can.
    """
    since = rfc3339_milli(began)
    folder, chain = site.audit.folder, f"{camera}.anonymization"
    detection = files_of(folder, f"{camera}.detection")
    users = users_of(detection)
    strangers = owners_of(folder, chain) - users - {0}
    if not detection or len(users) > 1 or strangers or verify_chain(folder, chain).problems:
        return None
    found = None
    for entry in read_chain(folder, chain, "identities.rotated"):
        asked = entry.facts.get("reason") == reason_of(request)
        if asked and entry.facts.get("camera") == camera and entry.time >= since:
            found = entry
    return found
