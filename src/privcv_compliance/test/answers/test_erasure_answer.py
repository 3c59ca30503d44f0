# SPDX-License-Identifier: Apache-2.0
"""Erasure is believed only where the audit log proves it."""

import os
import shutil
from datetime import datetime, timedelta

import pytest
from compliance_site import NOW, UTC, FakeGraph, a_request, deletion

from privcv_compliance.answers.access_answer import answer_access
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.evidence.running_processes import Hidden, Processes, Running
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.log import AuditLog


def test_deletion_forgets_identities_then_tracks_then_buffers(site: SiteFile) -> None:
    graph = FakeGraph(log=site.audit)
    document = deletion(site, graph)
    assert graph.asked == ["rotate lobby", "restart /lobby/tracking", "restart /lobby/detection"]
    assert document.facts["outcome"] == "deleted"
    (proof,) = [s for s in document.statements() if "every identity was forgotten" in s.text]
    assert proof.evidence[0].kind == "entry"


def test_a_node_that_only_says_it_forgot_is_not_believed(site: SiteFile) -> None:
    document = deletion(site, FakeGraph(log=None))
    assert document.facts["outcome"] == "incomplete"
    assert "but the audit log does not" in document.markdown()


def test_a_rotation_before_the_request_proves_nothing(site: SiteFile) -> None:
    yesterday_ns = int((datetime.now(UTC) - timedelta(days=1)).timestamp() * 1e9)
    with AuditLog(site.audit, "lobby.anonymization", clock=lambda: yesterday_ns) as log:
        log.append("identities.rotated", camera="lobby", reason="period")
    assert deletion(site, FakeGraph(log=None)).facts["outcome"] == "incomplete"


def test_a_refusal_is_told(site: SiteFile) -> None:
    document = deletion(site, FakeGraph(problem="the node is not configured"))
    assert document.facts["outcome"] == "incomplete"
    assert "the node is not configured" in document.markdown()


def test_without_a_graph_nothing_is_in_memory(site: SiteFile) -> None:
    assert deletion(site, FakeGraph(running=False)).facts["outcome"] == "deleted"


@pytest.mark.parametrize(
    ("processes", "named"),
    [
        (Processes((Running(4711, ("DetectionNode",), None),)), "4711"),
        (Processes(hidden=(Hidden(815, "python3"),)), "python3"),
        (Processes(all_shown=False), "not shown"),
    ],
    ids=["another domain", "hidden", "hidepid"],
)
def test_nothing_in_memory_is_not_said_where_a_process_runs_or_could(
    site: SiteFile, processes: Processes, named: str
) -> None:
    erased = deletion(site, FakeGraph(running=False), processes)
    assert erased.facts["outcome"] == "incomplete"
    scan, facts = scan_site(site), read_facts(site.audit.folder)
    for document in (erased, answer_access(site, a_request(), scan, facts, processes, NOW)):
        assert named in document.markdown()
        assert "so nothing is in memory" not in document.markdown()


@pytest.mark.parametrize("chain", ["lobby.tracking", "privacy.aggregation", "operator"])
def test_another_chain_proves_no_erasure(site: SiteFile, chain: str) -> None:
    """Whoever can write one log of the site could else say that a camera forgot everybody."""

    class Impostor(FakeGraph):
        def rotate(self, camera: str, reason: str) -> str:
            with AuditLog(site.audit, chain) as log:
                log.append("identities.rotated", camera=camera, reason=reason)
            return ""

    document = deletion(site, Impostor())
    assert document.facts["outcome"] == "incomplete"
    assert "but the audit log does not" in document.markdown()


class OfAnotherUser(FakeGraph):
    """One whose record of a rotation is of another user."""

    def rotate(self, camera: str, reason: str) -> str:
        super().rotate(camera, reason)
        for path in self.log.folder.glob(f"{camera}.anonymization.*"):
            os.chown(path, 12345, 12345)
        return ""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")
def test_a_chain_of_another_user_than_the_cameras_proves_no_erasure(site: SiteFile) -> None:
    assert deletion(site, FakeGraph(log=site.audit)).facts["outcome"] == "deleted"
    assert deletion(site, OfAnotherUser(log=site.audit)).facts["outcome"] == "incomplete"


@pytest.mark.parametrize("of", ["nobody", "root and another", "two others"])
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")
def test_who_runs_no_camera_for_sure_proves_no_erasure(site: SiteFile, of: str) -> None:
    """The user of a camera is known by the files of its detection: none, or of several, tell it
    not."""
    detection = site.audit.folder / "lobby.detection.jsonl"
    if of == "nobody":
        for path in site.audit.folder.glob("lobby.detection.*"):
            path.unlink()
    else:  # somebody else claims the camera, in a folder of their own
        own = site.audit.folder / "other"
        own.mkdir()
        shutil.copy(detection, own)
        os.chown(own / detection.name, 12345, 12345)
        os.chown(detection, 0 if of == "root and another" else 54321, 0)

    document = deletion(site, OfAnotherUser(log=site.audit))
    assert document.facts["outcome"] != "deleted"
    assert "but the audit log does not" in document.markdown()
    assert "every identity was forgotten" not in document.markdown()


def test_a_chain_that_was_edited_proves_no_erasure(site: SiteFile) -> None:
    class Editor(FakeGraph):
        def rotate(self, camera: str, reason: str) -> str:
            super().rotate(camera, reason)
            path = site.audit.folder / f"{camera}.anonymization.jsonl"
            first, *rest = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(first.replace(b'"version":1', b'"version":2') + b"".join(rest))
            return ""

    document = deletion(site, Editor(log=site.audit))
    assert document.facts["outcome"] != "deleted"
    assert "but the audit log does not" in document.markdown()
