# SPDX-License-Identifier: Apache-2.0
"""The canary: looks again and again for what should never be, instead of believing that it is not.

Each check ends as ``ok``, ``found``, or ``unchecked`` with the reason: what could not be looked at
is not well. What it finds is in the audit log (``canary.checked``, and a ``fault`` each): there the
guard finds it and shows it on /diagnostics and the impact assessment quotes it.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from privcv_compliance.evidence.running_processes import Running, running_processes
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.keeping.resealing import kept_files
from privcv_compliance.operator_log import OPERATOR, operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import Entry
from privcv_core.audit.events import MAX_TEXT
from privcv_core.audit.log import AuditLog
from privcv_core.audit.verify import read_chain
from privcv_core.errors import PrivcvError
from privcv_core.files.secret_file import is_shared
from privcv_core.files.shown_name import in_utf8

OK, FOUND, UNCHECKED = "ok", "found", "unchecked"
DETECTION = ("DetectionNode", "detection")
GUARD = ("GuardNode", "guard")
"""By what a process that runs them may be known."""
_MOST_TOLD = 5


class Unchecked(Exception):
    """Why something could not be looked at."""


@dataclass(frozen=True)
class Check:
    """What one check came to. ``findings``: what was found; why not, where it was not checked."""

    name: str
    state: str
    findings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name:12} {self.state:10} {'; '.join(self.findings)}".rstrip()


def look(site: SiteFile) -> list[Check]:
    """Every check, in order."""
    return [_checked(name, check, site) for name, check in CHECKS.items()]


def tell(site: SiteFile, checks: Iterable[Check]) -> None:
    """Enter what was found. Raises ``AuditLogError``."""
    with operator_log(site.audit) as log:
        for check in checks:
            _enter(log, check)


def last_checks(folder: Path) -> dict[str, Entry]:
    """The newest entry of each check in the audit log. Raises ``AuditLogError``."""
    found = read_chain(folder, OPERATOR, "canary.checked")
    return {str(entry.facts["check"]): entry for entry in found}


def _checked(name: str, check: Callable[[SiteFile], Iterable[str]], site: SiteFile) -> Check:
    try:
        findings = tuple(dict.fromkeys(map(in_utf8, check(site))))
    except Unchecked as why:
        return Check(name, UNCHECKED, (str(why),))
    except PrivcvError as error:  # what cannot be read is not well
        return Check(name, FOUND, (in_utf8(str(error)),))
    return Check(name, FOUND if findings else OK, findings)


def _enter(log: AuditLog, check: Check) -> None:
    found = len(check.findings) if check.state == FOUND else 0
    digest = hashlib.sha256("\n".join(check.findings).encode()).hexdigest()
    before = [entry for entry in read_chain(log.settings.folder, OPERATOR, "canary.checked")
              if entry.facts["check"] == check.name]  # fmt: skip
    log.append("canary.checked", check=check.name, state=check.state, findings=found, digest=digest)
    if found and (not before or before[-1].facts["digest"] != digest):
        for finding in check.findings[:_MOST_TOLD]:
            log.append("fault", where="canary", what=f"{check.name}: {finding}"[:MAX_TEXT])


def _residue(site: SiteFile) -> Iterator[str]:
    """Encoded images that stay in the memory of a camera process."""
    from privcv_perception.errors import PerceptionError
    from privcv_perception.residue.live_images import left_images

    cameras = _processes(site, DETECTION)
    if not cameras:
        raise Unchecked("no camera process runs here")
    for process in cameras:
        try:
            for image in left_images(process.pid):
                what = f"a {image.kind} of {image.bytes} bytes"
                yield f"process {process.pid} keeps {what} in its {image.owner}"
        except PerceptionError as error:
            raise Unchecked(str(error)) from error


def _guard(site: SiteFile) -> Iterator[str]:
    """The guard runs, and what it found last."""
    checks = list(read_chain(site.audit.folder, "guard", "graph.checked"))
    if not _processes(site, DETECTION):
        raise Unchecked("no camera process runs here")
    if not _processes(site, GUARD):
        yield "the guard does not run, and cameras do"
    if not checks:
        yield "the guard has never looked"
    elif number := int(checks[-1].facts["findings"]):
        yield f"the guard has {number} findings since {checks[-1].time}"


def _schema(site: SiteFile) -> Iterator[str]:
    """No message can hold an image."""
    from privcv_core.protocol.message_schema import find_violations, messages_of

    try:
        messages = messages_of("privcv_msgs")
    except ImportError as error:
        raise Unchecked("ROS 2 is not in this environment") from error
    for message in messages:
        for violation in find_violations(message):
            yield f"{message.__name__}.{violation.field} {violation.rule}"


def _permissions(site: SiteFile) -> Iterator[str]:
    """Nobody else may read what is kept, or write anywhere in it."""
    secret = {site.ledger, site.outbox, site.anchor, site.device_key}
    secret.add(site.site.across_folder / "key")
    unlisted: list[OSError] = []
    is_well = True
    for folder in {site.state, site.audit.folder}:
        for place, names, files in os.walk(folder, onerror=unlisted.append):
            for path in (Path(place), *(Path(place) / name for name in (*names, *files))):
                for finding in _too_open(path, path in secret):
                    is_well = False
                    yield finding
    key = site.site.at_rest_key
    if isinstance(key, Path):
        yield from _too_open(key, True)
    closed = [error for error in unlisted if not isinstance(error, FileNotFoundError)]
    if closed and is_well:
        raise Unchecked(f"{closed[0].filename}: {closed[0].strerror}; ask again as root")


def _too_open(path: Path, is_secret: bool) -> Iterator[str]:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return
    if mode & 0o022 and not mode & stat.S_ISVTX:
        yield f"{path}: others can write it (mode {mode:o})"
    elif is_secret and is_shared(status):
        yield f"{path}: others can read it (mode {mode:o})"


def _images(site: SiteFile) -> Iterator[str]:
    """Nothing lies in the site's folders that does not belong there."""
    return (f"{found.path}: {found.what}: {found.problem}" for found in scan_site(site).leftovers)


def _at_rest(site: SiteFile) -> Iterator[str]:
    """What is to be encrypted is."""
    if site.site.at_rest_key is None:
        raise Unchecked("at_rest_key is not set: what is kept is in the clear")
    return (f"{kept.path}: is in the clear" for kept in kept_files(site) if kept.is_clear)


def _processes(site: SiteFile, nodes: Sequence[str]) -> list[Running]:
    folders = (site.state, site.audit.folder)
    found = running_processes().of_site(site.cameras, folders).graph
    return [process for process in found if set(nodes) & set(process.nodes)]


CHECKS: Mapping[str, Callable[[SiteFile], Iterable[str]]] = {
    "residue": _residue,
    "guard": _guard,
    "schema": _schema,
    "permissions": _permissions,
    "images": _images,
    "at rest": _at_rest,
}
"""Name -> the check."""
