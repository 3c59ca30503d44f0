# SPDX-License-Identifier: Apache-2.0
"""The canary finds what is planted, says what it could not look at, and is heard of."""

import os
import threading
import time
from pathlib import Path

import pytest
from at_rest_keys import write_key
from click.testing import CliRunner
from compliance_site import access, assessment
from lesser_user import as_nobody, folder_of_all, needs_root

from privcv_compliance.cli.canary import command
from privcv_compliance.evidence.running_processes import Processes, Running
from privcv_compliance.keeping import canary, canary_watch
from privcv_compliance.keeping.canary import FOUND, OK, UNCHECKED, Check, look, tell
from privcv_compliance.keeping.canary_watch import EACH_S, STALE_DAYS, CanaryWatch
from privcv_compliance.operator_log import OPERATOR
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import Entry
from privcv_core.audit.log import AuditLog
from privcv_core.audit.verify import read_chain
from privcv_core.node.health import Level
from privcv_perception.errors import PerceptionError
from privcv_perception.residue import live_images
from privcv_perception.residue.live_images import LeftImage

DAY_S = 86400


@pytest.fixture(autouse=True)
def running(monkeypatch: pytest.MonkeyPatch) -> list[Running]:
    """The processes that run here: none, until a test adds some."""
    processes: list[Running] = []
    monkeypatch.setattr(canary, "running_processes", lambda: Processes(tuple(processes)))
    return processes


def state_of(site: SiteFile, name: str) -> Check:
    return next(check for check in look(site) if check.name == name)


def camera() -> Running:
    return Running(4711, ("DetectionNode",), None, "/lobby", ("lobby",))


def test_a_site_as_it_should_be_has_no_finding(site: SiteFile) -> None:
    assert [check for check in look(site) if check.state == FOUND] == []
    assert state_of(site, "images").state == OK


def test_a_planted_image_is_found_once_and_told(site: SiteFile) -> None:
    planted = site.state / "frame.jpg"
    planted.write_bytes(b"\xff\xd8\xff\xe0 a face")
    found = state_of(site, "images")
    assert found.state == FOUND
    assert "frame.jpg: a JPEG image" in found.findings[0]
    for _ in range(2):
        tell(site, look(site))
    faults = [
        entry.facts["what"]
        for entry in read_chain(site.audit.folder, OPERATOR, "fault")
        if entry.facts["where"] == "canary"
    ]
    assert len(faults) == 1, "the same finding is a fault once"
    assert "frame.jpg" in str(faults[0])
    planted.unlink()
    tell(site, look(site))
    assert canary.last_checks(site.audit.folder)["images"].facts["state"] == OK


def test_a_name_that_is_no_text_blinds_nobody(site: SiteFile) -> None:
    """Whoever may put a file there chooses the bytes of its name; all of them look on."""
    planted = os.fsencode(site.state) + b"/r\xe9sum\xe9.jpg"
    with open(planted, "wb") as file:
        file.write(b"\xff\xd8\xff\xe0 a face")
    os.chmod(planted, 0o666)
    checks = {check.name: check for check in look(site)}
    tell(site, checks.values())
    for name, words in (("images", "a JPEG image"), ("permissions", "others can write it")):
        assert checks[name].state == FOUND
        assert any(rf"r\udce9sum\udce9.jpg: {words}" in one for one in checks[name].findings)
    for document in (access(site), assessment(site), assessment(site).translated("de")):
        assert r"r\udce9sum\udce9.jpg" in document.markdown().encode().decode()
        document.to_json().encode()


@pytest.mark.parametrize(
    ("name", "mode", "words"),
    [("ledger.db", 0o644, "others can read it"), ("audit", 0o777, "others can write it")],
)
def test_what_others_may_read_or_write_is_found(
    site: SiteFile, name: str, mode: int, words: str
) -> None:
    assert state_of(site, "permissions").state == OK
    os.chmod(site.state / name, mode)
    found = state_of(site, "permissions")
    assert found.state == FOUND
    assert words in found.findings[0]


@needs_root
def test_a_folder_that_cannot_be_looked_into_is_not_called_well() -> None:
    """Each user's audit log is closed to others where processes are users of their own."""
    with folder_of_all() as folder:
        (folder / "site.yaml").write_text(
            "site: library\nstate: state\ncameras:\n  lobby:\n"
            "    source: {kind: v4l2, uri: /dev/video0}\n"
            "    zones: {door: {polygon_m: [0, 0, 1, 0, 1, 1]}}\n"
        )
        (folder / "state" / "audit" / "privcv-camera").mkdir(parents=True)
        (folder / "state" / "audit" / "privcv-camera").chmod(0o700)
        site = SiteFile.read(folder / "site.yaml")

        def permissions() -> list[object]:
            check = canary._checked("permissions", canary.CHECKS["permissions"], site)
            return [check.state, check.findings]

        assert permissions() == [OK, ()]
        state, (why,) = as_nobody(permissions)
        assert state == UNCHECKED
        assert why.endswith("privcv-camera: Permission denied; ask again as root")
        (folder / "state" / "open").touch()
        (folder / "state" / "open").chmod(0o666)
        state, (finding,) = as_nobody(permissions)
        assert (state, finding) == (FOUND, f"{folder}/state/open: others can write it (mode 666)")


def test_a_store_in_the_clear_is_found_where_a_key_is_named(site: SiteFile, tmp_path: Path) -> None:
    assert state_of(site, "at rest").state == UNCHECKED
    key = write_key(tmp_path / "at-rest.key")
    site.path.write_text(site.path.read_text() + f"at_rest_key: {key}\n")
    found = state_of(SiteFile.read(site.path), "at rest")
    assert found.state == FOUND
    assert any("ledger.db: is in the clear" in words for words in found.findings)


def test_an_image_in_a_camera_process_is_found_and_who_may_not_look_says_so(
    site: SiteFile, running: list[Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state_of(site, "residue") == Check(
        "residue", UNCHECKED, ("no camera process runs here",)
    )
    running.append(camera())
    monkeypatch.setattr(live_images, "left_images", lambda pid: [LeftImage("JPEG", "heap", 1234)])
    assert state_of(site, "residue").findings == (
        "process 4711 keeps a JPEG of 1234 bytes in its heap",
    )

    def refused(pid: int) -> list[LeftImage]:
        raise PerceptionError("ask again as root")

    monkeypatch.setattr(live_images, "left_images", refused)
    assert state_of(site, "residue") == Check("residue", UNCHECKED, ("ask again as root",))


def test_cameras_without_a_guard_and_what_the_guard_found_are_findings(
    site: SiteFile, running: list[Running]
) -> None:
    running.append(camera())
    assert state_of(site, "guard").findings == (
        "the guard does not run, and cameras do", "the guard has never looked",
    )  # fmt: skip
    running.append(Running(4712, ("GuardNode",), None))
    with AuditLog(site.audit, "guard") as log:
        log.append("graph.checked", findings=0, digest="")
    assert state_of(site, "guard").state == OK
    with AuditLog(site.audit, "guard") as log:
        log.append("graph.checked", findings=2, digest="")
    assert "the guard has 2 findings" in state_of(site, "guard").findings[0]


def test_the_command_records_and_its_status_tells(site: SiteFile) -> None:
    words = ["--site", str(site.path)]
    assert CliRunner().invoke(command, words).exit_code == 0
    (site.state / "core").write_bytes(b"\x7fELF")
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 1
    assert "core: a core dump or a program" in result.output
    assert set(canary.last_checks(site.audit.folder)) == set(canary.CHECKS)


def test_the_assessment_says_what_was_last_checked_and_when(site: SiteFile) -> None:
    def said() -> str:
        return assessment(site).markdown()

    assert "When leaks were last looked for: not measured." in said()
    (site.state / "frame.png").write_bytes(b"\x89PNG")
    tell(site, look(site))
    when = canary.last_checks(site.audit.folder)["images"].time[:16].replace("T", " ")
    assert f"Leaks, check 'images': last looked on {when} UTC, something found." in said()
    assert f"Leaks, check 'permissions': last looked on {when} UTC, nothing found." in said()
    assert "Lecks, Prüfung 'images': zuletzt gesucht am" in (
        assessment(site).translated("de").markdown()
    )


def test_diagnostics_show_findings_and_that_nobody_looks(site: SiteFile) -> None:
    watch = CanaryWatch(site.audit.folder)
    watch.look()
    assert (watch.problems, watch.values) == ([], {"canary": "never looked"})
    tell(site, [Check("images", FOUND, ("frame.jpg",)), Check("schema", OK)])
    watch.look()
    ((level, words),) = watch.problems
    assert (level, words[:27]) == (Level.ERROR, "canary: images: 1 findings ")
    tell(site, [Check("images", OK)])
    watch.look()
    assert watch.problems == []
    ticks = iter([0.0])
    with AuditLog(
        site.audit, "lobby.tracking", monotonic=lambda: next(ticks, (STALE_DAYS + 1.0) * DAY_S)
    ) as log:
        log.append("fault", where="here", what="days later")
    watch.look()
    ((level, words),) = watch.problems
    assert level == Level.WARN
    assert "looked last 4 days of running ago" in words
    CanaryWatch(None).look()


def test_a_log_that_takes_long_to_read_keeps_the_guard_waiting_for_nothing(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []
    ended = threading.Event()

    def last_checks(folder: Path) -> dict[str, Entry]:
        reads.append(folder)
        assert ended.wait(30)
        return {}

    monkeypatch.setattr(canary_watch, "last_checks", last_checks)
    watch = CanaryWatch(site.audit.folder)
    for now_s in (0.0, EACH_S, 2 * EACH_S):
        watch.look_aside(now_s)  # returns while the log is still being read
    assert (watch.values, len(reads)) == ({}, 1)
    ended.set()
    while not watch.values:
        time.sleep(0.01)
    assert watch.values == {"canary": "never looked"}
