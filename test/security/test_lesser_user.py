# SPDX-License-Identifier: Apache-2.0
"""Commands as they are, run by or beside a user without rights who may make names on the box."""

import os
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from lesser_user import NOBODY, as_nobody, folder_of_all, needs_root, run, run_as_nobody

from privcv_compliance.cli import audit_log, authorize, notice
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import save_signed
from privcv_core.protocol.person_keys import create_key

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
