# SPDX-License-Identifier: Apache-2.0
"""What is kept of people, where and for how long: from the constants and settings for it."""

from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.documents.document import Evidence, Row, Table, row
from privcv_compliance.evidence.promise import longest_absence_s, longest_window_s
from privcv_compliance.evidence.references import setting
from privcv_compliance.languages.phrase import say
from privcv_compliance.site_file import SiteFile


def retention(site: SiteFile, file: AnswersFile) -> Table:
    """A row for each kind of data."""
    heads = ("What", "Where", "How long", "What ends it")
    rows = [
        _frames(site),
        *_tracks(site),
        *_counted(site),
        *_reports(site, file),
        row(
            say("Audit log: no count, no place, no identity of anybody; accounts of staff"),
            say("disk of the device"),
            say("{days} days of running time", days=site.audit.retain_days),
            say("deletion of whole files, recorded in the log"),
            on=(setting(site, "audit.retain_days"),),
        ),
        row(
            say("Signed records: roles, purposes, hours"),
            say("disk of the device"),
            say(
                "{days} days of running time after they expired or were withdrawn",
                days=site.site.retention.authorizations_days,
            ),
            say("deletion, recorded in the log"),
            on=(setting(site, "retention.authorizations_days"),),
        ),
        row(
            say("Register of requests and breaches: case numbers, days, no names"),
            say("disk of the device"),
            say(
                "{days} days of running time, and while one is open",
                days=max(site.site.retention.register_days, site.audit.retain_days),
            ),
            say("deletion of whole files, recorded in the log"),
            on=(setting(site, "retention.register_days"),),
        ),
    ]
    return Table(tuple(say(head) for head in heads), tuple(rows))


def _frames(site: SiteFile) -> Row:
    return row(
        say("Frames"),
        say("memory of the camera process"),
        say("one look"),
        say("our buffers are overwritten after each look"),
        on=(
            setting(site, "cameras"),
            Evidence("command", "privcv audit residue"),
        ),
    )


def _tracks(site: SiteFile) -> list[Row]:
    rows = []
    for name, camera in site.cameras.items():
        tracker, identities = camera.settings.tracker, camera.anonymization.identities
        rows += [
            row(
                say("Boxes and tracks of people under camera '{camera}'", camera=name),
                say("memory of the camera process"),
                say(
                    "{seconds:g} s after somebody was last seen",
                    seconds=float(tracker.lost_s + tracker.lag_s),
                ),
                say("the track ends"),
                on=(setting(site, f"cameras.{name}.tracker"),),
            ),
            row(
                say("Identity (pseudonym) of a person under camera '{camera}'", camera=name),
                say("memory of the camera process"),
                say(
                    "{seconds:g} s after somebody was last seen, {longest:g} s at most",
                    seconds=identities.forget_s,
                    longest=identities.longest_life_s,
                ),
                say("it is forgotten, and its secret is replaced"),
                on=(setting(site, f"cameras.{name}.anonymization.identities"),),
            ),
        ]
    return rows


def _counted(site: SiteFile) -> list[Row]:
    privacy = site.privacy
    return [
        row(
            say("What an identity did in the window: cells, votes, time there"),
            say("memory of the counting process"),
            say("{seconds} s after somebody was last seen", seconds=longest_absence_s(privacy))
            if privacy.unit == "visit"
            else say("{seconds} s, the dwell period", seconds=privacy.dwell_period_s),
            say("the identity can no longer come back"),
            on=(setting(site, "privacy.identity_absence_s"), setting(site, "privacy.unit")),
        ),
        row(
            say("Sums of a window without identities"),
            say("memory of the counting process"),
            say("{seconds} s, the window", seconds=longest_window_s(privacy)),
            say("the report is made"),
            on=(setting(site, "privacy.window_s"), setting(site, "privacy.adaptive")),
        ),
    ]


def _reports(site: SiteFile, file: AnswersFile) -> list[Row]:
    ledger = row(
        say("Ledger: what was paid for, and reports not yet delivered"),
        say("disk of the device"),
        say("as long as the device runs"),
        say("the controller, with the device"),
        on=(setting(site, "state"), Evidence("command", f"privcv budget --ledger {site.ledger}")),
    )
    if site.uplink is None:
        return [ledger]
    days = file.answers.recipients.retention_days
    return [
        ledger,
        row(
            say("Reports that wait for the collector"),
            say("disk of the device"),
            say("{days:g} days of running time at most", days=site.uplink.outbox.max_age_days),
            say("delivery, or the age"),
            on=(setting(site, "uplink.outbox.max_age_days"),),
        ),
        row(
            say("Reports at the collector"),
            say("disk of the collector"),
            say("{days} days, as the controller says", days=days) if days else say("not answered"),
            say("the controller, or the collector where it is told to end them by age"),
            on=(file.said("recipients.retention_days"), setting(site, "uplink.url")),
            warn=not days,
        ),
    ]
