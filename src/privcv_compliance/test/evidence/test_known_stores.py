# SPDX-License-Identifier: Apache-2.0
"""What the databases really hold is what the scan knows of them."""

import sqlite3

from privcv_compliance.evidence.known_stores import read_ledger
from privcv_compliance.site_file import SiteFile


def test_what_the_ledger_really_creates_is_what_the_scan_knows(site: SiteFile) -> None:
    """Fails when somebody adds a table or column without thinking of data subjects."""
    store = read_ledger(site.ledger)
    assert store.strange == ()
    assert (store.releases, store.with_payload, store.coverage) == (1, 1, 0.75)


def test_the_ledger_is_read_while_it_is_written_exclusively(site: SiteFile) -> None:
    with sqlite3.connect(site.ledger) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        assert read_ledger(site.ledger).releases == 1
