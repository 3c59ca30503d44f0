# SPDX-License-Identifier: Apache-2.0
"""Leftovers to plant in a site: each function plants one and returns how it has to be named."""

import json
import sqlite3

from compliance_site import REPORT

from privcv_compliance.evidence import state_scan
from privcv_compliance.site_file import SiteFile


def plant_frame(site: SiteFile) -> str:
    (site.state / "debug.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return "debug.jpg"


def plant_frame_named_like_a_log(site: SiteFile) -> str:
    (site.audit.folder / "lobby.tracking.jsonl").write_bytes(b"\xff\xd8\xff\xe0\n")
    return "lobby.tracking.jsonl"


def plant_bag(site: SiteFile) -> str:
    (site.state / "bag").mkdir()
    (site.state / "bag" / "rosbag2_0.mcap").write_bytes(b"\x89MCAP0\r\n")
    return "rosbag2_0.mcap"


def plant_table(site: SiteFile) -> str:
    with sqlite3.connect(site.ledger) as db:
        db.execute("CREATE TABLE faces (id, embedding)")
    return "table 'faces'"


def plant_column(site: SiteFile) -> str:
    with sqlite3.connect(site.ledger) as db:
        db.execute("ALTER TABLE costs ADD COLUMN track_id")
    return "column 'track_id'"


def plant_field_in_a_report(site: SiteFile) -> str:
    payload = json.dumps(
        {"sequence": 1, "zones": [{**REPORT, "ids": [4711]}], "dwell": []}
    ).encode()
    with sqlite3.connect(site.ledger) as db:
        db.execute("UPDATE releases SET payload = ?", (payload,))
    return "field 'ids'"


def plant_people_in_the_audit_log(site: SiteFile) -> str:
    from privcv_core.audit.entry import Head, make_entry

    entry = make_entry(
        "lobby.tracking", Head(0, "0" * 64), "2026-11-20T12:00:00.000Z", "frames", {"people": 3}
    )
    (site.audit.folder / "lobby.tracking.jsonl").write_bytes(entry.line())
    return "lobby.tracking.jsonl"


def plant_lock_with_content(site: SiteFile) -> str:
    (site.audit.folder / "lobby.tracking.lock").write_text("Alice was here")
    return "lobby.tracking.lock"


def plant_link(site: SiteFile) -> str:
    (site.state / "more").symlink_to("/etc/hostname")
    return "more"


def plant_shared_memory(site: SiteFile) -> str:
    (state_scan.SHARED_MEMORY / "fastrtps_0011223344556677").write_bytes(b"pixels")
    return "fastrtps_0011223344556677"


PLANTS = [value for name, value in sorted(globals().items()) if name.startswith("plant_")]
