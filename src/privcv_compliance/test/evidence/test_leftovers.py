# SPDX-License-Identifier: Apache-2.0
"""What lies on disk that should not is named in every document."""

from dataclasses import replace
from pathlib import Path

import pytest
from compliance_site import NOW, a_request, access, assessment
from planted_leftovers import PLANTS, plant_frame

from privcv_compliance.answers.erasure_answer import answer_delete
from privcv_compliance.evidence.running_processes import Processes, Running
from privcv_compliance.evidence.state_scan import Found, scan_site
from privcv_compliance.site_file import SiteFile


def test_a_clean_site_has_no_leftovers(site: SiteFile) -> None:
    scan = scan_site(site)
    assert scan.leftovers == ()
    names = {found.path.name for found in scan.found}
    assert {name for name in names if not name.startswith("ledger.db-")} == {
        "ledger.db",
        "ledger.db.anchor",
        "ledger.db.lock",
        "lobby.detection.jsonl",
        "lobby.detection.lock",
        "lobby.json",
    }
    document = access(site)
    assert document.facts["outcome"] == "nothing that can be linked to a person"


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_leftover_is_named_in_every_answer(site: SiteFile, plant: object) -> None:
    name = plant(site)  # type: ignore[operator]
    deletion = answer_delete(site, a_request("delete"), [], scan_site(site), Processes(), NOW, NOW)
    for document in (access(site), deletion, assessment(site)):
        warnings = [s.text for s in document.statements() if s.is_warning]
        assert any(name in text for text in warnings), document.title
    assert access(site).facts["outcome"] == deletion.facts["outcome"] == "leftovers found"
    assert "none of a person" not in deletion.markdown()
    assert "none of them holds a picture" not in access(site).markdown()


def test_a_file_that_a_node_writes_elsewhere_is_named(site: SiteFile, tmp_path: Path) -> None:
    recording = tmp_path / "recording.mkv"
    recording.write_bytes(b"\x1a\x45\xdf\xa3")
    node = Running(4711, ("DetectionNode",), (recording,))
    assert "recording.mkv" in access(site, (node,)).markdown()


def test_a_leftover_is_one_only_while_it_is_there(site: SiteFile) -> None:
    name = plant_frame(site)
    (leftover,) = scan_site(site).leftovers
    assert leftover == replace(leftover, path=site.state.resolve() / name, bytes=4)
    assert isinstance(leftover, Found)
    leftover.path.unlink()
    assert scan_site(site).leftovers == ()
