# SPDX-License-Identifier: Apache-2.0
"""Erasure is believed only where the audit log proves it."""

from datetime import datetime, timedelta

from compliance_site import UTC, FakeGraph, deletion

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
