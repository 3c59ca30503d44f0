# SPDX-License-Identifier: Apache-2.0
"""The report of a breach: what GDPR Art. 33(3) asks for, with evidence from the logs.

What it cannot know, it says so: consequences are those that the kind of data allows.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from privcv_compliance.breaches.register import Breach
from privcv_compliance.documents.document import Document, Evidence, Section, Statement, state
from privcv_compliance.evidence.authorizations import record_evidence, record_of
from privcv_compliance.evidence.references import reference, setting
from privcv_compliance.languages.phrase import say
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import AuditLogError, Entry
from privcv_core.audit.files import chains_in
from privcv_core.audit.verify import read_chain, verify_chain
from privcv_core.protocol.timestamps import iso8601, parse_iso8601
from privcv_core.settings.time_zone import wall_clock

LOOK_BACK = timedelta(days=7)
"""So long before it was noticed the logs are searched, where nobody knows when it happened."""

_TELLING = {
    "fault", "graph.checked", "canary.checked", "consent.changed", "access", "log.repaired",
    "configuration.changed", "gate.opened", "gate.closed", "at_rest.sealed", "at_rest.unsealed",
    "log.pruned", "kept.ended",
}  # fmt: skip
"""Events that may tell what happened, or was done about it."""

_MOST_ENTRIES = 200

_CONSEQUENCES = {
    "frames": "Frames show people: who they are, what they do, and with whom, may become known.",
    "tracks": "Tracks without names tell where somebody walked in a minute; who knows that a "
    "person was there may find theirs.",
    "reports": "Reports are noisy totals: what they tell of one person is bounded by the budget.",
    "ledger": "The ledger holds what was spent and reports not yet delivered, and nobody's data.",
    "audit log": "The audit log holds no count, position or identity of people; who worked with "
    "the system, and when, may become known.",
    "requests": "Requests hold case numbers and days, no names: with the controller's own files it "
    "may become known who asked.",
    "authorizations": "Authorizations name who permitted the processing, and contacts.",
    "keys": "With a key others may read what it sealed, or speak in the device's name until it is "
    "replaced.",
}


def report_of(site: SiteFile, breach: Breach, now: datetime) -> Document:
    """The report of ``breach`` as it is known at ``now``."""
    about = state(
        "Breach {id} at site '{site}', as known on {when}.",
        reference(breach.entries[0]),
        Evidence("file", f"{site.path} (sha256 {site.digest})"),
        id=breach.id,
        site=site.name,
        when=wall_clock(now, site.time_zone),
    )
    return Document(
        say("Breach of personal data: {id}", id=breach.id),
        about,
        (
            Section(say("What happened"), tuple(_what(site, breach))),
            Section(say("Contact"), tuple(_contacts(site))),
            Section(say("Likely consequences"), tuple(_consequences(breach))),
            Section(say("Measures"), tuple(_measures(site, breach))),
            Section(say("The clock"), tuple(_clock(site, breach, now))),
            Section(say("What the logs say"), tuple(_logs(site, breach))),
        ),
        {"breach": breach.id, "deadline": iso8601(breach.deadline), "state": breach.state(now)},
    )


def _what(site: SiteFile, breach: Breach) -> Iterator[Statement]:
    entry = reference(breach.entries[0])
    law = Evidence("law", "GDPR Art. 33(3)(a)")
    yield state("What happened: {what}.", entry, law, what=breach.what)
    yield state("Kinds of data: {data}.", entry, law, data=", ".join(breach.data))
    yield state("Categories of people: {whom}.", entry, law, whom=", ".join(breach.whom))
    newest = reference(_last(breach, "breach.assessed", "breach.recorded"))
    if breach.people < 0:
        yield state("About how many people is not known yet.", newest, law, warn=True)
    else:
        yield state("About {people} people.", newest, law, people=breach.people)
    yield state("Cameras: {cameras}.", entry, cameras=", ".join(breach.cameras))
    if breach.happened is None:
        yield state("When it happened is not known.", entry, warn=True)
    else:
        when = wall_clock(breach.happened, site.time_zone)
        yield state("It happened on {when}.", entry, when=when)
    if breach.reference:
        yield state("Case {reference}.", entry, reference=breach.reference)


def _contacts(site: SiteFile) -> Iterator[Statement]:
    law = Evidence("law", "GDPR Art. 33(3)(b)")
    seen = set()
    for camera in site.cameras.values():
        record = record_of(camera)
        if record is not None and (record.controller, record.contact) not in seen:
            seen.add((record.controller, record.contact))
            yield state(
                "{controller}, {contact}.",
                record_evidence(camera),
                law,
                controller=record.controller,
                contact=record.contact,
            )
    if not seen:
        yield state("No authorization names a contact: add one.", law, warn=True)


def _consequences(breach: Breach) -> Iterator[Statement]:
    law = Evidence("law", "GDPR Art. 33(3)(c)")
    for data in breach.data:
        yield state(_CONSEQUENCES[data], law, warn=data == "frames")
    risk = reference(_last(breach, "breach.assessed", "breach.recorded"))
    yield state("The risk was assessed as: {risk}.", risk, law, risk=breach.risk)


def _measures(site: SiteFile, breach: Breach) -> Iterator[Statement]:
    law = Evidence("law", "GDPR Art. 33(3)(d), 34(3)(a)")
    key = setting(site, "at_rest_key")
    if site.site.at_rest_key is not None:
        yield state("What is kept on the device is encrypted (AES-256-GCM).", key, law)
        if "keys" in breach.data or breach.what in ("key disclosed", "device stolen"):
            what = "The key may be known: replace it (privcv at-rest rotate) where the device is."
            yield state(what, key, law, warn=True)
    else:
        yield state("What is kept on the device is not encrypted.", key, law, warn=True)
    yield state(
        "No frame, position or identity is ever written to disk.",
        Evidence("command", f"privcv dsr access --site {site.path}"),
        law,
    )
    if "keys" in breach.data and site.uplink is not None:
        what = "The signing key is to be revoked at the collector."
        yield state(what, Evidence("command", "privcv collector revoke --help"), warn=True)


def _clock(site: SiteFile, breach: Breach, now: datetime) -> Iterator[Statement]:
    law = Evidence("law", "GDPR Art. 33(1)")
    entry = reference(breach.entries[0])
    when = wall_clock(breach.noticed, site.time_zone)
    until = wall_clock(breach.deadline, site.time_zone)
    yield state("Noticed on {when}.", entry, when=when)
    yield state("The authority is to be told by {until}.", entry, law, until=until)
    for told in (one for one in breach.entries if one.event == "breach.told"):
        moment = wall_clock(parse_iso8601(str(told.facts["when"])), site.time_zone)
        late = str(told.facts["late"])
        what = "The {to} was told on {when} ({late})."
        yield state(
            what,
            reference(told),
            warn=late != "in time",
            to=told.facts["to"],
            when=moment,
            late=late,
        )
    for to in breach.to_tell():
        law = Evidence("law", "GDPR Art. 33(1)" if to == "authority" else "GDPR Art. 34(1)")
        yield state("The {to} was not told yet.", law, warn=True, to=to)
    if not breach.is_closed and breach.state(now) == "overdue":
        yield state("The 72 hours are over: say why it is late.", law, warn=True)


def _logs(site: SiteFile, breach: Breach) -> Iterator[Statement]:
    """The chains as they are, and what they say of the time in question."""
    folder = site.audit.folder
    verify = Evidence("command", f"privcv audit log verify --folder {folder}")
    begin = (breach.happened or breach.noticed - LOOK_BACK) - timedelta(hours=1)
    found: list[Entry] = []
    for chain in chains_in(folder):
        report = verify_chain(folder, chain)
        for problem in report.problems[:5]:
            yield state(
                "The audit log is not whole: {problem}.", verify, warn=True, problem=problem
            )
        found += _entries(folder, chain, begin)
    yield state("{chains} chains were read.", verify, chains=len(chains_in(folder)))
    found.sort(key=lambda entry: entry.time)
    for entry in found[-_MOST_ENTRIES:]:
        facts = ", ".join(f"{name} {value}" for name, value in sorted(entry.facts.items()))
        yield state(
            "{when}: {event} ({facts}).",
            reference(entry),
            warn=entry.event == "fault",
            when=wall_clock(parse_iso8601(entry.time), site.time_zone),
            event=entry.event,
            facts=facts,
        )
    if len(found) > _MOST_ENTRIES:
        left = len(found) - _MOST_ENTRIES
        yield state("{left} earlier entries are left out here.", verify, warn=True, left=left)


def _entries(folder: Path, chain: str, begin: datetime) -> list[Entry]:
    try:
        return [
            entry
            for entry in read_chain(folder, chain)
            if entry.event in _TELLING and parse_iso8601(entry.time) >= begin
        ]
    except AuditLogError:
        return []  # which its verification says


def _last(breach: Breach, *events: str) -> Entry:
    return next(entry for entry in reversed(breach.entries) if entry.event in events)
