# SPDX-License-Identifier: Apache-2.0
"""What others wrote into a log is shown on a terminal and neither obeyed nor taken for a line."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from privcv_compliance.cli import audit_log, breach, dsr
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import GENESIS, Head, make_entry
from privcv_core.audit.files import growing_file

FORGED = "2026-01-01T00:00:00.000Z  operator#9@aaaa  consent.changed  state=granted"
NASTY = f"x\n{FORGED}\r\x1b]0;title\x07\x1b[2J\x9b31m\u202e\u2028\x7f"


def put(folder: Path, chain: str, event: str, time: str, **facts: str | int) -> None:
    """One entry that its writer's own program would not write."""
    folder.mkdir(parents=True, exist_ok=True)
    entry = make_entry(chain, Head(0, GENESIS), time, event, facts, 0)
    growing_file(folder, chain).write_bytes(entry.line())


def lines_of(command: click.Command, *words: object) -> list[str]:
    """What a command of ``command`` prints; its lines hold nothing that a terminal obeys."""
    result = CliRunner().invoke(command, [str(word) for word in words])
    assert isinstance(result.exception, (SystemExit, type(None))), result.exception
    lines = result.output.removesuffix("\n").split("\n")
    assert all(line.isprintable() for line in lines), lines
    assert not any(line.startswith(FORGED[:24]) for line in lines)
    return lines


@pytest.mark.parametrize("name", ["fact", "time", "event"])
def test_an_entry_is_one_line_whatever_it_holds(tmp_path: Path, name: str) -> None:
    said = {"fact": "y", "time": "2026-01-01", "event": "fault", name: NASTY}
    put(tmp_path, "lobby.tracking", said["event"], said["time"], where="x", what=said["fact"])
    (line,) = lines_of(audit_log.command, "show", "--folder", tmp_path)
    assert "\\u001b[2J\\u009b31m\\u202e\\u2028\\u007f" in line
    (line,) = lines_of(audit_log.command, "show", "--folder", tmp_path, "--json")
    assert NASTY in (lambda e: (e["time"], e["event"], e["facts"]["what"]))(json.loads(line))


def test_a_problem_and_a_pruning_are_a_line_each(tmp_path: Path) -> None:
    facts = {"through": 1, "hash": "ab" * 32, "retain_days": 1, "running_age_s": 0}
    told = {"reason": NASTY, "written_until": NASTY}
    put(tmp_path, "lobby.tracking", "log.pruned", "2026-11-20T00:00:00.000Z", **facts, **told)
    lines = lines_of(audit_log.command, "verify", "--folder", tmp_path)
    assert "BROKEN" in lines[0]
    assert all(line.startswith("    ") for line in lines[1:])
    assert "\\u001b]0;title\\u0007" in lines[-1]


@pytest.mark.parametrize("register", ["request", "breach"])
def test_what_a_register_holds_is_a_line_each(site: SiteFile, register: str) -> None:
    day, time = "2026-11-20", "2026-11-20T00:00:00.000Z"
    if register == "request":
        facts = {"kind": "access", "received": day, "deadline": "2026-12-20", "law": NASTY}
        command, shows = dsr.command, [["list"]]
    else:
        facts = {
            "kind": NASTY, "data": NASTY, "whom": "staff", "risk": "high", "affected": 1,
            "noticed": time, "happened": time, "deadline": time,
        }  # fmt: skip
        command, shows = breach.command, [["list"], ["show", "1a2b3c4d"]]
    known = {register: "1a2b3c4d", "cameras": "lobby", "reference": "r", **facts}
    event = "request.received" if register == "request" else "breach.recorded"
    put(site.audit.folder, "operator", event, time, **known)
    for words in shows:
        lines = lines_of(command, *words, "--site", site.path)
        assert len(lines) == len(words)  # "show" says the state first
        assert "operator#9@aaaa" in lines[-1]
