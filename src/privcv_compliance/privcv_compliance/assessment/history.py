# SPDX-License-Identifier: Apache-2.0
"""What happened at a site, by its audit log: a section of the impact assessment."""

from privcv_compliance.answers.requests import requests_of
from privcv_compliance.documents.document import NOT_MEASURED, Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.references import query, reference
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
            what = f"Camera '{name}': frames processed and wiped: {NOT_MEASURED}."
            said.append(state(what, query(facts, "frames")))
        else:
            said.append(
                state(
                    f"Since {facts.first_time[:16]}, the oldest entry kept, camera '{name}' looked "
                    f"at {camera.frames} frames in {camera.seconds / 3600:.2f} h and wiped "
                    f"{camera.wiped} of them.",
                    reference(frames),
                    query(facts, "frames"),
                    warn=camera.wiped != camera.frames,
                )
            )
        if camera is not None and camera.last_rotation is not None:
            said.append(
                state(
                    f"Camera '{name}' replaced its identities {_times(camera.rotations)}, "
                    f"{camera.forced_rotations} of them on request, last on "
                    f"{camera.last_rotation.time[:16]}.",
                    reference(camera.last_rotation),
                    query(facts, "identities.rotated"),
                )
            )
        if camera is not None and camera.last_pause is not None:
            said.append(
                state(
                    f"Camera '{name}' was paused {_times(camera.pauses)} for an objection, last on "
                    f"{_when(camera.last_pause, site)}.",
                    reference(camera.last_pause),
                    query(facts, "counting.paused"),
                )
            )
        if camera is not None and camera.last_gate is not None:
            gate = camera.last_gate
            opened = gate.event == "gate.opened"
            reason = "" if opened else f" ({gate.facts.get('reason')})"
            change = "opened" if opened else "closed"
            what = f"The gate of camera '{name}' last {change} on {_when(gate, site)}{reason}."
            said.append(state(what, reference(gate)))
    for what, entry in sorted(facts.configurations.items()):
        digest = str(entry.facts.get("new"))[:12]
        since = (
            "were last changed" if entry.facts.get("old") != "none" else "are those of the start"
        )
        said.append(
            state(
                f"The settings of '{what}' {since} on {_when(entry, site)} (digest {digest}).",
                reference(entry),
            )
        )
    requests = requests_of(facts.requests, site.time_zone)
    received, answered = len(requests), sum(request.is_closed for request in requests)
    said.append(
        state(
            f"Requests of data subjects: {received} received, {answered} answered.",
            query(facts, "request.received"),
            warn=answered < received,
        )
    )
    said += [
        state(
            f"Fault on {_when(entry, site)} in {entry.facts.get('where')}: "
            f"{entry.facts.get('what')}.",
            reference(entry),
            warn=True,
        )
        for entry in facts.faults[-5:]
    ]
    return tuple(said)


def _when(entry: Entry, site: SiteFile) -> str:
    return wall_clock(parse_iso8601(entry.time), site.time_zone)


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
