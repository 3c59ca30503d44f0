# SPDX-License-Identifier: Apache-2.0
"""The impact assessment (GDPR Art. 35(7)): what the site is set to do, does, and was measured.

Every sentence is read from the site file, a signed record, the audit log, a database or a scan,
and names it. What was never measured is said to be ``not measured``.
"""

from collections.abc import Sequence
from datetime import datetime

from privcv_compliance.answers.typed_texts import staff_statement
from privcv_compliance.assessment.history import history
from privcv_compliance.assessment.risks import risks
from privcv_compliance.assessment.safeguards import safeguards
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
from privcv_compliance.evidence.leftovers import name_leftovers
from privcv_compliance.evidence.references import scan_evidence, setting
from privcv_compliance.evidence.sent import transmitted
from privcv_compliance.evidence.state_scan import Scan
from privcv_compliance.site_file import CameraFile, SiteFile
from privcv_core.settings.time_zone import wall_clock
from privcv_privacy.anonymization.quantization import SIZE_EDGES_M2
from privcv_privacy.anonymous_tick import CELL_M, TICK_S


def assess(site: SiteFile, scan: Scan, facts: AuditFacts, now: datetime) -> Document:
    """The assessment of ``site`` as it is at ``now``."""
    cameras = list(site.cameras.values())
    sections = (
        Section("Purposes and authorization", _purposes(site, cameras, now)),
        Section("Processing", tuple(s for camera in cameras for s in _processing(site, camera))),
        Section("Data, storage and retention", _storage(site, scan, now)),
        Section("Recipients", _recipients(site, facts)),
        Section("Safeguards in force", safeguards(site, cameras, facts)),
        Section("What happened, by the audit log", history(site, facts)),
        Section("Risks and measured figures", risks(site, facts, scan, now)),
    )
    about = state(
        f"Site '{site.name}' with {counted(len(cameras), 'camera')}, as set and as recorded on "
        f"{wall_clock(now, site.time_zone)}.",
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
    zones = ", ".join(camera.zones) or "none"
    said = [
        state(
            f"Camera '{camera.name}' reads {kinds.get(camera.source_kind, 'an unknown source')}, "
            f"detects people, follows them on the floor and counts them in the zones {zones}.",
            setting(site, f"{where}.source"),
            setting(site, f"{where}.zones"),
        ),
        state(
            f"Places leave the camera process as the cells of {CELL_M:g} m that a person was in, "
            f"once in {TICK_S} s, in an order that does not tell the way taken.",
            Evidence("command", "privcv audit schema"),
        ),
    ]
    said.append(_size_classes(site, camera))
    if camera.lines:
        said.append(
            state(
                "Which of these lines somebody crossed, and which way, leaves the camera process "
                f"with the cells, and is not counted: {', '.join(camera.lines)}.",
                setting(site, f"{where}.lines"),
            )
        )
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


def _size_classes(site: SiteFile, camera: CameraFile) -> Statement:
    where = setting(site, f"cameras.{camera.name}.anonymization.size_classes")
    if not camera.anonymization.size_classes:
        return state(f"Camera '{camera.name}' tells no size of anybody.", where)
    small_m2, large_m2 = SIZE_EDGES_M2
    use = (
        "it decides who may swap identities with whom"
        if camera.anonymization.identities.swap_when_close
        else "nothing reads it"
    )
    return state(
        f"Camera '{camera.name}' tells a size class by footprint (below {small_m2:g} m2, below "
        f"{large_m2:g} m2, larger) to the process that counts, which does not count by it: {use}.",
        where,
        Evidence("command", "privcv audit schema"),
    )


def _storage(site: SiteFile, scan: Scan, now: datetime) -> tuple[Statement, ...]:
    evidence = scan_evidence(scan, now)
    kinds: dict[str, list[int]] = {}
    for found in scan.found:
        if not found.is_leftover:
            kinds.setdefault(found.what, []).append(found.bytes)
    said = [
        state(f"On disk: {what} ({counted(len(sizes), 'file')}, {sum(sizes)} bytes).", evidence)
        for what, sizes in sorted(kinds.items())
    ]
    said += name_leftovers(scan.leftovers, evidence)
    if not scan.found:
        said.append(state("Nothing is on disk yet.", evidence))
    said.append(
        state(
            f"Entries of the audit log are kept for {site.audit.retain_days} days of running time: "
            "a full file whose last entry is older is deleted once another one is full.",
            setting(site, "audit.retain_days"),
        )
    )
    said.append(staff_statement(site))
    return tuple(said)


def _recipients(site: SiteFile, facts: AuditFacts) -> tuple[Statement, ...]:
    if not site.collector:
        said = [state("Reports stay on the device: no collector is set.", setting(site, "uplink"))]
        return (*said, *(transmitted(facts) if facts.transmitted else ()))
    pins = len(site.uplink.pins) if site.uplink else 0
    said = [
        state(
            f"Reports go to {site.collector}, over TLS pinned to {counted(pins, 'key')}.",
            setting(site, "uplink"),
        )
    ]
    said += transmitted(facts)
    return tuple(said)
