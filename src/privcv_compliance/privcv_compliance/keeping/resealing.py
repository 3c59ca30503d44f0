# SPDX-License-Identifier: Apache-2.0
"""Encrypts all that a site keeps, gives it another key, or puts it in the clear again.

Each file is rewritten by itself, and says itself which key it has. So whatever interrupts this, the
graph goes on with what is there, as long as the key file has both keys; the command continues where
it is asked again. The graph is stopped meanwhile: a store in use is refused, by its lock.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from privcv_compliance.errors import ComplianceError
from privcv_compliance.site_file import SiteFile
from privcv_core.at_rest.database import is_sealed_database
from privcv_core.at_rest.key_check import renew_check
from privcv_core.at_rest.keys import Key, Keyring, keys_in_use, name_keys, new_key, read_keys
from privcv_core.at_rest.pages import PAGE_BYTES, key_id_of
from privcv_core.at_rest.rewrite import overwriting, rewrite_database, rewrite_lines, rewrite_text
from privcv_core.at_rest.sealed_text import key_id
from privcv_core.audit.chain_lock import lock_chain
from privcv_core.audit.files import chain_of, chains_in, files_of, opened_line, place_of
from privcv_core.authorization.record_file import PLACE as AUTHORIZATION
from privcv_core.authorization.record_file import withdrawals
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.folder import remove
from privcv_core.files.held_lock import hold
from privcv_core.files.regular_file import open_to_read
from privcv_privacy.budget.ledger_chain import reseal_anchor

CLEAR = "in the clear"


@dataclass(frozen=True)
class Kept:
    """A file that a site keeps, and the ids of the keys that it is sealed with; none: clear."""

    path: Path
    keys: frozenset[str]
    is_clear: bool

    def __str__(self) -> str:
        how = [f"key {key}" for key in sorted(self.keys)] + [CLEAR] * self.is_clear
        return f"{self.path}: {', '.join(how) or 'empty'}"


def kept_files(site: SiteFile) -> list[Kept]:
    """All files of the stores of ``site`` that are there. Raises ``PrivcvError``."""
    return [
        *(_kept_database(path) for path in _databases(site)),
        *(_kept_lines(path) for path in _texts(site)),
        *(_kept_lines(path) for _, paths in _chains(site) for path in paths),
    ]


def reseal(site: SiteFile, to: Keyring | None) -> list[Path]:
    """Rewrite everything under the newest key of ``to``, or in the clear; returns what it was.

    What is so already is left alone. Raises ``PrivcvError`` for what is in use or cannot be read.
    """
    done = []
    wanted = to.newest.id.hex() if to else ""
    with _stopped(site):
        for path in _databases(site):
            if not _is_so(_kept_database(path), wanted):
                rewrite_database(path, to)
                done.append(path)
        if os.path.lexists(site.anchor) and not _is_so(_kept_lines(site.anchor), wanted):
            with overwriting(site.anchor):
                reseal_anchor(site.anchor, to.newest if to else None)
            done.append(site.anchor)
        for path in _texts(site):
            if path != site.anchor and not _is_so(_kept_lines(path), wanted):
                rewrite_text(path, AUTHORIZATION, to)
                done.append(path)
        for chain, paths in _chains(site):
            for path in paths:
                if not _is_so(_kept_lines(path), wanted):
                    rewrite_lines(path, place_of(chain), to, partial(opened_line, path))
                    done.append(path)
        _renew_check(site.site.at_rest_check, to)
    return done


def rotate(site: SiteFile, key_file: Path) -> Key:
    """Add a key to ``key_file``, give it to everything, and forget the older ones.

    Where it holds several keys already, that was interrupted: it goes on. Raises ``PrivcvError``.
    """
    ring = read_keys(key_file)
    if len(ring.keys) == 1:
        ring = Keyring((new_key(), *ring.keys), ring.name)
        write_atomically(key_file, ring.text(), mode=0o600)
    name_keys(key_file)
    reseal(site, ring)
    left = [kept for kept in kept_files(site) if not _is_so(kept, ring.newest.id.hex())]
    if left:
        raise ComplianceError(f"{left[0]}: has not the new key yet; the older ones are kept")
    write_atomically(key_file, Keyring(ring.keys[:1], ring.name).text(), mode=0o600)
    name_keys(key_file)
    return ring.newest


def _is_so(kept: Kept, wanted: str) -> bool:
    """Whether a file is sealed with ``wanted`` only; empty: whether all of it is in the clear."""
    return kept.keys <= {wanted} and not (wanted and kept.is_clear)


@contextmanager
def _stopped(site: SiteFile) -> Iterator[None]:
    """The locks of all stores. Raises ``ComplianceError`` where one is in use."""
    with ExitStack() as held:
        try:
            for path in (site.ledger, site.outbox):
                if path.parent.is_dir():
                    held.callback(os.close, hold(Path(os.path.realpath(path))))
            for chain in chains_in(site.audit.folder):
                for folder in {path.parent for path in files_of(site.audit.folder, chain)}:
                    held.callback(os.close, lock_chain(folder, chain, 0.0))
        except BlockingIOError as error:
            raise ComplianceError(
                f"{path}: is in use; stop the graph of this site first"
            ) from error
        except OSError as error:
            raise ComplianceError(f"{path}: cannot be locked: {error.strerror}") from error
        try:
            yield
        except sqlite3.Error as error:
            raise ComplianceError(f"{site.state}: cannot be rewritten: {error}") from error
        except OSError as error:
            raise ComplianceError(f"{site.state}: {error.strerror or error}") from error


def _databases(site: SiteFile) -> list[Path]:
    return [path for path in (site.ledger, site.outbox) if path.exists()]


def _texts(site: SiteFile) -> list[Path]:
    """The anchor, records and withdrawals."""
    files = [site.anchor]
    for camera in site.cameras.values():
        if camera.authorization and camera.authorization.file:
            files += [camera.authorization.file, withdrawals(camera.authorization.file)]
    return [path for path in dict.fromkeys(files) if path.exists()]


def _chains(site: SiteFile) -> list[tuple[str, list[Path]]]:
    folder = site.audit.folder
    return [(chain, files_of(folder, chain)) for chain in chains_in(folder)]


def _kept_database(path: Path) -> Kept:
    ids = set()
    try:
        if not is_sealed_database(path):
            return Kept(path, frozenset(), os.stat(path).st_size > 0)
        with open_to_read(path, follow=True) as file:
            while len(page := file.read(PAGE_BYTES)) == PAGE_BYTES:
                ids.add(key_id_of(page).hex())
    except OSError as error:
        raise ComplianceError(f"{path}: cannot be read: {error.strerror}") from error
    return Kept(path, frozenset(ids), False)


def _kept_lines(path: Path) -> Kept:
    """Of a log, a text of one line or more, or the slots of an anchor."""
    ids, is_clear = set(), False
    try:
        with open_to_read(path, follow=True) as file:
            for line in file:
                text = line.strip(b" \n\0")
                id = key_id(text)
                if id is not None:
                    ids.add(id.hex())
                elif text and (line.endswith(b"\n") or chain_of(path) is None):
                    is_clear = True
    except OSError as error:
        raise ComplianceError(f"{path}: cannot be read: {error.strerror}") from error
    return Kept(path, frozenset(ids), is_clear)


def _renew_check(path: Path, to: Keyring | None) -> None:
    if to is None:
        if os.path.lexists(path):
            remove(path)
    elif keys_in_use() is not None:
        renew_check(path)
