# SPDX-License-Identifier: Apache-2.0
"""A breach is entered, its 72 hours run, it is reported with evidence, and it is not forgotten."""

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from compliance_site import run

from privcv_compliance.breaches import register
from privcv_compliance.breaches.register import breaches_in, close, find_breach, record, tell
from privcv_compliance.breaches.report import report_of
from privcv_compliance.cli.breach import command
from privcv_compliance.errors import ComplianceError
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.log import AuditLog

UTC = timezone.utc
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STOLEN = {
    "what": "disk stolen", "data": ("audit log", "requests"), "whom": ("requesters",),
    "cameras": ("lobby",), "risk": "risk", "now": NOW,
}  # fmt: skip


def entered(site: SiteFile, **facts: object):
    with operator_log(site.audit) as log:
        return record(log, **{**STOLEN, "noticed": NOW, **facts})  # type: ignore[arg-type]


def text_of(site: SiteFile, breach: object, now: datetime = NOW) -> str:
    return report_of(site, breach, now).markdown()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("noticed", "deadline"),
    [
        # Three days later at the same time in UTC, over a weekend and holidays alike.
        (datetime(2026, 11, 20, 11, 59, tzinfo=UTC), datetime(2026, 11, 23, 11, 59, tzinfo=UTC)),
        (datetime(2026, 10, 23, 22, 30, tzinfo=UTC), datetime(2026, 10, 26, 22, 30, tzinfo=UTC)),
    ],
)
def test_the_clock_is_72_hours(site: SiteFile, noticed: datetime, deadline: datetime) -> None:
    breach = entered(site, noticed=noticed)
    (found,) = breaches_in(site.audit.folder)
    assert found.deadline == breach.deadline == deadline
    assert found.state(deadline) == "0 h left"
    assert found.state(deadline - timedelta(hours=71, minutes=30)) == "71 h left"
    assert found.state(deadline + timedelta(seconds=1)) == "overdue"


def test_clocks_that_change_make_it_no_longer(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Noticed at 9 in Berlin on the Friday before summer time ends: 72 hours end at 8 on Monday."""
    monkeypatch.setattr(register, "OLDEST_DAYS", 10**6)
    site.path.write_text(site.path.read_text() + "time_zone: Europe/Berlin\n")
    said = run(
        command, "record", "--what", "lost", "--data", "keys", "--whom", "visitors", "--risk",
        "none", "--noticed", "2024-10-25 09:00", "--site", str(site.path),
    )  # fmt: skip
    assert said.endswith("told by 2024-10-28 08:00 Europe/Berlin\n")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"noticed": NOW + timedelta(minutes=1)}, "--noticed: is yet to come"),
        ({"noticed": NOW - timedelta(days=800)}, "more than a year ago"),
        ({"happened": NOW + timedelta(hours=1)}, "--happened: is after it was noticed"),
        ({"reference": "Erika Mustermann"}, "the register holds no names"),
    ],
)
def test_what_cannot_be_is_refused(site: SiteFile, wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ComplianceError, match=words):
        entered(site, **wrong)
    assert breaches_in(site.audit.folder) == []


def test_a_time_that_the_clocks_skip_is_refused(site: SiteFile) -> None:
    site.path.write_text(site.path.read_text() + "time_zone: Europe/Berlin\n")
    with pytest.raises(ComplianceError, match="the clocks of Europe/Berlin skip it"):
        run(
            command, "record", "--what", "lost", "--data", "keys", "--whom", "visitors", "--risk",
            "none", "--noticed", "2024-03-31 02:30", "--site", str(site.path),
        )  # fmt: skip


def test_who_is_told_late_says_why_and_nobody_is_forgotten(site: SiteFile) -> None:
    breach = entered(site, risk="high")
    later = breach.deadline + timedelta(hours=1)
    with operator_log(site.audit) as log:
        with pytest.raises(ComplianceError, match="say why"):
            tell(log, breach, "authority", later, "", later)
        with pytest.raises(ComplianceError, match="before the breach was noticed"):
            tell(log, breach, "authority", NOW - timedelta(hours=1), "", later)
        with pytest.raises(ComplianceError, match="the authority was not told yet"):
            close(log, breach, "mended")
        tell(log, breach, "authority", later, "authority not reachable", later)
        breach = find_breach(site.audit.folder, breach.id)
        assert breach.to_tell() == ("people",)
        with pytest.raises(ComplianceError, match="the people was not told yet"):
            close(log, breach, "mended")
        tell(log, breach, "people", later, "", later)
        breach = find_breach(site.audit.folder, breach.id)
        close(log, breach, "mended")
        breach = find_breach(site.audit.folder, breach.id)
        with pytest.raises(ComplianceError, match="is closed"):
            tell(log, breach, "controller", later, "", later)
    assert breach.state(later) == "closed"


def test_a_report_says_what_article_33_asks_for(site: SiteFile) -> None:
    """Nature, people, contact, consequences, measures, the clock; what is not known is said."""
    text = text_of(site, entered(site))
    for words in (
        "What happened: disk stolen.",
        "Kinds of data: audit log, requests.",
        "Categories of people: requesters.",
        "**Attention: About how many people is not known yet.",
        "City of Example, privacy@example.org.",
        "Requests hold case numbers and days, no names",
        "**Attention: What is kept on the device is not encrypted.",
        "Noticed on 2026-11-20 12:00 UTC.",
        "The authority is to be told by 2026-11-23 12:00 UTC.",
        "**Attention: The authority was not told yet.",
    ):
        assert words in text
    assert "72 hours are over" not in text
    assert "72 hours are over" in text_of(site, entered(site), NOW + timedelta(hours=73))


def test_a_report_quotes_the_logs_of_the_time_and_says_where_they_are_not_whole(
    site: SiteFile,
) -> None:
    def at(moment: datetime, what: str) -> None:
        chain, time_ns = "lobby.tracking", int(moment.timestamp()) * 10**9
        with AuditLog(site.audit, chain, clock=lambda: time_ns) as log:
            log.append("fault", where="guard", what=what)

    at(NOW - timedelta(days=30), "an old finding")
    at(NOW - timedelta(days=2), "somebody listens to /lobby/image")
    breach = entered(site)
    text = text_of(site, breach)
    assert "somebody listens to /lobby/image" in text
    assert "an old finding" not in text
    assert "an old finding" in text_of(site, entered(site, happened=NOW - timedelta(days=31)))
    file = site.audit.folder / "lobby.detection.jsonl"
    file.write_text(file.read_text().replace('"frames":600', '"frames":601'))
    assert "**Attention: The audit log is not whole: lobby.detection.jsonl" in text_of(site, breach)


def test_commands_lead_from_the_record_to_the_end(site: SiteFile, tmp_path: Path) -> None:
    where = ("--site", str(site.path))
    said = run(
        command, "record", "--what", "somebody looked in", "--data", "frames", "--data", "tracks",
        "--whom", "visitors", "--whom", "staff", "--risk", "risk", "--reference", "2026/17", *where,
    )  # fmt: skip
    breach_id = said.split()[0]
    assert re.fullmatch(r"[0-9a-f]{8}", breach_id)
    assert "71 h left" in run(command, "list", *where)
    run(command, "assess", breach_id, "--risk", "high", "--people", "40", *where)
    content = json.loads(run(command, "report", breach_id, "--json", *where))
    texts = [item["text"] for section in content["sections"] for item in section["statements"]]
    assert "About 40 people." in texts
    assert "The risk was assessed as: high." in texts
    output = tmp_path / "report.pdf"
    assert "sha256" in run(command, "report", breach_id, "-o", str(output), *where)
    assert output.read_bytes().startswith(b"%PDF")
    run(command, "told", breach_id, "--to", "authority", *where)
    run(command, "told", breach_id, "--to", "people", *where)
    run(command, "close", breach_id, "--outcome", "mended", *where)
    assert "closed" in run(command, "list", *where)
    shown = run(command, "show", breach_id, *where)
    events = ("recorded", "assessed", "reported", "told", "closed")
    assert all(f"breach.{event}" in shown for event in events)
    with pytest.raises(ComplianceError, match="there is no breach 00000000"):
        run(command, "show", "00000000", *where)
