# SPDX-License-Identifier: Apache-2.0
"""A pause at the desk takes effect, is written down, and leaves nothing an answer must name."""

from pathlib import Path

import pytest
from compliance_site import NOW, run

from privcv_compliance.cli import pause
from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.objection.pausing import pause_cameras
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import AuditLogError
from privcv_core.audit.verify import read_chain
from privcv_core.authorization.pause import PauseWatch
from privcv_core.authorization.pause_note import note_file


def test_the_desk_pauses_every_camera_and_says_until_when(site: SiteFile) -> None:
    said = run(pause.command, "--site", str(site.path), "--minutes", "10")
    assert said.startswith("lobby: nobody is counted for 10 min, until 20")
    closed = PauseWatch(site.state, "lobby").decide(NOW)
    assert closed is not None
    assert closed.kind == "paused"
    (entry,) = read_chain(site.audit.folder, "operator", "counting.paused")
    assert (entry.facts["camera"], entry.facts["minutes"], entry.facts["by"]) == (
        "lobby", 10, "desk",
    )  # fmt: skip
    assert set(entry.facts) == {"camera", "minutes", "by", "until"}  # and nobody's name


def test_a_camera_that_is_none_is_refused_and_nothing_is_paused(site: SiteFile) -> None:
    with pytest.raises(ComplianceError, match="its cameras are lobby"):
        pause_cameras(site, ["hall"], 5, "desk")
    assert not note_file(site.state, "hall").parent.exists()


def test_it_takes_effect_even_where_it_cannot_be_written_down(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise AuditLogError("the disk is full")

    monkeypatch.setattr("privcv_compliance.objection.pausing.operator_log", full)
    with pytest.raises(AuditLogError):
        pause_cameras(site, [], 5, "desk")
    assert PauseWatch(site.state, "lobby").decide(NOW) is not None


@pytest.mark.parametrize("planted", ["a name", '{"camera": "lobby", "who": "A. Example"}'])
def test_a_pause_is_known_on_disk_and_nothing_else_in_its_place(
    site: SiteFile, planted: str
) -> None:
    pause_cameras(site, [], 5, "desk")
    assert not scan_site(site).leftovers
    note_file(site.state, "lobby").write_text(planted)
    (leftover,) = scan_site(site).leftovers
    assert leftover.path.name == "lobby.json"
    stranger = note_file(site.state, "nobody")
    stranger.write_text("{}")
    assert {found.path for found in scan_site(site).leftovers} >= {Path(stranger)}
