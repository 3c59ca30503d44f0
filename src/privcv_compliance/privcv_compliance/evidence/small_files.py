# SPDX-License-Identifier: Apache-2.0
"""What the small files beside the databases and logs may hold, byte by byte."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from privcv_across.attestation.sealed_file import check_sealed, is_sealed
from privcv_compliance.evidence.plain_text import is_data
from privcv_compliance.evidence.said_names import MOST_UNKNOWN, SaidNames
from privcv_core.at_rest.sealed_text import key_id, unseal
from privcv_core.audit.files import lines_in
from privcv_core.authorization.pause_note import PauseNote
from privcv_core.authorization.record_file import PLACE as AUTHORIZATION
from privcv_core.authorization.record_file import load_signed, withdrawn_ids
from privcv_core.authorization.withdrawal_words import WITHDRAWAL_REASONS, WITHDRAWERS
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.regular_file import read_regular
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.signing import VerifyKey
from privcv_privacy.budget.ledger_chain import PLACE as ANCHOR
from privcv_uplink.delivery import device_keys

_SLOT_BYTES = 512
_SLOT = {"ledger": r"[0-9a-f]{1,64}", "sequence": r"\d{1,16}", "hash": r"[0-9a-f]{64}"}
_KEY_MEMBERS = {"alg", "created_at", "secret"}
_NOTE_MEMBERS = {"by", "reason", "record", "time"}
_MOST_NOTE, _MOST_KEY_FILE, _MOST_RECORD = 1024, 4096, 16384
_NOTE_FORMS = {
    "record": r"[0-9a-f]{32}",
    "time": r"\d{4}-\d\d-\d\dT[\d:.]{8,18}(Z|[+-]\d\d:\d\d)",
}
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_MOST_KEYS, _MOST_FREE_WORDS = 8, 8
_BEGIN, _MOST_TORN = b'{"chain":"', 4096
_TORN = re.compile(r'\{"chain":"[a-z0-9_.]{0,255}(?:$|"(?:$|,"?e?v?e?n?t?"?:?"?))')
_TEXT_IN_JSON = re.compile(r'"((?:[^"\\]|\\.)*)"?')
_GRAMMAR = re.compile(r"(?:[{}:,]|-?[0-9.eE+-]{1,20}|true|false|[a-z]{1,4}$){0,120}")


def strange_anchor(path: Path) -> str:
    """Two slots, each of them empty or a number with two digests."""
    content = read_regular(path, 2 * _SLOT_BYTES)
    for place in range(0, len(content), _SLOT_BYTES):
        slot_text = content[place : place + _SLOT_BYTES]
        text = slot_text.strip(b" \n\0")
        if len(set(slot_text.replace(text, b"")) - set(b"\n")) > 1:
            return "it is not the anchor of a ledger"
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
    text = read_regular(path, _MOST_KEY_FILE)
    content = parse_json(text)
    if is_sealed(content):  # what it holds is known to its TPM alone
        check_sealed(content)
        return "" if len(text) <= len(json.dumps(content, indent=4)) + 64 else "it holds more"
    device_keys.read(path)
    is_key = isinstance(content, dict) and set(content) == {"device", "keys", "v"}
    if not is_key or any(set(item) != _KEY_MEMBERS for item in content["keys"]):
        return "it is not a key file"
    if len(json.dumps(content, indent=4)) + 64 < len(text):
        return "it holds more than its keys"
    forms = {"alg": r"[A-Za-z0-9-]{1,16}", "created_at": _TIME, "secret": r"[\w-]{43}"}
    for item in content["keys"]:
        if not all(re.fullmatch(form, str(item[name])) for name, form in forms.items()):
            return "it is not a key file"
    is_ours = re.fullmatch(r"[0-9a-f]{32}", str(content["device"])) and type(content["v"]) is int
    return "" if is_ours and len(content["keys"]) <= _MOST_KEYS else "it holds more than its keys"


def strange_keys(path: Path) -> str:
    """Keys of what is kept, a line each, and notes such as people write."""
    lines = read_regular(path, _MOST_KEY_FILE).decode(errors="replace").splitlines()
    notes = [line for line in lines if line.startswith("#")]
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    is_ours = all(re.fullmatch(r"[\w-]{43}=?", key, re.ASCII) for key in keys)
    if not is_ours or len(keys) > _MOST_KEYS:
        return "it holds more than its keys"
    return "it holds more than its keys" if any(map(is_data, notes)) or len(notes) > 16 else ""


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


def strange_record(trusted: Sequence[str], path: Path) -> tuple[str, str]:
    """What record it is, and what is wrong: somebody signed it whom the site trusts."""
    size = len(read_regular(path, _MOST_RECORD))
    signed = load_signed(path)
    what = f"the authorization record of camera '{signed.record.camera}'"
    if not re.fullmatch(r"[0-9a-f]{16}", signed.key_id) or not re.fullmatch(
        r"[\w-]{86}", signed.signature, re.ASCII
    ):
        return what, "its signature is none"
    longest = len(json.dumps(signed.document(), indent=4, ensure_ascii=True)) + 256
    if size > (longest if key_id(read_regular(path, _MOST_RECORD)) is None else 2 * longest):
        return what, "it holds more than a record"
    if any(map(is_data, _texts(signed.content))):
        return what, "a text in it is none that people write"
    signers = {VerifyKey.load("Ed25519", key).key_id for key in trusted if signed.is_signed_by(key)}
    if trusted and signed.key_id not in signers:
        return what, "nobody signed it whom the site trusts, so that anybody may have written it"
    return what, ""


def _texts(content: Any) -> Iterator[str]:
    """Every text in ``content``, names of members too; an id that fits its form is none."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield str(name)
            if not (name == "id" and re.fullmatch(r"[0-9a-f]{32}", str(value))):
                yield from _texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)
    elif isinstance(content, str):
        yield content


def strange_pause(path: Path) -> tuple[str, str]:
    """A pause, and nothing besides; whose it is, the camera asks."""
    what = "the last pause of a camera"
    text = read_regular(path, _MOST_NOTE)
    note = parse_json(text)
    try:
        PauseNote.model_validate({k: v for k, v in note.items() if k != "mac"})
    except (AttributeError, ValueError):
        return what, "it is not a pause"
    if not re.fullmatch(r"[0-9a-f]{64}", str(note.get("mac"))):
        return what, "its code is none"
    if canonical(note) != text or note["camera"] != path.stem:
        return what, "it is not a pause"
    return what, ""


def strange_withdrawals(
    record: Path, told: Callable[[], frozenset[str]], path: Path
) -> tuple[str, str]:
    """How many withdrawals there are, and what is wrong with a line.

    ``told``: the ids of records that the audit log knows.
    """
    what, more = "withdrawals of authorizations", "a line holds more than a withdrawal"
    words = SaidNames({*WITHDRAWERS, *WITHDRAWAL_REASONS}, _MOST_FREE_WORDS)
    for line in unseal(AUTHORIZATION, read_regular(path)).decode().splitlines():
        note = parse_json(line) if line.strip() else {}
        if len(line) > _MOST_NOTE or not set(note) <= _NOTE_MEMBERS:
            return what, more
        for name, value in note.items():
            fits = re.fullmatch(_NOTE_FORMS.get(name, r".{0,64}"), str(value))
            if not isinstance(value, str) or fits is None:
                return what, more
            if name not in _NOTE_FORMS:
                words.add(value)
                if is_data(value):
                    return what, more
    if any(words.too_many()):
        return what, more
    ids = withdrawn_ids(record)
    if len(ids - told()) > MOST_UNKNOWN:
        return what, f"more than {MOST_UNKNOWN} of them are of records that no log knows"
    return f"{len(ids)} withdrawals of authorizations", ""


def strange_end(path: Path) -> str:
    """A last line without an end is what a writer was at when it died: text, and not much."""
    last = b""
    for _, line in lines_in(path):
        last = line
    if last.endswith(b"\n") or _BEGIN.startswith(last):
        return ""
    text = last.decode(errors="replace").rstrip("\ufffd")  # cut within a letter
    if text.isprintable() and len(last) <= _MOST_TORN and _is_torn_entry(text):
        return ""
    return f"{len(last)} bytes behind its last entry that are none"


def _is_torn_entry(text: str) -> bool:
    """Whether ``text`` is the beginning of an entry: its members, and texts that people write."""
    words = _TEXT_IN_JSON.findall(text)
    return (
        _TORN.match(text) is not None
        and _GRAMMAR.fullmatch(_TEXT_IN_JSON.sub("", text)) is not None
        and not any(is_data(word) for word in words)
    )
