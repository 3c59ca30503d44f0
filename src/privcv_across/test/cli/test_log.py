# SPDX-License-Identifier: Apache-2.0
"""``privcv log``: what is right is said to be, and what is wrong ends with 1 and why."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from privcv_across.cli.log import command
from privcv_across.errors import LogError
from privcv_across.transparency.checkpoint_note import cosign
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.log_file import ENTRIES, LogWriter
from privcv_across.transparency.policy import Policy
from privcv_across.transparency.signed_note import COSIGNATURE_KEY, LOG_KEY, NoteKey
from privcv_core.protocol import base64url
from privcv_core.protocol.person_keys import create_key
from privcv_core.protocol.signing import SigningKey

LOG, WITNESS = (SigningKey("Ed25519", bytes([number]) * 32) for number in (1, 2))
SUBJECT = "ab" * 32


def entry(number: int, subject: str = SUBJECT) -> LogEntry:
    return LogEntry("task", subject, f"{number:064x}")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of four entries with a checkpoint that a witness cosigned, and one entry after it."""
    folder = tmp_path / "log"
    writer = LogWriter(folder, "log.example", LOG)
    writer.append([entry(1), entry(2, "other"), entry(3), entry(4, "other")])
    writer.add_cosignature(cosign(writer.checkpoint(), "w.example", WITNESS, 1_700_000_000))
    writer.append([entry(5)])
    writer.close()
    keys = (
        NoteKey.of("log.example", LOG_KEY, LOG),
        NoteKey.of("w.example", COSIGNATURE_KEY, WITNESS),
    )
    (tmp_path / "policy").write_text(
        f"log {keys[0].encode()}\nwitness w {keys[1].encode()}\nquorum w\n"
    )
    return folder


def ran(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def prove(log: Path, subject: str = SUBJECT) -> Result:
    out = log.parent / "proof"
    return ran("prove", log, "--policy", log.parent / "policy", "--subject", subject, "-o", out)


def verify(log: Path, *more: str | Path) -> Result:
    return ran("verify", log, "--policy", log.parent / "policy", *more)


def test_a_log_is_verified_as_far_as_its_checkpoint(log: Path) -> None:
    result = verify(log)
    assert (result.exit_code, "log.example: 4 entries" in result.output) == (0, True)


def test_an_entry_is_proved_and_the_proof_is_verified(log: Path) -> None:
    result = prove(log)
    assert (result.exit_code, "entry 2" in result.output) == (0, True), result.output
    proof, written = log.parent / "proof", log.parent / "proof.entry"
    assert written.read_bytes() == entry(3).encode() + b"\n"
    result = verify(log, "--proof", proof, "--entry", written)
    assert (result.exit_code, "stands in it" in result.output) == (0, True), result.output
    written.write_bytes(entry(1).encode())
    assert verify(log, "--proof", proof, "--entry", written).exit_code == 1


def test_what_is_wrong_ends_with_1_and_says_why(log: Path) -> None:
    assert prove(log, "nobody").exit_code == 1
    kept = (log / ENTRIES).read_bytes()
    (log / ENTRIES).write_bytes(kept.replace(b"other", b"ether"))
    for result in (verify(log), prove(log)):
        assert (result.exit_code, "not those of the log" in result.output) == (1, True)
    (log / ENTRIES).write_bytes(kept)
    policy = log.parent / "policy"
    policy.write_text(policy.read_text().replace("quorum w", "quorum none"))
    assert verify(log).exit_code == 0
    unseen = NoteKey.of("v.example", COSIGNATURE_KEY, SigningKey.generate()).encode()
    policy.write_text(policy.read_text().replace("quorum none", f"witness v {unseen}\nquorum v"))
    assert (verify(log).exit_code, "quorum" in verify(log).output) == (1, True)


def test_what_cannot_be_read_is_bad_input(log: Path) -> None:
    (log.parent / "policy").write_text("believe me")
    assert isinstance(verify(log).exception, LogError)
    assert verify(log, "--proof", log.parent / "policy").exit_code == 2


def test_the_line_of_a_policy_that_names_a_log(tmp_path: Path) -> None:
    key = create_key(tmp_path / "log.pem")
    line = ran("key", tmp_path / "log.pem", "--origin", "log.example").output
    policy = Policy.parse(line + "quorum none\n")
    assert policy.logs["log.example"].public_key == base64url.decode(key.public)
    wrong = ran("key", tmp_path / "log.pem", "--origin", "two words")
    assert isinstance(wrong.exception, LogError)
