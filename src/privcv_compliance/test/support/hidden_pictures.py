# SPDX-License-Identifier: Apache-2.0
"""A picture in letters, and every place of a state folder where letters fit.

Each place takes the picture in pieces as long as it holds, as whoever may write there would.
"""

import base64
import json
import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from compliance_site import NOW, REPORT

from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import GENESIS, Head, make_entry
from privcv_core.audit.events import EVENTS, Fact
from privcv_core.authorization.record import SignedRecord
from privcv_core.authorization.record_file import load_signed, save_signed, withdrawals
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.person_keys import create_key

Encode = Callable[[bytes], str]

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + random.Random(1).randbytes(3000) + b"\xff\xd9"
FRAME = bytes(min(255, 100 + x // 3 + 40 * (y % 7)) for y in range(48) for x in range(64))
ENCODINGS: dict[str, Encode] = {
    "base64": lambda picture: base64.b64encode(picture).decode(),
    "base64 for addresses": lambda picture: base64.urlsafe_b64encode(picture).decode(),
    "base32": lambda picture: base64.b32encode(picture).decode().lower(),
    "base85": lambda picture: base64.b85encode(picture).decode(),
    "hex": lambda picture: picture.hex(),
    "latin-1": lambda picture: picture.decode("latin-1"),
    "utf-16": lambda picture: picture.decode("utf-16-le", "replace"),
    "numbers": lambda picture: ",".join(map(str, picture)),
    "escapes": lambda picture: "".join(f"%{byte:02x}" for byte in picture),
}


def pieces(text: str, length: int) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


def as_name(text: str) -> str:
    """What is no name of a file in it is replaced; the rest is still the picture."""
    return text.replace("/", "_").replace("\0", "_")


def fact_of(event: str, name: str) -> Fact:
    """Any fact that fits."""
    numbers = {
        "frames", "wiped", "seconds", "sequence", "epsilon", "delta", "first", "last", "bytes",
        "through", "retain_days", "running_age_s", "chains", "findings", "leftovers", "affected",
        "number", "days", "minutes", "files", "value",
    }  # fmt: skip
    ids = {"record": "0" * 32, "request": "1a2b3c4d", "breach": "1a2b3c4d", "key": "1a2b3c4d"}
    digests = {"settings", "hash", "digest", "old", "new"}
    days = {"received", "deadline", "day", "confirm_by"}
    times = {"noticed", "happened", "when", "written_until"}
    moment = "2026-11-20T12:00:00Z"
    if name in days and event.startswith("request."):
        return "2026-11-20"
    if name == "deadline" or name in times:
        return moment
    if name == "risk":
        return "none"
    plain = {"camera": "lobby", "cameras": "lobby", "version": "0.2.0"}
    return 1 if name in numbers else {**ids, **plain}.get(name, "ab" * 32 * (name in digests))


def write_chain(site: SiteFile, chain: str, told: list[tuple[str, dict[str, Fact]]]) -> None:
    """A chain that is whole by its hashes."""
    head, content = Head(0, GENESIS), b""
    opened: tuple[str, dict[str, Fact]] = ("log.opened", {"version": 1})
    for event, facts in [opened, *told]:
        entry = make_entry(chain, head, "2026-11-20T12:00:00.000Z", event, facts, 1)
        head, content = entry.head, content + entry.line()
    (site.audit.folder / f"{chain}.jsonl").write_bytes(content)


def in_facts(event: str, name: str) -> Callable[[SiteFile, str], None]:
    """A plant in the fact ``name`` of ``event``."""

    def plant(site: SiteFile, text: str) -> None:
        facts = {one: fact_of(event, one) for one in EVENTS[event]}
        facts["running_age_s"] = 800 * 86400
        told = [({**facts, name: piece}) for piece in pieces(text, 256)]
        allowed = [{one: fact[one] for one in EVENTS[event]} for fact in told]
        write_chain(site, "lobby.tracking", [(event, fact) for fact in allowed])

    return plant


def in_record(change: Callable[[dict[str, Any], str], None]) -> Callable[[SiteFile, str], None]:
    """A plant in a record of authorization that nobody signed."""

    def plant(site: SiteFile, text: str) -> None:
        file = record_file(site)
        document = json.loads(file.read_text())
        change(document, text)
        file.write_text(json.dumps(document))

    return plant


def record_file(site: SiteFile) -> Path:
    authorization = site.camera("lobby").authorization
    assert authorization is not None
    assert authorization.file is not None
    return authorization.file


def _reasons(document: dict[str, Any], text: str) -> None:
    parts = pieces(text, 500)[:20]
    document["record"]["reasons"] = {f"code_{chr(97 + n)}": part for n, part in enumerate(parts)}


def in_signed_record(site: SiteFile, text: str) -> None:
    """Signed, by a key of the attacker's own."""
    record = load_signed(record_file(site)).record
    planted = record.model_copy(update={"purpose": text[:500]})
    key = create_key(site.path.parent / "other.pem")
    save_signed(SignedRecord.sign(planted, key), record_file(site))


def in_withdrawals(member: str) -> Callable[[SiteFile, str], None]:
    def plant(site: SiteFile, text: str) -> None:
        note = {"record": "0" * 32, "by": "operator", "reason": "objection", "time": NOW}
        note["time"] = "2026-11-20T12:00:00Z"
        lines = [json.dumps({**note, member: piece}) for piece in pieces(text, 60)]
        withdrawals(record_file(site)).write_text("\n".join(lines) + "\n")

    return plant


def in_names_of_locks(site: SiteFile, text: str) -> None:
    for piece in pieces(as_name(text), 50):
        (site.audit.folder / f"{piece}.lock").touch()


def in_names_of_folders(site: SiteFile, text: str) -> None:
    for piece in pieces(as_name(text), 60):
        (site.state / f"x{piece}").mkdir(exist_ok=True)


def in_names_of_users(site: SiteFile, text: str) -> None:
    for piece in pieces(as_name(text), 60):
        (site.audit.folder / f"x{piece}").mkdir(exist_ok=True)


def in_names_of_chains(site: SiteFile, text: str) -> None:
    """As names that chains may have: the alphabet of hex, four words of 60."""
    hexed = text.encode().hex()
    for number, piece in enumerate(pieces(hexed, 200)):
        write_chain(site, ".".join(f"a{part}" for part in pieces(piece, 50)) or f"a{number}", [])


def in_names_of_files(site: SiteFile, text: str) -> None:
    for piece in pieces(as_name(text), 60):
        (site.state / f"x{piece}").touch()


def in_notes_of_the_site(site: SiteFile, text: str) -> None:
    """Of a site that lies in its own state folder."""
    lines = [f"# {piece}" for piece in pieces(text.replace("\n", " ").replace("\r", " "), 100)]
    content = site.path.read_text().replace("state: state", "state: .")
    content = content.replace("file: lobby.json", "file: ../lobby.json")
    (site.state / "site.yaml").write_text("\n".join([content, *lines]), newline="")


def in_notes_of_keys(site: SiteFile, text: str) -> None:
    lines = [f"# {piece}" for piece in pieces(text.replace("\n", " ").replace("\r", " "), 250)]
    (site.state / "keys").write_text("\n".join(["A" * 43, *lines]), newline="")
    os.chmod(site.state / "keys", 0o600)
    site.path.write_text(f"{site.path.read_text()}at_rest_key: state/keys\n")


def in_device_key(site: SiteFile, text: str) -> None:
    key = {"alg": "Ed25519", "created_at": text[:900], "secret": "A" * 43}
    document = {"device": "0" * 32, "keys": [key], "v": 1}
    site.device_key.write_text(json.dumps(document))


def in_a_pause(site: SiteFile, text: str) -> None:
    folder = site.state / "pauses"
    folder.mkdir()
    note = {
        "camera": "lobby", "minutes": 10, "by": text[:400], "began": "2026-11-20T12:00:00Z",
        "boot": "", "at_ms": 1, "mac": "0" * 64,
    }  # fmt: skip
    (folder / "lobby.json").write_bytes(canonical(note))


def in_a_torn_entry(site: SiteFile, text: str) -> None:
    with (site.audit.folder / "lobby.detection.jsonl").open("ab") as file:
        file.write(b'{"chain":"' + text.replace("\n", " ").encode("utf-8", "replace")[:4000])


@contextmanager
def writing(site: SiteFile) -> Iterator[sqlite3.Connection]:
    """The ledger, closed again so that it can be put back."""
    with closing(sqlite3.connect(site.ledger)) as db, db:
        yield db


def in_rows(statement: str, length: int) -> Callable[[SiteFile, str], None]:
    """A row for each piece; ``?`` in the statement is the piece, ``:n`` a number."""

    def plant(site: SiteFile, text: str) -> None:
        with writing(site) as db:
            for number, piece in enumerate(pieces(text, length)):
                db.execute(statement, {"n": number + 100, "piece": piece})

    return plant


def in_reports(field: str) -> Callable[[SiteFile, str], None]:
    def plant(site: SiteFile, text: str) -> None:
        reports = [{**REPORT, field: piece} for piece in pieces(text, 60)]
        payload = json.dumps({"sequence": 1, "zones": reports, "dwell": []}).encode()
        with writing(site) as db:
            db.execute("UPDATE releases SET payload = ?", (payload,))

    return plant


def in_kept_sums(site: SiteFile, text: str) -> None:
    content = json.dumps([{"unit": "hour", "kind": piece} for piece in pieces(text, 120)])
    with writing(site) as db:
        db.execute("INSERT INTO meta VALUES ('kept|periods|lobby', ?)", (content,))


def in_free_pages(site: SiteFile, text: str) -> None:
    with writing(site) as db:
        db.execute("CREATE TABLE gone (content)")
        db.executemany("INSERT INTO gone VALUES (?)", [(text,)] * 4)
    with writing(site) as db:
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("DROP TABLE gone")


def places() -> Iterator[tuple[str, Callable[[SiteFile, str], None]]]:
    """Every place, by name: also each fact of each event that may be a text."""
    yield from {
        "names of locks": in_names_of_locks,
        "names of empty folders": in_names_of_folders,
        "names of users": in_names_of_users,
        "names of chains": in_names_of_chains,
        "names of empty files": in_names_of_files,
        "notes of the site": in_notes_of_the_site,
        "notes of keys": in_notes_of_keys,
        "the device's key": in_device_key,
        "a pause": in_a_pause,
        "a torn entry": in_a_torn_entry,
        "a free page": in_free_pages,
        "sums that are kept": in_kept_sums,
        "a record that another key signed": in_signed_record,
        "a record without a signature": in_record(
            lambda d, text: d.update(signature="", record={**d["record"], "purpose": text[:500]})
        ),
        "a record's reasons": in_record(_reasons),
        "a record's signature": in_record(lambda d, text: d.update(signature=text[:128])),
        "a record's key": in_record(lambda d, text: d.update(key_id=text[:16])),
        "a cost's zone": in_rows(
            "INSERT OR IGNORE INTO costs VALUES (:n, 'lobby', :piece, 0, 0, 0)", 60
        ),
        "a cost's day": in_rows(
            "INSERT OR IGNORE INTO costs VALUES (:piece, 'lobby', 'x', 0, 0, 0)", 60
        ),
        "a name in meta": in_rows("INSERT OR IGNORE INTO meta VALUES (:piece, :n)", 60),
        "a release's key": in_rows(
            "INSERT OR IGNORE INTO releases VALUES (:n, :piece, NULL, x'', 1, NULL, x'', x'')", 60
        ),
    }.items()
    for member in ("record", "by", "reason", "time"):
        yield f"a withdrawal's {member}", in_withdrawals(member)
    for field in (name for name, value in REPORT.items() if isinstance(value, str)):
        yield f"a report's {field}", in_reports(field)
    for event, names in EVENTS.items():
        for name in sorted(names):
            if isinstance(fact_of(event, name), str):
                yield f"{event}.{name}", in_facts(event, name)
