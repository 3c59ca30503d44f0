# SPDX-License-Identifier: Apache-2.0
"""Ends what was kept for long enough: the register, authorizations, logs that nobody writes now.

What runs ends its own: nodes their chains, the uplink what it set aside, the aggregation reports
that nobody fetched. All of it goes by running time. An open request or breach is kept, and the
withdrawal of an authorization whose file is still there.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from privcv_compliance.answers.requests import requests_in
from privcv_compliance.breaches.register import breaches_in
from privcv_compliance.evidence.authorizations import record_of
from privcv_compliance.operator_log import OPERATOR
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.checkpoints import NEWEST
from privcv_core.audit.entry import AuditLogError, Entry
from privcv_core.audit.files import chains_in, files_of, owners_of, users_of
from privcv_core.audit.log import AuditLog
from privcv_core.audit.retention import DAY_S
from privcv_core.audit.verify import read_chain
from privcv_core.files.folder import remove

_CLOSED_FOR_GOOD = ("expired", "withdrawn")


@dataclass(frozen=True)
class Ended:
    """What ended: how much of which store. ``problem``: why it could not."""

    store: str
    number: int = 0
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.store}: {self.problem or f'{self.number} ended'}"


@dataclass(frozen=True)
class Rule:
    """For how long something is kept, by which setting, and who ends it."""

    store: str
    days: float
    setting: str
    by: str


def rules(site: SiteFile) -> list[Rule]:
    """Every store of the site, and its end."""
    kept = site.site.retention
    found = [
        Rule("audit log", site.audit.retain_days, "audit.retain_days", "who writes the chain"),
        Rule("requests, breaches", _register_days(site), "retention.register_days", "this command"),
        Rule("authorizations", _authorizations_days(site), "retention.authorizations_days",
             "this command"),
        Rule("reports in the ledger", kept.ledger_days, "retention.ledger_days", "the aggregation"),
    ]  # fmt: skip
    if site.uplink is not None:
        outbox = site.uplink.outbox
        found += [
            Rule("outbox", outbox.max_age_days, "uplink.outbox.max_age_days", "the uplink"),
            Rule("set aside by the outbox", outbox.set_aside_days, "uplink.outbox.set_aside_days",
                 "the uplink"),
        ]  # fmt: skip
    return found


def end_what_is_old(site: SiteFile) -> list[Ended]:
    """End what this process may; what is in use ends itself. Raises ``AuditLogError``."""
    ended = [*_other_chains(site)]
    settings = site.audit.model_copy(update={"retain_days": _register_days(site)})
    with AuditLog(
        settings, OPERATOR, wait_s=5.0, of_device=True, needs=lambda: first_needed(site)
    ) as log:
        for file, record in _ended_records(site):
            try:
                remove(file)
            except OSError as error:
                ended.append(Ended("authorizations", problem=f"{file}: {error.strerror}"))
                continue
            days = _authorizations_days(site)
            log.append("kept.ended", store="authorizations", number=1, through=record, days=days)
            ended.append(Ended("authorizations", 1))
        if files := log.keep_house():
            ended.append(Ended("requests, breaches", files))
    return ended


def first_needed(site: SiteFile) -> int:
    """The first entry of the register that something open, or a withdrawal in force, needs."""
    folder = site.audit.folder
    requests = {one.id for one in requests_in(folder) if not one.is_closed}
    breaches = {one.id for one in breaches_in(folder) if not one.is_closed}
    records = {one.id for camera in site.cameras.values() if (one := record_of(camera))}
    for entry in read_chain(folder, OPERATOR):
        facts = entry.facts
        if (
            facts.get("request") in requests
            or facts.get("breach") in breaches
            or facts.get("record") in records
        ):
            return entry.sequence
    return NEWEST


def _register_days(site: SiteFile) -> int:
    return max(site.site.retention.register_days, site.audit.retain_days)


def _authorizations_days(site: SiteFile) -> int:
    """No longer than the log tells that they are closed."""
    return min(site.site.retention.authorizations_days, site.audit.retain_days)


def _other_chains(site: SiteFile) -> Iterator[Ended]:
    """Chains that nobody writes any more, such as those of a camera that is gone.

    Root ends those of other users too, where they lie: where each process is a user of its own,
    no other process of a user is left to do it.
    """
    folder = site.audit.folder
    for chain in chains_in(folder):
        files = files_of(folder, chain)
        if chain == OPERATOR or not files or not _may_write(files[-1].parent, folder, chain):
            continue
        try:
            with AuditLog(site.audit, chain, of_device=True, place=files[-1].parent) as log:
                if ended := log.keep_house():
                    yield Ended(f"audit log {chain}", ended)
        except AuditLogError:
            continue  # its writer has it, and ends it itself


def _may_write(place: Path, folder: Path, chain: str) -> bool:
    """Whether this user does: where it is another's, also root makes no name beside others'."""
    owners = owners_of(folder, chain)
    status = place.stat()
    is_private = not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    may_for_it = os.geteuid() == 0 and is_private and owners == {status.st_uid}
    return may_for_it or owners == {os.geteuid()}


def _ended_records(site: SiteFile) -> Iterator[tuple[Path, str]]:
    """Files of records that closed their cameras for good, long enough ago in running time.

    Only the register and the camera's gate can say so, where their files are of one user.
    """
    folder = site.audit.folder
    days = _authorizations_days(site)
    for name, camera in site.cameras.items():
        record = record_of(camera)
        if record is None or camera.authorization is None or camera.authorization.file is None:
            continue
        if any(
            _closed_s(list(read_chain(folder, chain)), name, record.id) > days * DAY_S
            for chain in (OPERATOR, f"{name}.detection")
            if len(users_of(files_of(folder, chain))) <= 1
        ):
            yield camera.authorization.file, record.id


def _closed_s(entries: list[Entry], camera: str, record: str) -> int:
    """For how long a chain says that a record is closed for good, s of its running time; 0: not."""
    since: int | None = None
    for entry in entries:
        facts = entry.facts
        if (facts.get("camera"), facts.get("record")) != (camera, record):
            continue
        is_closed = facts.get("kind") in _CLOSED_FOR_GOOD or facts.get("state") == "withdrawn"
        if is_closed and since is None:
            since = entry.running_s
        elif entry.event == "gate.opened":  # so it was a clock that closed it
            since = None
    return (entries[-1].running_s or 0) - since if since is not None else 0
