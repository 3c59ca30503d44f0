# SPDX-License-Identifier: Apache-2.0
"""What a site keeps is encrypted, gets another key, is opened again; and nothing of it is lost."""

import os
from datetime import date
from pathlib import Path

import pytest
from at_rest_keys import on_disk, write_key
from compliance_site import NOW, REPORT, access, run

from privcv_compliance.answers.requests import register, requests_in
from privcv_compliance.assessment.dpia import assess
from privcv_compliance.cli.at_rest import command
from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.keeping.resealing import kept_files, reseal, rotate
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.at_rest.keys import name_keys, read_keys
from privcv_core.audit.files import chains_in
from privcv_core.audit.verify import verify_chain
from privcv_core.authorization.record_file import load_signed, withdraw, withdrawn_ids
from privcv_core.errors import KeyFileError, PrivcvError
from privcv_core.files import atomic_file, folder
from privcv_core.protocol.canonical_json import canonical
from privcv_privacy.budget.ledger import Ledger
from privcv_uplink.outbox.outbox import Outbox

NAMES = (b"lobby", b"City of Example", b"A. Example", b"2026/17", b"frames", b"occupancy", b"door")
"""Planted: a camera, a zone, people and bodies, a case, what was counted."""


def keep(site: SiteFile) -> None:
    """Something in every store."""
    record = site.camera("lobby").authorization
    assert record is not None
    assert record.file is not None
    withdraw(record.file, "controller", "test", NOW)
    release = {"sequence": 1, "zones": [REPORT], "dwell": []}
    outbox = Outbox(site.outbox)
    for sequence in range(1, 40):
        assert outbox.accept(sequence, canonical({**release, "sequence": sequence}))
    outbox.close()
    with operator_log(site.audit) as log:
        today = date(2026, 11, 20)
        register(log, "access", "gdpr", ["lobby"], today, "2026/17", today=today)


def named(site: SiteFile, key_file: Path) -> SiteFile:
    """The site with ``at_rest_key`` in its file."""
    lines = [line for line in site.path.read_text().splitlines() if "at_rest_key" not in line]
    site.path.write_text("\n".join([*lines, f"at_rest_key: {key_file}", ""]))
    return SiteFile.read(site.path)


def held(site: SiteFile) -> object:
    """All that the stores hold, as those see it who use them."""
    with Ledger(site.ledger, site.anchor) as ledger:
        releases = [(one.sequence, one.payload) for one in ledger.unacknowledged()]
        spent = ledger.spent("lobby|counts", 0), ledger.head
    outbox = Outbox(site.outbox)
    contents = outbox.contents()
    batches = outbox.hand_out(NOW, 100, 10**6)
    outbox.recall()
    outbox.close()
    chains = {
        chain: verify_chain(site.audit.folder, chain) for chain in chains_in(site.audit.folder)
    }
    assert not any(report.problems for report in chains.values())
    record = site.cameras["lobby"].authorization
    assert record is not None
    assert record.file is not None
    return (
        releases, spent, contents.pending, [batch.body_bytes for batch in batches],
        {name: report.head for name, report in chains.items() if name != "operator"},
        [request.reference for request in requests_in(site.audit.folder)],
        load_signed(record.file), withdrawn_ids(record.file),
    )  # fmt: skip


def stored(site: SiteFile) -> bytes:
    """The bytes of all that is kept; names of files tell the cameras, and may."""
    record = site.cameras["lobby"].authorization
    assert record is not None
    assert record.file is not None
    files = [*site.path.parent.glob("lobby.json*"), *site.state.rglob("*")]
    return b"".join(path.read_bytes() for path in files if path.is_file())


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return write_key(tmp_path / "at-rest.key")


def test_what_was_in_the_clear_is_sealed_and_all_of_it_is_there(
    site: SiteFile, key_file: Path
) -> None:
    keep(site)
    before = held(site)
    assert all(name in stored(site) for name in NAMES)
    site = named(site, key_file)
    assert "7 files rewritten" in run(command, "seal", "--site", str(site.path))
    assert not any(name in stored(site) for name in NAMES)
    assert held(site) == before
    assert not any(name in stored(site) for name in NAMES)
    assert all(not kept.is_clear for kept in kept_files(site))
    assert run(command, "seal", "--site", str(site.path)).startswith("0 files")
    assert "files rewritten" in run(command, "unseal", "--site", str(site.path))
    assert all(name in stored(site) for name in NAMES)
    site.path.write_text(site.path.read_text().replace(f"at_rest_key: {key_file}", ""))
    assert held(SiteFile.read(site.path)) == before


def test_a_site_that_is_sealed_from_the_start_never_writes_a_name(
    site: SiteFile, key_file: Path
) -> None:
    run(command, "seal", "--site", str(named(site, key_file).path))
    site = SiteFile.read(site.path)
    keep(site)
    assert not any(name in stored(site) for name in NAMES)
    assert scan_site(site).leftovers == ()
    assert str(access(site).facts["outcome"]).startswith("nothing")
    document = assess(site, scan_site(site), read_facts(site.audit.folder), NOW)
    assert "lobby" in str(document)


def test_every_file_gets_the_new_key_and_the_old_one_opens_nothing(
    site: SiteFile, key_file: Path, tmp_path: Path
) -> None:
    site = named(site, key_file)
    reseal(site, read_keys(key_file))
    keep(site)
    before = held(site)
    old = tmp_path / "old.key"
    old.write_bytes(key_file.read_bytes())
    old.chmod(0o600)
    newest = rotate(site, key_file)
    assert read_keys(key_file).keys == (newest,)
    assert held(site) == before
    assert {key for kept in kept_files(site) for key in kept.keys} == {newest.id.hex()}
    assert read_keys(old).newest.id not in on_disk(site.state)
    name_keys(old)
    with pytest.raises(KeyFileError, match="is encrypted with key"):
        held(site)


@pytest.mark.parametrize("moment", range(0, 10, 2))
def test_an_interruption_at_any_moment_loses_nothing_and_is_continued(
    site: SiteFile, key_file: Path, moment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each renaming, which is where the old file goes."""
    site = named(site, key_file)
    reseal(site, read_keys(key_file))
    keep(site)
    before = held(site)
    left = [moment]

    def counted(original: object) -> object:
        def rename(*names: object, **places: object) -> None:
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            original(*names, **places)  # type: ignore[operator]

        return rename

    with monkeypatch.context() as patch:
        patch.setattr(atomic_file.os, "replace", counted(os.replace))
        patch.setattr(folder.os, "rename", counted(os.rename))
        with pytest.raises(KeyboardInterrupt):
            rotate(site, key_file)
    name_keys(key_file)
    assert held(site) == before
    rotate(site, key_file)
    assert held(site) == before
    assert len(read_keys(key_file).keys) == 1


def test_what_is_in_use_is_refused(site: SiteFile, key_file: Path) -> None:
    site = named(site, key_file)
    name_keys(None)
    with Ledger(site.ledger, site.anchor):
        name_keys(key_file)
        with pytest.raises(ComplianceError, match=r"ledger\.db: is in use; stop the graph"):
            reseal(site, read_keys(key_file))


def test_a_wrong_key_changes_nothing(site: SiteFile, key_file: Path, tmp_path: Path) -> None:
    site = named(site, key_file)
    reseal(site, read_keys(key_file))
    before = on_disk(site.state)
    wrong = named(site, write_key(tmp_path / "wrong.key"))
    for attempt in (
        lambda: Ledger(wrong.ledger, wrong.anchor),
        lambda: read_facts(wrong.audit.folder).is_whole or pytest.fail("it reads the log"),
        lambda: run(command, "seal", "--site", str(wrong.path)),
    ):
        with pytest.raises((PrivcvError, pytest.fail.Exception)):
            attempt()
    assert on_disk(site.state) == before


def test_a_key_file_is_made_once_and_can_keep_older_keys(tmp_path: Path) -> None:
    first, second = tmp_path / "first.key", tmp_path / "second.key"
    assert "keep a copy" in run(command, "key", str(first))
    assert first.stat().st_mode & 0o777 == 0o600
    with pytest.raises(PrivcvError, match="first"):
        run(command, "key", str(first))
    run(command, "key", str(second), "--after", str(first))
    assert read_keys(second).keys[1:] == read_keys(first).keys
