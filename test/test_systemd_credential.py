# SPDX-License-Identifier: Apache-2.0
"""The key for encryption at rest, as systemd grants a credential to a user that is not root."""

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from at_rest_keys import on_disk, write_key
from lesser_user import NOBODY, as_nobody, folder_of_all, needs_root

from privcv_compliance.operator_log import OPERATOR, operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.verify import read_chain
from privcv_core.errors import PrivcvError

pytestmark = needs_root
CREDS = shutil.which("systemd-creds")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A site whose key is a credential, in a folder of nobody's; root's folder for credentials."""
    with folder_of_all() as folder:
        path = folder / "site.yaml"
        path.write_text(
            "site: library\nstate: state\nat_rest_key: credential\ncameras:\n  lobby:\n"
            "    source: {kind: v4l2, uri: /dev/video0}\n"
            "    zones: {door: {polygon_m: [0, 0, 1, 0, 1, 1]}}\n"
        )
        (folder / "state").mkdir()
        os.chown(folder / "state", NOBODY, NOBODY)
        credentials = folder / "credentials"
        credentials.mkdir(mode=0o755)
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
        SiteFile.read(path)  # and with it what is imported then, which nobody may not read
        yield path


def given_by_list(key: Path) -> None:
    """Root's, 0400, and an access list with the user: it shows as 0440."""
    key.chmod(0o400)
    no_id = 2**32 - 1
    rows = ((1, 4, no_id), (2, 4, NOBODY), (4, 0, no_id), (16, 4, no_id), (32, 0, no_id))
    content = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *row) for row in rows)
    try:
        os.setxattr(key, "system.posix_acl_access", content)
    except OSError as error:
        pytest.skip(f"this file system has no access lists: {error.strerror}")
    assert key.stat().st_mode & 0o777 == 0o440


def given_away(key: Path) -> None:
    """Where there are no access lists: the user's, 0400."""
    key.chmod(0o400)
    os.chown(key, NOBODY, NOBODY)


def write_and_read(path: Path) -> list[str]:
    """Write an entry as a unit of the site does; what a reader with the key reads, or the error."""
    try:
        site = SiteFile.read(path)
        with operator_log(site.audit) as log:
            log.append("fault", where="here", what="a word of its own")
        entries = read_chain(site.audit.folder, OPERATOR, "fault")
        return [str(entry.facts["what"]) for entry in entries]
    except PrivcvError as error:
        return [str(error)]


@pytest.mark.parametrize("give", [given_by_list, given_away])
def test_a_unit_reads_its_key_as_systemd_gives_it(site: Path, give: object) -> None:
    key = write_key(site.parent / "credentials" / "at-rest-key")
    assert callable(give)
    give(key)
    assert as_nobody(lambda: write_and_read(site)) == ["a word of its own"]
    assert b"a word of its own" not in on_disk(site.parent / "state")


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_one_that_was_given_to_nobody_else_is_said_to_be_out_of_reach(
    site: Path, mode: int
) -> None:
    write_key(site.parent / "credentials" / "at-rest-key").chmod(mode)
    (said,) = as_nobody(lambda: write_and_read(site))
    assert said.endswith("at-rest-key: cannot be read: Permission denied")


def test_without_the_credential_it_is_said_what_the_unit_lacks(site: Path) -> None:
    (said,) = as_nobody(lambda: write_and_read(site))
    assert "LoadCredentialEncrypted=at-rest-key:FILE" in said


@pytest.mark.skipif(CREDS is None, reason="needs systemd-creds")
def test_what_systemd_encrypts_and_decrypts_is_the_key(site: Path, tmp_path: Path) -> None:
    """The commands of docs/accountability.md, with systemd's key for where there is no TPM."""
    ours = write_key(tmp_path / "at-rest.key", older=(write_key(tmp_path / "older.key"),))
    sealed = tmp_path / "at-rest.cred"
    done = subprocess.run(
        [str(CREDS), "encrypt", "--with-key=tpm2-absent", "--name=at-rest-key", ours, sealed],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"systemd-creds does not encrypt here: {done.stderr.strip()}")
    assert ours.read_bytes().split()[0] not in sealed.read_bytes()
    given = site.parent / "credentials" / "at-rest-key"
    subprocess.run(
        [str(CREDS), "decrypt", "--name=at-rest-key", str(sealed), str(given)],
        check=True, capture_output=True,
    )  # fmt: skip
    given_away(given)
    assert as_nobody(lambda: write_and_read(site)) == ["a word of its own"]
