# SPDX-License-Identifier: Apache-2.0
"""What tests of compliance share: requests, the documents of a site, a stand-in for the graph."""

from datetime import date, datetime, timezone

from click.testing import CliRunner

from privcv_compliance.answers.access_answer import answer_access
from privcv_compliance.answers.erasure_answer import answer_delete, erase
from privcv_compliance.answers.requests import (
    Request,
)
from privcv_compliance.assessment.dpia import assess
from privcv_compliance.controller.answers_file import write_answers
from privcv_compliance.controller.controller_answers import ControllerAnswers
from privcv_compliance.documents.document import Document
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.evidence.running_processes import Processes, Running
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.log import AuditLog, AuditSettings

UTC = timezone.utc
PIN = f"sha256/{'A' * 43}="
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ANSWERS: dict[str, dict[str, object]] = {
    "controller": {
        "name": "City of Example",
        "address": "1 Market Square",
        "contact": "privacy@example.org",
        "supervisory_authority": "Commissioner of Example",
    },
    "purpose": {"decisions": "How many seats there are."},
    "recipients": {
        "readers": ["head of the house"],
        "processors": [],
        "joint_controllers": [],
        "transfers": [],
        "retention_days": 730,
    },
    "rights": {"uncounted": "The side door is not in view.", "desk": "the desk in the hall"},
    "dpo": {"appointed": True, "contact": "dpo@example.org"},
}
REPORT = {
    "kind": "zone", "camera": "lobby", "zone": "door", "status": "published", "reason": "none",
    "confidence": 0.9, "coverage": 0.75, "epsilon": 0.3, "delta": 0.0, "unit": "visit",
    "mechanism": "laplace", "window_start": "2026-11-20T11:00:00Z", "window_s": 300,
    "occupancy": 7, "occupancy_low": 4, "occupancy_high": 10, "flow": [7, 0, 0, 0, 0],
}  # fmt: skip


def answer(site: SiteFile, **changes: dict[str, object]) -> SiteFile:
    """Write ``dpia.yaml`` beside ``site``: what a sign needs, with ``changes`` by section."""
    content = {
        name: {**ANSWERS.get(name, {}), **changes.get(name, {})} for name in {*ANSWERS, *changes}
    }
    answers = ControllerAnswers.model_validate(content)
    write_answers(answers, site.path.with_name("dpia.yaml"))
    return site


def a_request(kind: str = "access") -> Request:
    return Request("1a2b3c4d", kind, "gdpr", ("lobby",), date(2026, 11, 20), date(2026, 12, 20))


def access(site: SiteFile, running: tuple[Running, ...] = ()) -> Document:
    scan = scan_site(site)
    facts = read_facts(site.audit.folder)
    return answer_access(site, a_request(), scan, facts, Processes(running), NOW)


def assessment(site: SiteFile) -> Document:
    return assess(site, scan_site(site), read_facts(site.audit.folder), NOW)


class FakeGraph:
    """Stands in for the running graph; ``log`` is where an honest node would record a rotation."""

    def __init__(self, running: bool = True, problem: str = "", log: AuditSettings | None = None):
        self.running, self.problem, self.log = running, problem, log
        self.asked: list[str] = []

    def is_running(self, camera: str) -> bool:
        return self.running

    def rotate(self, camera: str, reason: str) -> str:
        self.asked.append(f"rotate {camera}")
        if self.log and not self.problem:
            with AuditLog(self.log, f"{camera}.anonymization") as log:
                log.append("identities.rotated", camera=camera, reason=reason)
        return self.problem

    def restart(self, node: str) -> str:
        self.asked.append(f"restart {node}")
        return ""


def deletion(site: SiteFile, graph: FakeGraph, processes: Processes | None = None) -> Document:
    began = datetime.now(UTC)
    steps = erase(graph, a_request("delete"))
    found = processes or Processes()
    return answer_delete(site, a_request("delete"), steps, scan_site(site), found, began, NOW)


def run(command: object, *words: str) -> str:
    result = CliRunner().invoke(command, words, catch_exceptions=False)  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    return result.output
