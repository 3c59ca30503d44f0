# SPDX-License-Identifier: Apache-2.0
"""The statuses that c2sp.org/tlog-witness says, by request and over a socket."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from privcv_across.transparency.checkpoint_note import TreeHead, cosigned_at, sign_head
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.merkle_tree import EMPTY_ROOT, MerkleTree
from privcv_across.transparency.signed_note import (
    COSIGNATURE_KEY,
    LOG_KEY,
    NoteKey,
    SignedNote,
)
from privcv_across.transparency.witness import AddCheckpoint, Witness
from privcv_across.transparency.witness_http import MOST_BYTES, PATH, answer, make_server
from privcv_core.protocol.signing import SigningKey

LOG, WITNESS = (SigningKey("Ed25519", bytes([number]) * 32) for number in (1, 2))
ORIGIN = "log.example"
VKEY = NoteKey.of("w.example", COSIGNATURE_KEY, WITNESS)
NOW = 1_700_000_000


def witness(folder: Path) -> Witness:
    return Witness("w.example", WITNESS, {ORIGIN: NoteKey.of(ORIGIN, LOG_KEY, LOG)}, folder)


def request(*numbers: int, old: int = 0, key: SigningKey = LOG, origin: str = ORIGIN) -> bytes:
    """A log of entries with these numbers, for who cosigned the first ``old``."""
    tree = MerkleTree()
    for number in numbers:
        tree.append(LogEntry("task", f"t{number}", "0" * 64).leaf)
    note = sign_head(TreeHead(origin, len(tree), tree.root() if numbers else EMPTY_ROOT), key)
    return AddCheckpoint(old, tuple(tree.consistency_proof(old)), note).encode()


def test_what_goes_on_is_cosigned(tmp_path: Path) -> None:
    ours = witness(tmp_path)
    for body in (request(1, 2), request(1, 2, old=2), request(1, 2, 3, old=2)):
        found = answer(ours, body, NOW)
        assert found.status == 200
        signed = SignedNote.decode(body.partition(b"\n\n")[2] + found.content)
        assert cosigned_at(signed, VKEY) == NOW


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (request(1, 2).replace(b"old 0", b"old x"), 400),
        (request(1, 2).replace(b"old 0", b"old 3"), 400),
        (request(1, 2, origin="other.example"), 404),
        (request(1, 2, key=WITNESS), 403),
        (request(1, 2), 409),
        (request(1, 2, 3, 4, old=3), 409),
        (request(1, 7, 3, old=2), 422),
        (request(1, 7, old=2), 422),
        (request(1, 2, 3, old=2).replace(b"old 2\n", b"old 2\n" + b"A" * 43 + b"=\n"), 422),
    ],
)
def test_what_is_refused_has_the_status_of_the_specification(
    tmp_path: Path, body: bytes, status: int
) -> None:
    ours = witness(tmp_path)
    assert answer(ours, request(1, 2), NOW).status == 200
    found = answer(ours, body, NOW)
    assert found.status == status
    if status == 409:
        assert (found.content, found.kind) == (b"2\n", "text/x.tlog.size")
    assert str(tmp_path).encode() not in found.content


def test_a_witness_that_forgot_cosigns_nothing(tmp_path: Path) -> None:
    ours = witness(tmp_path)
    answer(ours, request(1, 2), NOW)
    (state,) = tmp_path.glob("*.checkpoint")
    state.write_bytes(b"")
    assert answer(ours, request(1, 2, 3, old=2), NOW).status == 500


@contextmanager
def served(folder: Path) -> Iterator[int]:
    server = make_server(witness(folder), "127.0.0.1", 0, lambda: NOW)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def post(port: int, path: str, body: bytes | None, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, body, headers)
    with connection.getresponse() as response:
        found = response.status, response.read()
    connection.close()
    return found


def test_it_is_served(tmp_path: Path) -> None:
    with served(tmp_path) as port:
        assert post(port, PATH, request(1, 2))[0] == 200
        assert post(port, PATH, request(1, 3)) == (409, b"2\n")
        assert post(port, "/", request(1, 2))[0] == 404
        assert post(port, PATH, b"", **{"Content-Length": str(MOST_BYTES + 1)})[0] == 413
        assert post(port, PATH, b"x")[0] == 400
