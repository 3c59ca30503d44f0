# SPDX-License-Identifier: Apache-2.0
"""Commands as they are, run by or beside a user without rights who may make names on the box."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import click
import pytest
from lesser_user import NOBODY, as_nobody, folder_of_all, needs_root, run, run_as_nobody
from uplink_settings import uplink_settings

from privcv_bringup.cli import root
from privcv_bringup.run.logs import LogPrinter
from privcv_collector.cli.collector import command as collector
from privcv_collector.testing import running_collector
from privcv_compliance.cli import audit_log, authorize, dpia, dsr, notice
from privcv_compliance.evidence.folder_walk import walk
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import save_signed
from privcv_core.errors import PrivcvError
from privcv_core.files.graph_secret import graph_secret
from privcv_core.protocol.person_keys import create_key
from privcv_perception.cli.models import command as models
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.cli import evaluate_privacy
from privcv_uplink.cli import pin
from privcv_uplink.uplink import Uplink

pytestmark = needs_root
NOW = datetime.now(timezone.utc)


def make_site(folder: Path) -> Path:
    """A site with a record in force, which everybody may read, and root's audit log."""
    key = create_key(folder / "officer.pem")
    record = AuthorizationRecord(
        site="library", camera="lobby", controller="City of Example",
        contact="privacy@example.org", lawful_basis="public_task",
        purpose="how full the reading room is", area="the entrance hall",
        authorized_by="A. Example", issued=NOW - timedelta(days=1),
        expires=NOW + timedelta(days=364),
    )  # fmt: skip
    save_signed(SignedRecord.sign(record, key), folder / "lobby.json")
    (folder / "lobby.json").chmod(0o644)
    site = folder / "site.yaml"
    site.write_text(
        "site: library\nstate: state\ncameras:\n  lobby:\n"
        "    source: {kind: v4l2, uri: /dev/video0}\n"
        "    zones: {door: {polygon_m: [[0, 0], [1, 0], [1, 1]]}}\n"
        f"    authorization: {{file: lobby.json, trusted_keys: [{key.public}]}}\n"
    )
    site.chmod(0o644)
    (folder / "state").mkdir(mode=0o755)
    with AuditLog(AuditSettings(folder=folder / "state" / "audit"), "operator") as log:
        log.append(
            "consent.changed", camera="lobby", record=record.id, state="withdrawn", by="B. Example",
            reason="objection",
        )  # fmt: skip
    return site


@pytest.mark.parametrize("closed", ["audit", "audit/operator.jsonl"])
def test_who_may_not_read_the_log_makes_no_sign_and_is_told_what_to_do(closed: str) -> None:
    """A withdrawal that one cannot see is none that is not there."""
    with folder_of_all() as folder:
        site = make_site(folder)
        out = folder / "out"
        out.mkdir(mode=0o777)
        out.chmod(0o777)
        sign = ("--site", str(site), "-o", str(out / "sign.png"))
        assert "is not in force: the authorization was withdrawn" in run(notice.command, *sign)[1]
        (folder / "state" / closed).chmod(0o600)
        assert "was withdrawn" in run(notice.command, *sign).output  # root reads it all the same
        said = run_as_nobody(notice.command, *sign)
        assert said.output.startswith("ComplianceError: no sign is made: whether record")
        assert "Permission denied; ask again as root" in said.output
        assert list(out.iterdir()) == []
        show = ("show", str(folder / "lobby.json"), "--site", str(site))
        assert run(authorize.command, *show).status == 1
        assert (
            "Permission denied; ask again as root" in run_as_nobody(authorize.command, *show).output
        )
        verify = ("verify", "--site", str(site))
        assert run(audit_log.command, *verify).status == 0
        said = run_as_nobody(audit_log.command, *verify)
        assert said.status != 0
        assert "Permission denied" in said.output


def test_a_folder_of_the_log_that_a_gate_may_not_list_keeps_its_camera_closed() -> None:
    from privcv_core.authorization.audit import withdrawn_in

    with folder_of_all() as folder:
        make_site(folder)
        audit = folder / "state" / "audit"
        assert len(withdrawn_in(audit, "lobby")) == 1
        own = audit / "operators"
        own.mkdir()
        shutil.move(audit / "operator.jsonl", own / "operator.jsonl")
        for place in (audit, own, own / "operator.jsonl"):
            place.chmod(0o755)
        assert len(as_nobody(lambda: list(withdrawn_in(audit, "lobby")))) == 1
        own.chmod(0o700)
        with pytest.raises(AssertionError, match=r"AuditLogError: .*operators.*cannot be listed"):
            as_nobody(lambda: list(withdrawn_in(audit, "lobby")))
        os.chown(own, NOBODY, NOBODY)
        assert len(as_nobody(lambda: list(withdrawn_in(audit, "lobby")))) == 1


PIPES: dict[str, tuple[click.Command, list[str]]] = {
    "the output of what measured a figure": (
        audit_log.measured,
        ["--site", "SITE", "name", "1", "--command", "x", "--report", "PIPE"],
    ),
    "kept checkpoints": (
        audit_log.verify,
        ["--site", "SITE", "--checkpoints", "PIPE", "--key", "KEY"],
    ),
    "checkpoints to add to": (
        audit_log.checkpoint,
        ["--site", "SITE", "--key", "OFFICER", "-o", "PIPE"],
    ),
    "a document": (dpia.command, ["--site", "SITE", "-o", "PIPE.md"]),
    "an answer": (
        dsr.command,
        ["answer", "1a2b3c4d", "--outcome", "granted", "--document", "PIPE", "--site", "SITE"],
    ),
    "a video to track": (root, ["track", "PIPE"]),
    "a video to make a bag of": (root, ["bag", "PIPE", "-o", "OUT"]),
    "a recording": (root, ["replay", "PIPE", "--site", "SITE"]),
    "a video of a demo": (root, ["demo", "--video", "PIPE", "-o", "OUT"]),
    "a signed record": (authorize.command, ["show", "PIPE"]),
    "a draft": (authorize.command, ["sign", "PIPE", "--key", "OFFICER", "-o", "OUT"]),
    "a site": (audit_log.verify, ["--site", "PIPE"]),
    "trajectories": (evaluate_privacy.command, ["--tracks", "PIPE", "--format", "csv"]),
    "a model": (models, ["verify", "PIPE.onnx"]),
    "a model to pack": (models, ["pack", "PIPE.onnx", "OUT"]),
    "authorities": (pin.command, ["localhost:1", "--ca-file", "PIPE"]),
    "a certificate": (
        collector,
        ["--db", "sqlite:///DB", "--tls-cert", "PIPE", "--tls-key", "OFFICER"],
    ),
    "a database": (collector, ["--db", "sqlite:///PIPE"]),
}


@pytest.mark.parametrize("what", PIPES)
def test_no_command_waits_for_a_pipe_that_somebody_put_there(what: str) -> None:
    command, words = PIPES[what]
    with folder_of_all(0o777) as folder:
        site = make_site(folder)
        for end in ("", ".md", ".onnx"):
            as_nobody(lambda end=end: os.mkfifo(folder / f"pipe{end}"))
        key = create_key(folder / "other.pem")
        places = {
            "PIPE": folder / "pipe", "SITE": site, "OFFICER": folder / "officer.pem",
            "OUT": folder / "out", "DB": folder / "c.db", "KEY": key.public,
        }  # fmt: skip
        for name, place in places.items():
            words = [word.replace(name, str(place)) for word in words]
        said = as_nobody_or_root(lambda: list(run(command, *words)))
        assert said[0] != 0
        assert "pipe" in said[1]
        assert "Traceback" not in said[1]
        assert "Error: " in said[1]
        assert "Usage" not in said[1]
        assert not (folder / "out").exists()


def as_nobody_or_root(work: Callable[[], list[object]]) -> list[object]:
    """What root does in a process of its own, so that one that waits can be ended."""
    return as_nobody(work, timeout_s=20.0, rights=True)


@pytest.mark.parametrize("there", ["link", "hard link", "file", "pipe"])
def test_the_logs_of_a_graph_go_to_no_file_that_somebody_put_there(there: str) -> None:
    with folder_of_all(0o777) as folder:
        victim, log = folder / "victim", folder / "graph.log"
        victim.write_text("precious")
        if there == "hard link":  # as where fs.protected_hardlinks is off
            os.link(victim, log)
        else:
            make: dict[str, Callable[[], object]] = {
                "link": lambda: os.symlink(victim, log),
                "file": lambda: log.touch(),
                "pipe": lambda: os.mkfifo(log),
            }
            as_nobody(make[there])

        def write() -> str:
            try:
                with LogPrinter(["uplink"], log, quiet=True) as printer:
                    printer.say("uplink", "the address of the collector")
            except PrivcvError as error:
                return str(error)
            return ""

        said = as_nobody(write, timeout_s=20.0, rights=True)
        assert said.startswith(f"--logs {log}: cannot be written: ")
        assert victim.read_text() == "precious"
        if there == "file":
            assert log.read_text() == ""


def test_a_folder_in_a_folder_without_end_ends_no_walk() -> None:
    """Whoever may make folders in a state folder would else have no request answered."""
    with folder_of_all(0o777) as folder:

        def dig() -> int:
            os.chdir(folder)
            for _ in range(3000):
                os.mkdir("d")
                os.chdir("d")
            return 0

        as_nobody(dig)
        (folder / "seen").touch()
        met = list(walk(folder))
        assert met[-1].path.name == "seen"
        assert any("File name too long" in one.problem for one in met)
        as_nobody(lambda: remove_deep(folder))


def remove_deep(folder: Path) -> int:
    """Remove what ``dig`` made, which is deeper than a path may be long."""
    os.chdir(folder)
    depth = 0
    while os.path.isdir("d"):
        os.chdir("d")
        depth += 1
    for _ in range(depth):
        os.chdir("..")
        os.rmdir("d")
    return depth


def test_nobody_else_can_write_what_a_device_or_a_collector_makes() -> None:
    """Whatever the umask of whoever started it, as in a container or a unit by hand."""
    with folder_of_all() as folder:
        before = os.umask(0)
        try:
            site, record = make_site(folder), folder / "lobby.json"
            database = f"sqlite:///{folder}/collector.db"
            for words in (
                ["keys", "new", "--file", folder / "uplink" / "key.json"],
                ["authorize", "withdraw", record, "--reason", "objection", "--site", site],
                ["authorize", "key", folder / "person.pem"],
                ["audit", "log", "checkpoint", "--site", site, "--key", folder / "person.pem",
                 "-o", folder / "kept.jsonl"],
                ["collector", "enrol", "--db", database, "--site", "library"],
            ):  # fmt: skip
                said = run(root, *map(str, words))
                assert said.status == 0, said.output
            with Ledger(folder / "privacy" / "ledger.db"):
                graph_secret(folder / "graph" / "graph.secret")
            outbox = {"file": folder / "uplink" / "outbox.db"}
            uplink = Uplink(uplink_settings(folder / "uplink", outbox=outbox))
            uplink.start()
            uplink.stop()
            with running_collector(database):
                made = {path: path.lstat().st_mode for path in folder.rglob("*")}
        finally:
            os.umask(before)
        assert len(made) > 20
        assert [path for path, mode in made.items() if mode & 0o022] == []
        public = {"lobby.json", "lobby.json.withdrawn", "site.yaml", "kept.jsonl"}
        readable = {path.name for path, mode in made.items() if path.is_file() and mode & 0o004}
        assert readable <= public
