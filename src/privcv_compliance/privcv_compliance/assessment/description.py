# SPDX-License-Identifier: Apache-2.0
"""What the site does, by its settings: processing, storage, recipients (GDPR Art. 35(7)(a))."""

from datetime import datetime

from privcv_compliance.answers.typed_texts import staff_statement
from privcv_compliance.documents.document import Evidence, Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.kinds_of_files import kind_of_file
from privcv_compliance.evidence.leftovers import name_leftovers
from privcv_compliance.evidence.promise import unit
from privcv_compliance.evidence.references import scan_evidence, setting
from privcv_compliance.evidence.sent import transmitted
from privcv_compliance.evidence.state_scan import Scan
from privcv_compliance.languages.phrase import Joined, how_many, say
from privcv_compliance.site_file import CameraFile, SiteFile
from privcv_privacy.anonymization.quantization import SIZE_EDGES_M2
from privcv_privacy.anonymous_tick import CELL_M, TICK_S

_MOST_NAMED = 8
"""Leftovers of one folder and kind that are named; an answer to a request names each."""

_STATISTICS = {
    "visitors": "how many people were in a zone",
    "flow": "where they headed",
    "dwell": "how long they stayed",
    "presence": "how many were there on average",
    "entries": "how many crossed a line, each way",
    "footfall": "how many visits began in a day",
}


def released(site: SiteFile) -> Statement:
    """Which statistics leave, all paid from one budget."""
    return state(
        "What leaves is: {statistics}. All of it is paid from one budget of each {unit}.",
        setting(site, "privacy.release"),
        setting(site, "privacy.unit"),
        statistics=Joined(say(_STATISTICS[name]) for name in site.privacy.release),
        unit=unit(site.privacy),
    )


def processing(site: SiteFile, camera: CameraFile) -> list[Statement]:
    """What one camera does with what it sees."""
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
            "Camera '{camera}' reads {source}, "
            "detects people, follows them on the floor and counts them in the zones {zones}.",
            setting(site, f"{where}.source"),
            setting(site, camera.zones_key),
            camera=camera.name,
            source=say(kinds.get(camera.source_kind, "an unknown source")),
            zones=zones,
        ),
        state(
            "Places leave the camera process as the cells of {cell:g} m that a person was in, "
            "once in {tick} s, in an order that does not tell the way taken.",
            Evidence("command", "privcv audit schema"),
            cell=CELL_M,
            tick=TICK_S,
        ),
    ]
    if camera.source_kind in ("rtsp", "topic"):
        said.append(
            state(
                "What else '{camera}' does with its images, and who else sees them, this system "
                "does not see: the controller has to.",
                setting(site, f"{where}.source"),
                camera=camera.name,
            )
        )
    said.append(_size_classes(site, camera))
    if camera.lines:
        said.append(
            state(
                "Which of these lines somebody crossed, and which way, leaves the camera process "
                "with the cells, and is counted as entries and exits: {lines}."
                if "entries" in site.privacy.release
                else "Which of these lines somebody crossed, and which way, leaves the camera "
                "process with the cells, and is not counted: {lines}.",
                setting(site, f"{where}.lines"),
                setting(site, "privacy.release"),
                lines=", ".join(camera.lines),
            )
        )
    if camera.privacy_zones:
        said.append(
            state(
                "These parts of its image are blacked out before any detector: {names}.",
                setting(site, f"{where}.privacy_zones"),
                names=", ".join(camera.privacy_zones),
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
        return state("Camera '{camera}' tells no size of anybody.", where, camera=camera.name)
    small_m2, large_m2 = SIZE_EDGES_M2
    use = (
        "it decides who may swap identities with whom"
        if camera.anonymization.identities.swap_when_close
        else "nothing reads it"
    )
    return state(
        "Camera '{camera}' tells a size class by footprint (below {small:g} m2, below "
        "{large:g} m2, larger) to the process that counts, which does not count by it: {use}.",
        where,
        Evidence("command", "privcv audit schema"),
        camera=camera.name,
        small=small_m2,
        large=large_m2,
        use=say(use),
    )


def storage(site: SiteFile, scan: Scan, now: datetime) -> tuple[Statement, ...]:
    """What lies on disk, and for how long the audit log is kept."""
    evidence = scan_evidence(scan, now)
    kinds: dict[str, list[int]] = {}
    for found in scan.found:
        if not found.is_leftover:
            kinds.setdefault(found.what, []).append(found.bytes)
    said = [
        state(
            "On disk: {what} ({files}, {bytes} bytes).",
            evidence,
            what=kind_of_file(what),
            files=how_many(len(sizes), "file"),
            bytes=sum(sizes),
        )
        for what, sizes in sorted(kinds.items())
    ]
    said += name_leftovers(scan.leftovers, evidence, most=_MOST_NAMED)
    if not scan.found:
        said.append(state("Nothing is on disk yet.", evidence))
    said.append(
        state(
            "Entries of the audit log are kept for {days} days of running time: "
            "a full file whose last entry is older is deleted once another one is full.",
            setting(site, "audit.retain_days"),
            days=site.audit.retain_days,
        )
    )
    said.append(staff_statement(site))
    return tuple(said)


def recipients(site: SiteFile, facts: AuditFacts) -> tuple[Statement, ...]:
    """Where reports go, and what went there by the audit log."""
    if not site.collector:
        said = [state("Reports stay on the device: no collector is set.", setting(site, "uplink"))]
        return (*said, *(transmitted(facts) if facts.transmitted else ()))
    if site.uplink is not None and not site.uplink.is_ours:
        by_another = state(
            "Reports are signed, and go to {collector} by the transport '{kind}' of another "
            "package: whether they are encrypted on the way is not known.",
            setting(site, "uplink"),
            collector=site.collector,
            kind=site.uplink.kind,
        )
        return (by_another, *transmitted(facts))
    pins = len(site.uplink.pins) if site.uplink else 0
    said = [
        state(
            "Reports go to {collector}, over TLS pinned to {keys}.",
            setting(site, "uplink"),
            collector=site.collector,
            keys=how_many(pins, "key"),
        )
    ]
    said += transmitted(facts)
    return tuple(said)
