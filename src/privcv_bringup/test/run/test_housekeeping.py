# SPDX-License-Identifier: Apache-2.0
"""``privcv up`` ends what is old and looks for leaks, again and again, and says what it found."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from privcv_bringup.run import housekeeping as housekeeping_module
from privcv_bringup.run.housekeeping import housekeeping, keep_house
from privcv_bringup.run.narrator import Event
from privcv_compliance.evidence import state_scan
from privcv_compliance.evidence.running_processes import Processes
from privcv_compliance.keeping import canary
from privcv_compliance.keeping.canary import Check
from privcv_compliance.operator_log import OPERATOR
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.log import AuditLog
from privcv_core.audit.verify import read_chain
from privcv_core.node.health import Level

DAY_S = 86400


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a site that nothing runs of, whatever else runs on this machine."""
    (tmp_path / "shm").mkdir()
    monkeypatch.setattr(state_scan, "SHARED_MEMORY", tmp_path / "shm")
    monkeypatch.setattr(canary, "running_processes", Processes)
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: library\nstate: state\naudit: {folder: state/audit, retain_days: 2}\n"
        "cameras:\n  lobby:\n    source: {kind: v4l2, uri: /dev/video0}\n"
        "    zones: {door: {polygon_m: [0, 0, 1, 0, 1, 1]}}\n"
    )
    (tmp_path / "state").mkdir()
    return path


def runs(site: SiteFile, camera: str, days: int) -> None:
    """A camera's process runs for so long, as its log tells."""
    ticks = iter([0.0])
    with AuditLog(site.audit, f"{camera}.detection", monotonic=lambda: next(ticks, days * DAY_S)):
        pass


def test_what_ended_and_what_was_found_is_told(site: Path) -> None:
    described = SiteFile.read(site)
    runs(described, "yard", 1)  # and is gone since
    runs(described, "lobby", 30)
    assert list(keep_house(described)) == []  # what it wrote is full first
    runs(described, "lobby", 30)
    (described.state / "frame.jpg").write_bytes(b"\xff\xd8\xff\xe0 a face")
    events = list(keep_house(described))
    assert [(event.kind, event.level) for event in events] == [
        ("retention", Level.OK),
        ("canary", Level.ERROR),
    ]
    assert "audit log yard.detection: 1 ended" in events[0].message
    assert "frame.jpg: a JPEG image" in events[1].message


def told_by(
    site: Path, several: int, change: Callable[[], object] = lambda: None
) -> list[list[Event]]:
    """What is told, ``several`` times; ``change`` comes after the first."""

    async def looks() -> list[list[Event]]:
        rounds: list[list[Event]] = []
        looked = asyncio.Event()
        told: list[Event] = []

        def say(event: Event) -> None:
            told.append(event)
            looked.set()

        with housekeeping(site, say, first_s=0.0, each_s=0.01):
            while len(rounds) < several:
                await asyncio.wait_for(looked.wait(), 60.0)
                looked.clear()
                rounds.append(told[:])
                told.clear()
                if len(rounds) == 1:
                    change()
        return rounds

    return asyncio.run(looks())


def test_it_looks_again_and_ends_with_the_graph(site: Path) -> None:
    (site.parent / "state" / "frame.jpg").write_bytes(b"\xff\xd8\xff\xe0 a face")
    rounds = told_by(site, 3)
    assert all("frame.jpg" in events[0].message for events in rounds)
    checks = list(read_chain(site.parent / "state" / "audit", OPERATOR, "canary.checked"))
    assert sum(entry.facts["check"] == "images" for entry in checks) >= 3


def test_a_site_file_that_is_broken_meanwhile_is_told_and_not_the_end(site: Path) -> None:
    (site.parent / "state" / "frame.jpg").write_bytes(b"\xff\xd8\xff\xe0 a face")
    whole = site.read_text()
    site.write_text("site: [")
    rounds = told_by(site, 20, lambda: site.write_text(whole))
    assert rounds[0][0].level == Level.WARN
    assert "site.yaml" in rounds[0][0].message
    assert "frame.jpg" in rounds[-1][0].message


def test_a_fault_of_our_own_is_told_and_does_not_end_the_looking(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site.parent / "state" / "frame.jpg").write_bytes(b"\xff\xd8\xff\xe0 a face")
    whole = housekeeping_module.look

    def faulty(described: SiteFile) -> list[Check]:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(housekeeping_module, "look", faulty)
    mended = lambda: monkeypatch.setattr(housekeeping_module, "look", whole)  # noqa: E731
    rounds = told_by(site, 20, mended)
    assert "RuntimeError: nobody thought of this" in rounds[0][0].message
    assert "frame.jpg" in rounds[-1][0].message
