# SPDX-License-Identifier: Apache-2.0
"""Dates at the end of the calendar, folders for files, addresses that are none: one line each."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from privcv_bringup.cli import main
from privcv_bringup.cli.audit_schema import command as audit_schema
from privcv_compliance.cli import breach
from privcv_core.errors import PrivcvError
from privcv_privacy.cli.budget import command as budget
from privcv_uplink.cli.pin import command as pin

BREACH = ["--what", "lost", "--data", "keys", "--whom", "visitors", "--risk", "none", "--noticed"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A site far west of Greenwich, or far east of it, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name, zone in (("west", "Pacific/Honolulu"), ("east", "Pacific/Auckland")):
        (tmp_path / f"{name}.yaml").write_text(
            f"site: library\nstate: state\ntime_zone: {zone}\ncameras:\n  lobby:\n"
            "    source: {kind: v4l2, uri: /dev/video0}\n"
            "    zones: {door: {polygon_m: [0, 0, 1, 0, 1, 1]}}\n"
        )
    (tmp_path / "state").mkdir()
    return str(tmp_path)


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("command", "arguments", "words"),
    [
        (breach.command, ["record", *BREACH, "9999-12-31 23:59", "--site", "west.yaml"],
         "check the year"),
        (breach.command, ["record", *BREACH, "0001-01-01 00:00", "--site", "east.yaml"],
         "check the year"),
        (budget, ["--ledger", "."], "is a folder"),
        (budget, ["--ledger", "/"], "is a folder"),
        (audit_schema, ["--package", ""], "no such ROS package"),
        (pin, ["https://[::1"], "is neither HOST"),
        (pin, ["localhost:99999"], "is neither HOST"),
    ],
    ids=lambda value: " ".join(value[-4:]) if isinstance(value, list) else None,
)  # fmt: skip
def test_it_is_refused_in_one_line(
    command: click.Command, arguments: list[str], words: str
) -> None:
    done = CliRunner().invoke(command, arguments)
    assert isinstance(done.exception, PrivcvError), done.output
    assert words in str(done.exception)
    assert "\n" not in str(done.exception)
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["budget --ledger", "models list --folder", "plan --video"])
def test_a_name_that_is_too_long_is_one_line(
    site: str, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*command.split(), "a" * 300, *(["west.yaml"] if "plan" in command else [])]
    monkeypatch.setattr("sys.argv", ["privcv", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "File name too long" in line
