# SPDX-License-Identifier: Apache-2.0
"""What happened at a site, by its audit log: a section of the impact assessment."""

from privcv_compliance.documents.document import NOT_MEASURED, Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts, query, reference
from privcv_compliance.site_file import SiteFile


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
                    f"Camera '{name}' looked at {camera.frames} frames in "
                    f"{camera.seconds / 3600:.2f} h and wiped {camera.wiped} of them.",
                    reference(frames),
                    query(facts, "frames"),
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
            query(facts, "request.received"),
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
