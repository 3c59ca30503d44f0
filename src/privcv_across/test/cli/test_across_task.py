# SPDX-License-Identifier: Apache-2.0
"""``privcv across task``: what two operators agree on, signed by both, and in words what lacks."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
import yaml
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sum_tasks import DEVICES, POLICY, WITNESS, logged

from privcv_across.cli.across_task import command
from privcv_across.errors import AcrossError, TaskError
from privcv_across.task.signed_task import SignedTask
from privcv_core.errors import PrivcvError
from privcv_core.protocol import base64url

CHOICES: dict[str, Any] = {
    "leader": "leader/public.yaml", "helper": "helper/public.yaml", "roster": "roster.txt",
    "cells": ["hall", "hall/standing"], "visits": 40, "epsilon": 0.5, "min_sites": 5,
    "begins": "2026-12-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z",
}  # fmt: skip


def ran(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def done(*words: object) -> str:
    result = ran(*words)
    assert result.exit_code == 0, (result.exception, result.output)
    return result.output


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two operators with keys, a roster out of order, and what they chose."""
    monkeypatch.chdir(tmp_path)
    for role in ("leader", "helper"):
        done("keys", role, "--url", f"https://{role}.example/", "--name", f"{role} & co")
    lines = [f"{device.public}  # shop {n}" for n, device in enumerate(reversed(DEVICES))]
    Path("roster.txt").write_text("# of the north\n\n" + "\n".join(lines) + "\n")
    Path("choices.yaml").write_text(yaml.safe_dump(CHOICES))
    return tmp_path


def draft(out: str = "a.draft", sealing: str = "leader/sealing.json") -> Result:
    return ran("draft", "choices.yaml", "--sealing-key", sealing, "-o", out)


def sign(given: str, role: str, out: str, *more: object) -> Result:
    return ran("sign", given, "--key", f"{role}/operator.pem", "-o", out, *more)


def words_of(result: Result) -> str:
    assert isinstance(result.exception, PrivcvError), result.exception  # exit status 2
    return str(result.exception)


def test_both_sign_and_it_is_a_task(here: Path) -> None:
    assert draft().exit_code == 0
    assert sign("a.draft", "helper", "a.half").exit_code == 0
    sealing = ("--sealing-key", "leader/sealing.json")
    assert sign("a.half", "leader", "a.task", *sealing).exit_code == 0
    content = Path("a.task").read_bytes()
    found = json.loads(content)
    assert rfc8785.dumps(found) == content
    body = rfc8785.dumps(found["task"])
    for role in ("leader", "helper"):
        key = yaml.safe_load(Path(role, "public.yaml").read_text())["operator"]["key"]
        signature = base64url.decode(found["signatures"][role])
        signed = b"privcv task\n" + body
        Ed25519PublicKey.from_public_bytes(base64url.decode(key)).verify(signature, signed)
    one = SignedTask.decode(content)
    assert one.task.most_visits == CHOICES["visits"]
    assert one.task.roster == sorted(device.public for device in DEVICES)
    output = done("check", "a.task", *sealing)
    assert hashlib.sha256(body).hexdigest() in output
    assert "signed by leader & co" in output
    assert "MISSING" not in output


def test_either_operator_drafts_the_same_task(here: Path) -> None:
    draft("a.draft", "leader/sealing.json")
    draft("b.draft", "helper/sealing.json")
    assert Path("a.draft").read_bytes() == Path("b.draft").read_bytes()


def test_what_lacks_is_said_in_words(here: Path) -> None:
    draft()
    sign("a.draft", "leader", "a.half")
    result = ran("check", "a.half")
    assert result.exit_code == 1
    assert "signed by leader & co" in result.output
    assert "MISSING: not signed by helper & co" in result.output
    with pytest.raises(TaskError, match="is a draft, without the signature of the helper"):
        SignedTask.decode(Path("a.half").read_bytes())
    sign("a.half", "helper", "a.task")
    assert "log: not looked at" in done("check", "a.task")
    entry = SignedTask.decode(Path("a.task").read_bytes()).entry
    Path("policy").write_text(POLICY)
    Path("blind").write_text(POLICY.replace("quorum w", "quorum none"))
    other = type(entry)("task", entry.subject, "0" * 64)
    for policy, proof, words in (
        ("policy", logged(entry, by=WITNESS), "log: the task stands in it, cosigned"),
        ("policy", logged(entry, by=None), "MISSING: log: checkpoint: cosigned by no witness"),
        ("policy", logged(other), "MISSING: log: "),
        ("blind", logged(entry), "MISSING: policy: asks for no witness"),
    ):
        Path("proof").write_bytes(proof.encode())
        result = ran("check", "a.task", "--policy", policy, "--proof", "proof")
        assert words in result.output
        assert result.exit_code == ("MISSING" in words)


def test_nothing_is_written_over(here: Path) -> None:
    draft()
    sign("a.draft", "leader", "a.half")
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    for result in (
        draft("a.half"),
        sign("a.draft", "helper", "a.half"),
        sign("a.half", "helper", "a.half"),
        ran("keys", "leader", "--url", "https://x.example/", "--name", "x"),
    ):
        assert "exists" in words_of(result)
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before
    Path("leader/public.yaml").unlink()
    done("keys", "leader", "--url", "https://leader.example/", "--name", "leader & co")
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"begins": "2026-12-01T00:10:00Z"}, "choices.yaml: settings: begins, expires: must be"),
        ({"begins": "2026-12-01T00:00:00"}, "choices.yaml: begins: Input should have timezone"),
        ({"epsilon": 0}, "choices.yaml: epsilon: Input should be greater"),
        ({"min_sites": 7}, "choices.yaml: settings: min_sites: 7, and the roster has 6"),
        ({"cells": ["Hall"]}, "choices.yaml: cells.0: "),
        ({"visit": 3}, "choices.yaml: visit: is not a known setting (did you mean 'visits'?)"),
        ({"helper": "leader/public.yaml"}, "choices.yaml: task: leader, helper: share a key"),
        ({"helper": "none.yaml"}, "none.yaml: cannot be read"),
        ({"helper": "bad.yaml"}, "bad.yaml: hpke: "),
        ({"roster": "twice.txt"}, "twice.txt: line 2: is the key of line 1"),
        ({"roster": "wrong.txt"}, "wrong.txt: line 1: is no key of a device"),
    ],
    ids=lambda one: next(iter(one), "") if isinstance(one, dict) else "",
)  # fmt: skip
def test_a_choice_that_makes_no_task_is_named(
    here: Path, change: dict[str, Any], words: str
) -> None:
    helper = yaml.safe_load(Path("helper/public.yaml").read_text())
    Path("bad.yaml").write_text(yaml.safe_dump({**helper, "hpke": "AAAA"}))
    Path("twice.txt").write_text(f"{DEVICES[0].public}\n{DEVICES[0].public} # again\n")
    Path("wrong.txt").write_text("shop\n")
    Path("choices.yaml").write_text(yaml.safe_dump({**CHOICES, **change}))
    assert words in words_of(draft())
    assert not Path("a.draft").exists()


def test_who_is_no_operator_of_it_cannot_sign_nor_one_twice(here: Path) -> None:
    done("keys", "third", "--url", "https://third.example/", "--name", "third")
    draft()
    assert "names another key" in words_of(sign("a.draft", "third", "a.half"))
    sign("a.draft", "leader", "a.half")
    assert "leader & co signed it already" in words_of(sign("a.half", "leader", "b.half"))
    third = ("--sealing-key", "third/sealing.json")
    assert "is of neither collector" in words_of(sign("a.half", "helper", "a.task", *third))
    assert "is of neither collector" in words_of(draft("b.draft", "third/sealing.json"))
    assert not Path("a.task").exists()


def test_a_draft_that_was_changed_after_the_first_signature_is_refused(here: Path) -> None:
    draft()
    sign("a.draft", "leader", "a.half")
    changed = json.loads(Path("a.half").read_bytes())
    changed["task"]["noise"]["epsilon"] = 4.0
    Path("b.half").write_bytes(rfc8785.dumps(changed))
    for result in (sign("b.half", "helper", "b.task"), ran("check", "b.half")):
        assert "b.half: task: the operator of the leader" in words_of(result)
    changed["signatures"] = {}
    changed["task"]["verification"] = "0" * 64
    Path("c.half").write_bytes(rfc8785.dumps(changed))
    sealing = ("--sealing-key", "helper/sealing.json")
    assert "verification: is of another key" in words_of(sign("c.half", "helper", "c", *sealing))


def test_a_key_that_others_can_read_is_refused(here: Path) -> None:
    draft()
    for name in ("leader/operator.pem", "leader/sealing.json"):
        Path(name).chmod(0o644)
    assert "chmod 600" in words_of(sign("a.draft", "leader", "a.half"))
    assert "chmod 600" in words_of(draft("b.draft"))


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"signatures":{"x":""},"task":{}}'])
def test_what_is_no_draft_is_said_with_its_file(here: Path, content: bytes) -> None:
    Path("a.draft").write_bytes(content)
    result = ran("check", "a.draft")
    assert isinstance(result.exception, AcrossError)
    assert str(result.exception).startswith("a.draft: task: ")


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https://a.example", "https://u:p@a.example/"]
)
def test_an_address_that_no_task_takes_makes_no_keys(here: Path, url: str) -> None:
    assert "url" in words_of(ran("keys", "new", "--url", url, "--name", "x"))
    assert not Path("new").exists()
