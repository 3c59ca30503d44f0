# SPDX-License-Identifier: Apache-2.0
"""The scan looks where the site's files really lie."""

import sqlite3
from pathlib import Path

import pytest
from compliance_site import PIN

from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.site_file import SiteFile
from privcv_site.graph import build_graph
from privcv_site.site import load_site


def test_the_outbox_is_looked_at_wherever_it_lies(site: SiteFile, tmp_path: Path) -> None:
    outbox = tmp_path / "elsewhere" / "outbox.db"
    outbox.parent.mkdir()
    with sqlite3.connect(outbox) as db:
        db.execute("CREATE TABLE releases (sequence, payload, digest, age_s)")
        db.execute("CREATE TABLE positions (x_m, y_m)")
    uplink = f"uplink: {{url: 'https://c.example', pins: [{PIN}], outbox: {{file: {outbox}}}}}\n"
    site.path.write_text(site.path.read_text() + uplink)
    (leftover,) = scan_site(SiteFile.read(site.path)).leftovers
    assert leftover.path == outbox.resolve()
    assert "table 'positions'" in leftover.problem


def test_what_runs_and_what_is_scanned_are_the_same_files(site: SiteFile) -> None:
    """``state`` moves all of it, for the graph and for the answer to a data subject."""
    uplink = f"uplink: {{url: 'https://c.example', pins: [{PIN}]}}\n"
    site.path.write_text(site.path.read_text() + uplink)
    read = SiteFile.read(site.path)
    nodes = {n.name: n.parameters for p in build_graph(load_site(site.path)) for n in p.nodes}
    assert nodes["uplink"]["outbox.file"] == str(read.outbox) == str(site.state / "outbox.db")
    assert nodes["uplink"]["key_file"] == str(read.device_key)
    assert nodes["aggregation"]["ledger"] == str(read.ledger)
    assert nodes["aggregation"]["anchor"] == str(read.anchor)
    assert nodes["detection"]["audit.folder"] == str(read.audit.folder)
    with sqlite3.connect(nodes["uplink"]["outbox.file"]) as db:
        db.execute("CREATE TABLE releases (sequence, payload, digest, age_s)")
        db.execute("CREATE TABLE positions (x_m, y_m)")
    (leftover,) = scan_site(read).leftovers
    assert "table 'positions'" in leftover.problem


def test_an_outbox_in_its_earlier_place_is_looked_at_too(
    site: SiteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "earlier"))
    (tmp_path / "earlier").mkdir()
    with sqlite3.connect(tmp_path / "earlier" / "outbox.db") as db:
        db.execute("CREATE TABLE releases (sequence, payload, digest, age_s)")
    uplink = f"uplink: {{url: 'https://c.example', pins: [{PIN}]}}\n"
    site.path.write_text(site.path.read_text() + uplink)
    scan = scan_site(SiteFile.read(site.path))
    (found,) = [item for item in scan.found if item.path.name == "outbox.db"]
    assert "has to move" in found.what
    assert scan.leftovers == ()


def test_an_anchor_on_another_disk_is_looked_at(site: SiteFile, tmp_path: Path) -> None:
    anchor = tmp_path / "disk" / "anchor"
    anchor.parent.mkdir()
    anchor.write_bytes(bytes(5000))
    site.path.write_text(site.path.read_text() + f"anchor: {anchor}\n")
    (site.state / "ledger.db.anchor").unlink()
    (leftover,) = scan_site(SiteFile.read(site.path)).leftovers
    assert leftover.path == anchor.resolve()
    assert "larger than" in leftover.problem
