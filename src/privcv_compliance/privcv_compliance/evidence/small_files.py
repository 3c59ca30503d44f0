# SPDX-License-Identifier: Apache-2.0
"""What the small files beside the databases and logs may hold, byte by byte."""

import json
import re
from pathlib import Path

from privcv_core.at_rest.sealed_text import key_id, unseal
from privcv_core.audit.files import lines_in
from privcv_core.authorization.pause_note import PauseNote
from privcv_core.authorization.record_file import PLACE as AUTHORIZATION
from privcv_core.authorization.record_file import load_signed, withdrawn_ids
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.regular_file import read_regular
from privcv_privacy.budget.ledger_chain import PLACE as ANCHOR
from privcv_uplink.delivery import device_keys

_SLOT_BYTES = 512
_SLOT = {"ledger": r"[0-9a-f]{1,64}", "sequence": r"\d{1,16}", "hash": r"[0-9a-f]{64}"}
_KEY_MEMBERS = {"alg", "created_at", "secret"}
_NOTE_MEMBERS = {"by", "reason", "record", "time"}
_MOST_NOTE, _MOST_KEY_FILE, _MOST_RECORD = 1024, 4096, 16384
_BEGIN, _MOST_TORN = b'{"chain":"', 8192


def strange_anchor(path: Path) -> str:
    """Two slots, each of them empty or a number with two digests."""
    content = read_regular(path, 2 * _SLOT_BYTES)
    for place in range(0, len(content), _SLOT_BYTES):
        text = content[place : place + _SLOT_BYTES].strip(b" \n\0")
        try:
            slot = parse_json(unseal(ANCHOR, text)) if text else {}
        except ValueError:
            return "it is not the anchor of a ledger"
        if not isinstance(slot, dict) or set(slot) not in (set(), set(_SLOT)):
            return "it is not the anchor of a ledger"
        if not all(re.fullmatch(_SLOT[name], str(slot[name])) for name in slot):
            return "it is not the anchor of a ledger"
    return ""


def strange_key_file(path: Path) -> str:
    """A key file, and no member besides."""
    content = parse_json(read_regular(path, _MOST_KEY_FILE))
    device_keys.read(path)
    is_key = isinstance(content, dict) and set(content) == {"device", "keys", "v"}
    if not is_key or any(set(item) != _KEY_MEMBERS for item in content["keys"]):
        return "it is not a key file"
    if len(json.dumps(content, indent=4)) + 64 < len(read_regular(path, _MOST_KEY_FILE)):
        return "it holds more than its keys"
    return ""


def strange_secret(path: Path) -> str:
    """32 bytes as hex, and nothing besides."""
    try:
        content = read_regular(path, 65)
    except PermissionError:
        return ""  # nobody but its processes may read it
    return "" if re.fullmatch(rb"[0-9a-f]{64}", content) else "it is not the secret of a graph"


def strange_check(path: Path) -> str:
    """A short sealed text, by which a wrong key is found."""
    text = read_regular(path, 256)
    return "" if key_id(text) is not None and len(text) < 128 else "it is not a key check"


def strange_record(path: Path) -> tuple[str, str]:
    """What record it is, and what is wrong: everything in it has a bounded place."""
    size = len(read_regular(path, _MOST_RECORD))
    signed = load_signed(path)
    what = f"the authorization record of camera '{signed.record.camera}'"
    if len(signed.key_id) > 16 or len(signed.signature) > 128:
        return what, "its signature is none"
    longest = len(json.dumps(signed.document(), indent=4, ensure_ascii=True)) + 256
    if size > (longest if key_id(read_regular(path, _MOST_RECORD)) is None else 2 * longest):
        return what, "it holds more than a record"
    return what, ""


def strange_pause(path: Path) -> tuple[str, str]:
    """A pause, and nothing besides; whose it is, the camera asks."""
    what = "the last pause of a camera"
    note = parse_json(read_regular(path, _MOST_NOTE))
    try:
        PauseNote.model_validate({k: v for k, v in note.items() if k != "mac"})
    except (AttributeError, ValueError):
        return what, "it is not a pause"
    if not re.fullmatch(r"[0-9a-f]{64}", str(note.get("mac"))):
        return what, "its code is none"
    return what, ""


def strange_withdrawals(record: Path, path: Path) -> tuple[str, str]:
    """How many withdrawals there are, and what is wrong with a line."""
    for line in unseal(AUTHORIZATION, read_regular(path)).decode().splitlines():
        note = parse_json(line) if line.strip() else {}
        if len(line) > _MOST_NOTE or not set(note) <= _NOTE_MEMBERS:
            return "withdrawals of authorizations", "a line holds more than a withdrawal"
        if any(not isinstance(value, str) for value in note.values()):
            return "withdrawals of authorizations", "a line holds more than a withdrawal"
    return f"{len(withdrawn_ids(record))} withdrawals of authorizations", ""


def strange_end(path: Path) -> str:
    """A last line without an end is what a writer was at when it died: text, and not much."""
    last = b""
    for _, line in lines_in(path):
        last = line
    if last.endswith(b"\n") or _BEGIN.startswith(last):
        return ""
    text = last.decode(errors="replace").rstrip("\ufffd")  # cut within a letter
    if last.startswith(_BEGIN) and text.isprintable() and len(last) <= _MOST_TORN:
        return ""
    return f"{len(last)} bytes behind its last entry that are none"
