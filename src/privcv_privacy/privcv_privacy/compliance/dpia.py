# SPDX-License-Identifier: Apache-2.0
"""The impact assessment (GDPR Art. 35(7)): what the site is set to do, does, and was measured.

Every sentence is read from the site file, a signed record, the audit log, a database or a scan,
and names it. What was never measured is said to be ``not measured``.
"""

import math
from collections.abc import Sequence
from datetime import datetime

from privcv_privacy.compliance.answer import name_leftovers, scan_evidence, setting
from privcv_privacy.compliance.audit_facts import AuditFacts, reference
from privcv_privacy.compliance.authorizations import statements_of
from privcv_privacy.compliance.document import (
    NOT_MEASURED,
    Document,
    Evidence,
    Section,
    Statement,
    state,
)
from privcv_privacy.compliance.site_file import CameraFile, SiteFile
from privcv_privacy.compliance.state_scan import Scan
from privcv_privacy.compliance.stores import read_ledger, spent
from privcv_privacy.errors import ComplianceError

FIGURES = {
    "relink_rate": (
        "People whose new identity an attacker linked to the old one",
        "privcv redteam link",
    ),
    "membership_advantage": (
        "Advantage of an attacker who guesses from reports whether somebody was there",
        "bounded by epsilon above",
    ),
    "residue_bytes": (
        "Bytes of frames found in the memory of the camera process after use",
        "privcv audit residue",
    ),
    "gate_stop_s": (
        "Time from a withdrawal until the camera stopped looking, s",
        "python test/benchmarks/gate.py",
    ),
    "count_accuracy": (
        "Accuracy of the released totals against the truth",
        "privcv evaluate privacy",
    ),
}
"""What an assessment looks for among the measured figures, and what would measure it."""

LARGE_EPSILON = 1.0
"""Above it the bound is said to need attention."""


def assess(site: SiteFile, scan: Scan, facts: AuditFacts, now: datetime) -> Document:
    """The assessment of ``site`` as it is at ``now``."""
    cameras = list(site.cameras.values())
    sections = (
        Section("Purposes and authorization", _purposes(site, cameras, now)),
        Section("Processing", tuple(s for camera in cameras for s in _processing(site, camera))),
        Section("Data, storage and retention", _storage(site, scan, now)),
        Section("Recipients", _recipients(site, facts)),
        Section("Safeguards in force", _safeguards(site, cameras, facts)),
        Section("What happened, by the audit log", _history(site, facts)),
        Section("Risks and measured figures", _risks(site, facts, scan, now)),
    )
    about = state(
        f"Site '{site.name}' with {_count(len(cameras), 'camera')}, as set and as recorded on "
        f"{now:%Y-%m-%d %H:%M} UTC.",
        Evidence("file", f"{site.path} (sha256 {site.digest})"),
        Evidence("command", f"privcv dpia --site {site.path} -o dpia.pdf"),
    )
    document = Document(f"Data protection impact assessment: {site.name}", about, sections)
    unmeasured = sum(not statement.is_measured for statement in document.statements())
    warnings = sum(statement.is_warning for statement in document.statements())
    return Document(
        document.title,
        about,
        sections,
        {"site": site.name, "not_measured": unmeasured, "attention": warnings},
    )


def _purposes(
    site: SiteFile, cameras: Sequence[CameraFile], now: datetime
) -> tuple[Statement, ...]:
    return tuple(s for camera in cameras for s in statements_of(site, camera, now))


def _processing(site: SiteFile, camera: CameraFile) -> list[Statement]:
    where = f"cameras.{camera.name}"
    kinds = {
        "v4l2": "a camera on this device",
        "rtsp": "a network camera",
        "file": "a video file",
        "topic": "a topic of images",
    }
    anonymization = camera.anonymization
    zones = ", ".join(camera.zones) or "none"
    said = [
        state(
            f"Camera '{camera.name}' reads {kinds.get(camera.source_kind, 'an unknown source')}, "
            f"detects people, follows them on the floor and counts them in the zones {zones}.",
            setting(site, f"{where}.source"),
            setting(site, f"{where}.zones"),
        ),
        state(
            f"Positions leave the camera process as cells of {anonymization.cell_m:g} m, "
            f"once in {anonymization.tick_s} s.",
            setting(site, f"{where}.anonymization"),
            Evidence("command", "privcv audit schema"),
        ),
    ]
    if camera.privacy_zones:
        names = ", ".join(camera.privacy_zones)
        said.append(
            state(
                f"These parts of its image are blacked out before any detector: {names}.",
                setting(site, f"{where}.privacy_zones"),
            )
        )
    else:
        said.append(
            state("No part of its image is blacked out.", setting(site, f"{where}.privacy_zones"))
        )
    return said


def _storage(site: SiteFile, scan: Scan, now: datetime) -> tuple[Statement, ...]:
    evidence = scan_evidence(scan, now)
    kinds: dict[str, list[int]] = {}
    for found in scan.found:
        if not found.is_leftover:
            kinds.setdefault(found.what, []).append(found.bytes)
    said = [
        state(f"On disk: {what} ({_count(len(sizes), 'file')}, {sum(sizes)} bytes).", evidence)
        for what, sizes in sorted(kinds.items())
    ]
    said += name_leftovers(scan.leftovers, evidence)
    if not scan.found:
        said.append(state("Nothing is on disk yet.", evidence))
    said.append(
        state(
            f"Audit logs are kept for {site.audit.retain_days} days.",
            setting(site, "audit.retain_days"),
        )
    )
    return tuple(said)


def _recipients(site: SiteFile, facts: AuditFacts) -> tuple[Statement, ...]:
    if not site.collector:
        return (
            state("There is no recipient: reports stay on the device.", setting(site, "uplink")),
        )
    pins = len((site.uplink or {}).get("pins", []))
    said = [
        state(
            f"Reports go to {site.collector}, over TLS pinned to {pins} keys.",
            setting(site, "uplink"),
        )
    ]
    if facts.transmitted:
        last = facts.transmitted[-1]
        said.append(
            state(f"Transmitted so far: up to report {last.facts.get('last')}.", reference(last))
        )
    else:
        said.append(state("No transmission is recorded.", _query(facts, "reports.transmitted")))
    return tuple(said)


def _safeguards(
    site: SiteFile, cameras: Sequence[CameraFile], facts: AuditFacts
) -> tuple[Statement, ...]:
    privacy = site.privacy
    unit = privacy.unit.replace("_", " ")
    said = [
        state(
            f"Whether or not one {unit} took place changes the chance of any sequence of reports "
            f"by at most a factor of e^{privacy.epsilon:g} = {math.exp(privacy.epsilon):.3g}.",
            setting(site, "privacy.epsilon"),
            setting(site, "privacy.unit"),
            warn=privacy.epsilon > LARGE_EPSILON,
        ),
        state(
            f"A zone is shown only where its noisy count clears {privacy.k} by {privacy.margin:g}.",
            setting(site, "privacy.k"),
        ),
    ]
    if privacy.unit != "visit":
        what = f"What is protected is one {unit}: what several of one stay tell adds up."
        said.append(state(what, setting(site, "privacy.unit"), warn=True))
    for camera in cameras:
        identities = camera.anonymization.identities
        where = setting(site, f"cameras.{camera.name}.anonymization.identities")
        said.append(
            state(
                f"Camera '{camera.name}' replaces identities every {identities.period_s:g} s, "
                f"and is silent for {identities.silence_s:g} s when it does.",
                where,
            )
        )
        if identities.unsafe_test_secret:
            what = f"Camera '{camera.name}' uses a test secret: its identities can be foretold."
            said.append(state(what, where, warn=True))
    entries = sum(report.entries for report in facts.chains.values())
    if not facts.chains:
        what = "There is no audit log: nothing of what follows could be checked."
        said.append(state(what, facts.verification, warn=True))
    elif facts.is_whole:
        what = f"The audit log is whole: {len(facts.chains)} chains, {entries} entries."
        said.append(state(what, facts.verification))
    for report in facts.chains.values():
        for problem in report.problems:
            said.append(
                state(f"The audit log was touched: {problem}.", facts.verification, warn=True)
            )
    return tuple(said)


def _history(site: SiteFile, facts: AuditFacts) -> tuple[Statement, ...]:
    said = []
    for name in site.cameras:
        camera = facts.cameras.get(name)
        frames = camera.last_frames if camera else None
        if camera is None or frames is None:
            what = f"Camera '{name}': frames processed and wiped: {NOT_MEASURED}."
            said.append(state(what, _query(facts, "frames")))
        else:
            said.append(
                state(
                    f"Camera '{name}' looked at {camera.frames} frames in "
                    f"{camera.seconds / 3600:.2f} h and wiped {camera.wiped} of them.",
                    reference(frames),
                    _query(facts, "frames"),
                    warn=camera.wiped != camera.frames,
                )
            )
        if camera is not None and camera.last_rotation is not None:
            said.append(
                state(
                    f"Camera '{name}' replaced its identities {camera.rotations} times, last on "
                    f"{camera.last_rotation.time[:16]}.",
                    reference(camera.last_rotation),
                )
            )
        if camera is not None and camera.last_gate is not None:
            gate = camera.last_gate
            opened = gate.event == "gate.opened"
            reason = "" if opened else f" ({gate.facts.get('reason')})"
            change = "opened" if opened else "closed"
            what = f"The gate of camera '{name}' last {change} on {gate.time[:16]}{reason}."
            said.append(state(what, reference(gate)))
    for what, entry in sorted(facts.configurations.items()):
        said.append(
            state(
                f"The settings of '{what}' were last changed on {entry.time[:16]} (digest "
                f"{str(entry.facts.get('new'))[:12]}).",
                reference(entry),
            )
        )
    answered = sum(entry.event == "request.answered" for entry in facts.requests)
    received = sum(entry.event == "request.received" for entry in facts.requests)
    said.append(
        state(
            f"Requests of data subjects: {received} received, {answered} answered.",
            _query(facts, "request.received"),
            warn=answered < received,
        )
    )
    said += [
        state(
            f"Fault on {entry.time[:16]} in {entry.facts.get('where')}: {entry.facts.get('what')}.",
            reference(entry),
            warn=True,
        )
        for entry in facts.faults[-5:]
    ]
    return tuple(said)


def _risks(site: SiteFile, facts: AuditFacts, scan: Scan, now: datetime) -> tuple[Statement, ...]:
    said = [*_spent(site), _coverage(site)]
    for name, (what, command) in FIGURES.items():
        entry = facts.measured.get(name)
        if entry is None:
            said.append(state(f"{what}: {NOT_MEASURED} ({command}).", _query(facts, "measured")))
            continue
        unit = str(entry.facts.get("unit") or "")
        said.append(
            state(
                f"{what}: {entry.facts.get('value')} {unit}".rstrip()
                + f" (measured {entry.time[:10]} with '{entry.facts.get('command')}').",
                reference(entry),
                *_report_of(entry.facts.get("digest")),
            )
        )
    for name in sorted(set(facts.measured) - set(FIGURES)):
        entry = facts.measured[name]
        said.append(
            state(
                f"{name.replace('_', ' ')}: {entry.facts.get('value')} "
                f"{entry.facts.get('unit') or ''}".rstrip()
                + ".",
                reference(entry),
            )
        )
    check = facts.last_check
    if check is None:
        what = f"Who listens on the running graph: {NOT_MEASURED}."
        said.append(state(what, _query(facts, "graph.checked")))
    else:
        findings = int(check.facts.get("findings", 0))
        what = f"The guard's last look at the graph, on {check.time[:16]}: {findings} findings."
        said.append(state(what, reference(check), warn=findings > 0))
    leftovers = len(scan.leftovers)
    said.append(
        state(
            f"Files that do not belong here: {leftovers} of {len(scan.found)}.",
            scan_evidence(scan, now),
            warn=leftovers > 0,
        )
    )
    return tuple(said)


def _spent(site: SiteFile) -> list[Statement]:
    query = Evidence(
        "query",
        f"{site.ledger}: SELECT scope, MAX(epsilon), MAX(limit_epsilon) FROM cohorts "
        "GROUP BY scope",
    )
    if not site.ledger.exists():
        return [state(f"Epsilon spent: {NOT_MEASURED}; there is no ledger yet.", query)]
    try:
        scopes = spent(site.ledger)
    except ComplianceError as error:
        return [state(f"Epsilon spent: {NOT_MEASURED}; {error}.", query, warn=True)]
    said = [
        state(
            f"Epsilon that one {site.privacy.unit.replace('_', ' ')} may have paid under camera "
            f"'{scope}': {epsilon:.3g} of {limit:.3g}.",
            query,
            Evidence("command", f"privcv budget --ledger {site.ledger} --verify"),
        )
        for scope, (epsilon, limit, _) in sorted(scopes.items())
    ]
    return said or [state(f"Epsilon spent: {NOT_MEASURED}; nothing was paid for yet.", query)]


def _coverage(site: SiteFile) -> Statement:
    query = Evidence("query", f"{site.ledger}: SELECT payload FROM releases; mean of 'coverage'")
    coverage = None
    if site.ledger.exists():
        try:
            coverage = read_ledger(site.ledger).coverage
        except ComplianceError as error:
            return state(f"Coverage of the reports: {NOT_MEASURED}; {error}.", query, warn=True)
    if coverage is None:
        return state(f"Coverage of the reports: {NOT_MEASURED}.", query)
    return state(
        f"Coverage: the reports rest on {coverage:.0%} of their time, the rest was not observed.",
        query,
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _query(facts: AuditFacts, event: str) -> Evidence:
    return Evidence("command", f"privcv audit log show --folder {facts.folder} --event {event}")


def _report_of(digest: object) -> tuple[Evidence, ...]:
    return (Evidence("file", f"report (sha256 {digest})"),) if digest else ()
