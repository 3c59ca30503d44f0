# SPDX-License-Identifier: Apache-2.0
"""What a user writes in a folder of its own is not what the register, or another chain, says."""

import os
from pathlib import Path
from typing import Any

import pytest
from compliance_site import access, assessment
from lesser_user import needs_root

from privcv_compliance.answers.requests import requests_in
from privcv_compliance.keeping import canary
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import GENESIS, Head, make_entry
from privcv_core.audit.verify import verify_chain

pytestmark = needs_root
REQUEST = {
    "request": "1a2b3c4d", "kind": "access", "law": "gdpr", "cameras": "lobby",
    "received": "2026-11-20", "deadline": "2026-12-20", "reference": "case 1",
}  # fmt: skip


def plant(folder: Path, chain: str, *told: tuple[str, dict[str, Any]], named: str = "") -> None:
    """The chain of the camera's user, whole by its hashes. ``named``: what its entries call it."""
    own = folder / "camera"
    own.mkdir(exist_ok=True)
    head, content = Head(0, GENESIS), b""
    for second, (event, facts) in enumerate([("log.opened", {"version": 1}), *told]):
        entry = make_entry(named or chain, head, "2026-11-20T12:00:00.000Z", event, facts, second)
        head, content = entry.head, content + entry.line()
    (own / f"{chain}.jsonl").write_bytes(content)
    for path in (own, own / f"{chain}.jsonl"):
        os.chown(path, 12345, 12345)


@pytest.mark.parametrize("chain", ["operator", "lobby.tracking"])
def test_a_stranger_answers_no_request_and_stops_no_register(site: SiteFile, chain: str) -> None:
    with operator_log(site.audit) as log:
        log.append("request.received", **REQUEST)
    answered = {"request": "1a2b3c4d", "outcome": "granted", "digest": "ab" * 32}
    plant(site.audit.folder, chain, ("request.answered", answered), named="operator")
    assert [one.is_closed for one in requests_in(site.audit.folder)] == [False]
    assert "1 received, 0 answered" in assessment(site).markdown()
    with operator_log(site.audit) as log:
        log.append("access", who="desk", what="x", reason="y")


def test_a_stranger_finds_nothing_in_order(site: SiteFile) -> None:
    with operator_log(site.audit) as log:
        log.append("canary.checked", check="images", state="found", findings=1, digest="x")
    in_order = {"check": "images", "state": "ok", "findings": 0, "digest": "y"}
    plant(site.audit.folder, "operator", ("canary.checked", in_order))
    (problem,) = verify_chain(site.audit.folder, "operator").problems
    assert str(problem) == "camera/operator.jsonl: strange: of a user who may not write it"
    checks = canary.last_checks(site.audit.folder)
    assert {name: entry.facts["state"] for name, entry in checks.items()} == {"images": "found"}


def test_a_figure_or_a_recipient_in_another_chain_is_quoted_nowhere(site: SiteFile) -> None:
    figure = {"name": "relink_rate", "value": 0.0012345, "unit": "share", "command": "x"}
    sent = {"collector": "https://evil.example", "first": 1, "last": 9}
    told = (("measured", figure), ("reports.transmitted", sent), ("graph.checked", {"findings": 0}))
    plant(site.audit.folder, "lobby.tracking", *told)
    assert "0.0012345" not in assessment(site).markdown()
    assert "Who listens on the running graph: not measured" in assessment(site).markdown()
    assert "evil.example" not in access(site).markdown()
