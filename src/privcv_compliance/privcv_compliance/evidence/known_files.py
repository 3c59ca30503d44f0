# SPDX-License-Identifier: Apache-2.0
"""Which files a site may have, what each is called, and who looks at its content."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.audit_texts import told_records
from privcv_compliance.evidence.known_stores import Store, read_ledger, read_outbox
from privcv_compliance.evidence.known_sums import known_sums
from privcv_compliance.evidence.said_names import names_of
from privcv_compliance.evidence.site_text import strange_site
from privcv_compliance.evidence.small_files import (
    strange_anchor,
    strange_check,
    strange_key_file,
    strange_keys,
    strange_pause,
    strange_record,
    strange_secret,
    strange_withdrawals,
)
from privcv_compliance.evidence.sqlite_bytes import (
    strange_in_database,
    strange_in_index,
    strange_in_log,
)
from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.pause_note import note_file
from privcv_core.authorization.record_file import withdrawals
from privcv_core.errors import PrivcvError
from privcv_site.earlier_places import files_left_behind

Judge = Callable[[Path], tuple[str, str]]
"""What a file is, and what is wrong with it; nothing where it is empty. Raises ``OSError``,
``PrivcvError`` and ``ValueError`` for what cannot be read."""


def known_files(site: SiteFile) -> dict[Path, Judge]:
    """Every file that the site may have, but for audit logs, and who judges it."""
    names = names_of(site)
    ledger, outbox = site.ledger, site.outbox
    databases = {ledger: "the budget ledger", outbox: "the uplink's outbox"}
    known: dict[Path, Judge] = {
        site.path: lambda path: ("the site file", strange_site(site, path)),
        ledger: _database(databases[ledger], read_ledger, names),
        outbox: _database(databases[outbox], read_outbox, names),
        site.anchor: lambda path: ("the anchor of the budget ledger", strange_anchor(path)),
        site.device_key: _device_key,
        site.site.graph_secret: lambda path: ("the secret of the graph", strange_secret(path)),
        site.site.at_rest_check: lambda path: ("the key check", strange_check(path)),
    }
    if isinstance(site.site.at_rest_key, Path):
        known[site.site.at_rest_key] = lambda path: ("the keys of what is kept", strange_keys(path))
    for left in files_left_behind(site.site):
        if left.place == outbox:
            databases[left.earlier] = f"{databases[outbox]}, which has to move to {left.place}"
            known[left.earlier] = _database(databases[left.earlier], read_outbox, names)
        else:
            known[left.earlier] = _device_key
    for database, name in databases.items():
        log, index = (database.with_name(database.name + end) for end in ("-wal", "-shm"))
        known[log] = _bytes(f"the write-ahead log of {name}, read with it", strange_in_log)
        known[index] = _bytes(f"the index of the log of {name}", strange_in_index)
        known[database.with_name(database.name + ".lock")] = _empty(f"the lock of {name}")
    known |= known_sums(site.site.across_folder)
    for camera in site.cameras.values():
        known[note_file(site.state, camera.name)] = strange_pause
        if camera.authorization and camera.authorization.file:
            file = camera.authorization.file
            known[file] = partial(strange_record, camera.authorization.trusted_keys)
            known[withdrawals(file)] = partial(
                strange_withdrawals, file, partial(told_records, site)
            )
    return known


def _database(
    name: str, read: Callable[[Path, Collection[str]], Store], names: Collection[str]
) -> Judge:
    def judge(path: Path) -> tuple[str, str]:
        strange = list(islice(strange_in_database(path), 5))
        try:
            store = read(path, names)
        except ComplianceError as error:
            return name, f"it is not what its name says: {error}"
        what = f"{name}: {store.releases} releases, {store.with_payload} with their content"
        shown = "; ".join([*strange, *store.strange][:5])
        return what, f"it holds what it must not: {shown}" if shown else ""

    return judge


def _bytes(name: str, look: Callable[[Path], Iterator[str]]) -> Judge:
    def judge(path: Path) -> tuple[str, str]:
        shown = "; ".join(islice(look(path), 5))
        return name, f"it holds what it must not: {shown}" if shown else ""

    return judge


def _empty(name: str) -> Judge:
    return lambda path: (name, "it is not empty" if path.lstat().st_size else "")


def _device_key(path: Path) -> tuple[str, str]:
    try:
        return "the device's signing keys", strange_key_file(path)
    except (PrivcvError, ValueError, TypeError, KeyError) as error:
        return "the device's signing keys", f"it is not a key file: {error}"
