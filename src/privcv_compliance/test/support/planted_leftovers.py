# SPDX-License-Identifier: Apache-2.0
"""Leftovers to plant in a site: each function plants one and returns how it has to be named."""

import base64
import json
import os
import random
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager

from compliance_site import REPORT

from privcv_compliance.evidence import state_scan
from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.record_file import withdrawals
from privcv_core.protocol.secure_release import SecureRelease


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
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("CREATE TABLE faces (id, embedding)")
    return "table 'faces'"


def plant_column(site: SiteFile) -> str:
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("ALTER TABLE costs ADD COLUMN track_id")
    return "column 'track_id'"


def plant_field_in_a_report(site: SiteFile) -> str:
    payload = json.dumps(
        {"sequence": 1, "zones": [{**REPORT, "ids": [4711]}], "dwell": []}
    ).encode()
    with closing(sqlite3.connect(site.ledger)) as db, db:
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


# A picture as a camera sends it, and the bytes of a frame as a process holds them.
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + random.Random(1).randbytes(3000) + b"\xff\xd9"
FRAME = bytes(min(255, 100 + x // 3 + 40 * (y % 7)) for y in range(48) for x in range(64))


def plant_picture_as_write_ahead_log(site: SiteFile) -> str:
    (site.state / "ledger.db-wal").write_bytes(JPEG)
    return "ledger.db-wal"


def plant_picture_behind_the_log(site: SiteFile) -> str:
    with _writer(site) as db:
        db.execute("UPDATE meta SET value = 1 WHERE name = 'accepted_through'")
        db.commit()
        log = (site.state / "ledger.db-wal").read_bytes()
    (site.state / "ledger.db-wal").write_bytes(log + JPEG)
    return "ledger.db-wal"


def plant_picture_in_frames_of_the_log(site: SiteFile) -> str:
    """Whole frames, so that nothing lies behind the last; SQLite does not read them."""
    with _writer(site) as db:
        db.execute("UPDATE meta SET value = 1 WHERE name = 'accepted_through'")
        db.commit()
        log = (site.state / "ledger.db-wal").read_bytes()
    frame = struct.pack(">II", 2, 0) + bytes(16) + JPEG.ljust(4096, b"\0")
    (site.state / "ledger.db-wal").write_bytes(log + frame)
    return "ledger.db-wal"


def plant_picture_as_index_of_the_log(site: SiteFile) -> str:
    (site.state / "ledger.db-shm").write_bytes(JPEG.ljust(32768, b"\0"))
    return "ledger.db-shm"


def plant_picture_behind_the_end_of_the_database(site: SiteFile) -> str:
    with site.ledger.open("ab") as file:
        file.write(JPEG)
    return "bytes behind its last page"


def plant_picture_on_a_free_page(site: SiteFile) -> str:
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("CREATE TABLE gone (content)")
        db.executemany("INSERT INTO gone VALUES (?)", [(JPEG,)] * 4)
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("DROP TABLE gone")
    return "that no row of ours leaves"


def plant_picture_between_rows(site: SiteFile) -> str:
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("INSERT INTO meta VALUES ('x', ?)", (JPEG[:1500],))
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("DELETE FROM meta WHERE name = 'x'")
    return "that no row of ours leaves"


def plant_picture_in_meta(site: SiteFile) -> str:
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("INSERT INTO meta VALUES ('thumbnail', ?)", (JPEG,))
    return "'thumbnail' of table 'meta'"


def plant_picture_as_a_value_of_meta(site: SiteFile) -> str:
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("UPDATE meta SET value = ? WHERE name = 'accepted_through'", (FRAME,))
    return "a value of 'accepted_through'"


def plant_picture_as_the_text_of_a_report(site: SiteFile) -> str:
    picture = base64.b64encode(JPEG).decode()
    _payload(site, {"sequence": 1, "zones": [{**REPORT, "reason": picture}], "dwell": []})
    return "a value of field 'reason'"


def plant_frame_as_numbers_of_a_report(site: SiteFile) -> str:
    _payload(site, {"sequence": 1, "zones": [{**REPORT, "flow": list(FRAME)}], "dwell": []})
    return "a value of field 'flow'"


def plant_text_twice_in_a_report(site: SiteFile) -> str:
    """A reader of JSON shows the last of two members with one name."""
    report = json.dumps(REPORT)[1:]
    picture = base64.b64encode(JPEG).decode()
    text = f'{{"sequence": 1, "zones": [{{"reason": "{picture}", {report}], "dwell": []}}'
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("UPDATE releases SET payload = ?", (text.encode(),))
    return "release 1, which is not a report"


def plant_picture_as_sealed_shares(site: SiteFile) -> str:
    payload = SecureRelease.of(1, bytes(32), JPEG).canonical()
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("UPDATE releases SET payload = ?", (payload,))
    return "release 1, which is not sealed shares"


def plant_picture_as_a_digest(site: SiteFile) -> str:
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("UPDATE releases SET booked_digest = ?", (JPEG,))
    return "column 'booked_digest'"


def plant_picture_in_what_was_booked(site: SiteFile) -> str:
    booked = json.dumps({"charges": [base64.b64encode(JPEG).decode()], "costs": {}})
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("UPDATE releases SET booked = ?", (booked,))
    return "column 'booked'"


def plant_picture_as_text_of_a_cost(site: SiteFile) -> str:
    with closing(sqlite3.connect(site.ledger)) as db, db:
        values = ("2026-11-20", "lobby", base64.b64encode(FRAME).decode(), 0.1, 1, 0)
        db.execute("INSERT INTO costs VALUES (?, ?, ?, ?, ?, ?)", values)
    return "column 'zone'"


def plant_picture_in_a_view(site: SiteFile) -> str:
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute(f"CREATE VIEW shown AS SELECT '{base64.b64encode(JPEG).decode()}'")
    return "view 'shown'"


def plant_picture_in_a_lock(site: SiteFile) -> str:
    (site.state / "ledger.db.lock").write_bytes(JPEG[:60])
    return "ledger.db.lock"


def plant_picture_in_the_anchor(site: SiteFile) -> str:
    (site.state / "ledger.db.anchor").write_bytes(JPEG[:1024])
    return "ledger.db.anchor"


def plant_picture_behind_the_last_entry(site: SiteFile) -> str:
    with (site.audit.folder / "lobby.detection.jsonl").open("ab") as file:
        file.write(JPEG.replace(b"\n", b"\r"))
    return "lobby.detection.jsonl"


def plant_picture_in_a_withdrawal(site: SiteFile) -> str:
    camera = site.camera("lobby").authorization
    assert camera is not None
    assert camera.file is not None
    note = {"record": "0" * 32, "picture": base64.b64encode(FRAME).decode()}
    withdrawals(camera.file).write_text(json.dumps(note) + "\n")
    return "lobby.json.withdrawn"


def plant_link_to_a_folder(site: SiteFile) -> str:
    (site.state / "pictures").symlink_to("/usr/share", target_is_directory=True)
    return "pictures"


def plant_pipe(site: SiteFile) -> str:
    os.mkfifo(site.state / "ledger.db-journal")
    return "ledger.db-journal"


def plant_sparse_file(site: SiteFile) -> str:
    with (site.audit.folder / "lobby.tracking.jsonl").open("wb") as file:
        file.truncate(2**33)
    return "lobby.tracking.jsonl"


def plant_damaged_outbox(site: SiteFile) -> str:
    (site.state / "outbox.db.damaged").write_bytes(JPEG)
    return "outbox.db.damaged"


@contextmanager
def _writer(site: SiteFile) -> Iterator[sqlite3.Connection]:
    """A connection that leaves its log behind, as a process that was killed does."""
    db = sqlite3.connect(site.ledger)
    db.execute("PRAGMA journal_mode = WAL")
    yield db
    copies = {path: path.read_bytes() for path in site.state.glob("ledger.db*") if path.is_file()}
    db.close()
    for path, content in copies.items():
        path.write_bytes(content)


def _payload(site: SiteFile, release: dict[str, object]) -> None:
    with closing(sqlite3.connect(site.ledger)) as db, db:
        db.execute("UPDATE releases SET payload = ?", (json.dumps(release).encode(),))


PLANTS = [value for name, value in sorted(globals().items()) if name.startswith("plant_")]
