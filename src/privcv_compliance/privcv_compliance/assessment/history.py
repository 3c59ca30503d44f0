# SPDX-License-Identifier: Apache-2.0
"""What happened at a site, by its audit log: a section of the impact assessment."""

from privcv_compliance.answers.requests import requests_of
from privcv_compliance.documents.document import Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.references import query, reference
from privcv_compliance.languages.phrase import Phrase, say
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import Entry
from privcv_core.protocol.timestamps import parse_iso8601
from privcv_core.settings.time_zone import wall_clock


def history(site: SiteFile, facts: AuditFacts) -> tuple[Statement, ...]:
    """Frames, rotations, gates, settings, requests and faults, each with its last entry."""
    said = []
    for name in site.cameras:
        camera = facts.cameras.get(name)
        frames = camera.last_frames if camera else None
        if camera is None or frames is None:
            what = "Camera '{camera}': frames processed and wiped: not measured."
            said.append(state(what, query(facts, "frames"), camera=name))
        else:
            said.append(
                state(
                    "Since {since}, the oldest entry kept, camera '{camera}' looked "
                    "at {frames} frames in {hours:.2f} h and wiped "
                    "{wiped} of them.",
                    reference(frames),
                    query(facts, "frames"),
                    warn=camera.wiped != camera.frames,
                    since=facts.first_time[:16],
                    camera=name,
                    frames=camera.frames,
                    hours=camera.seconds / 3600,
                    wiped=camera.wiped,
                )
            )
        if camera is not None and camera.last_rotation is not None:
            said.append(
                state(
                    "Camera '{camera}' replaced its identities {times}, "
                    "{forced} of them on request, last on "
                    "{when}.",
                    reference(camera.last_rotation),
                    query(facts, "identities.rotated"),
                    camera=name,
                    times=_times(camera.rotations),
                    forced=camera.forced_rotations,
                    when=camera.last_rotation.time[:16],
                )
            )
        if camera is not None and camera.last_pause is not None:
            said.append(
                state(
                    "Camera '{camera}' was paused {times} for an objection, last on {when}.",
                    reference(camera.last_pause),
                    query(facts, "counting.paused"),
                    camera=name,
                    times=_times(camera.pauses),
                    when=_when(camera.last_pause, site),
                )
            )
        if camera is not None and camera.last_gate is not None:
            gate = camera.last_gate
            opened = gate.event == "gate.opened"
            said.append(
                state(
                    "The gate of camera '{camera}' last opened on {when}.",
                    reference(gate),
                    camera=name,
                    when=_when(gate, site),
                )
                if opened
                else state(
                    "The gate of camera '{camera}' last closed on {when} ({reason}).",
                    reference(gate),
                    camera=name,
                    when=_when(gate, site),
                    reason=gate.facts.get("reason"),
                )
            )
    for what, entry in sorted(facts.configurations.items()):
        digest = str(entry.facts.get("new"))[:12]
        changed = entry.facts.get("old") != "none"
        said.append(
            state(
                "The settings of '{what}' were last changed on {when} (digest {digest})."
                if changed
                else "The settings of '{what}' are those of the start on {when} (digest {digest}).",
                reference(entry),
                what=what,
                when=_when(entry, site),
                digest=digest,
            )
        )
    requests = requests_of(facts.requests, site.time_zone)
    received, answered = len(requests), sum(request.is_closed for request in requests)
    said.append(
        state(
            "Requests of data subjects: {received} received, {answered} answered.",
            query(facts, "request.received"),
            warn=answered < received,
            received=received,
            answered=answered,
        )
    )
    said += [
        state(
            "Fault on {when} in {where}: {what}.",
            reference(entry),
            warn=True,
            when=_when(entry, site),
            where=entry.facts.get("where"),
            what=entry.facts.get("what"),
        )
        for entry in facts.faults[-5:]
    ]
    return tuple(said)


def _when(entry: Entry, site: SiteFile) -> str:
    return wall_clock(parse_iso8601(entry.time), site.time_zone)


def _times(number: int) -> Phrase:
    return say("once") if number == 1 else say("{number} times", number=number)
