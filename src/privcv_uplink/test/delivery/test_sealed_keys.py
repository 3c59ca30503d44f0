# SPDX-License-Identifier: Apache-2.0
"""A key file that only the TPM of its machine opens; and the commands that seal and unseal it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from software_tpm import SoftwareTpm, needs_tpm, software_tpm

from privcv_across.attestation.sealed_file import check_sealed
from privcv_across.attestation.tpm_device import Tpm, machine_tpm
from privcv_across.errors import TpmError
from privcv_core.errors import KeyFileError
from privcv_uplink.cli.keys import command
from privcv_uplink.delivery import device_keys

pytestmark = needs_tpm


@pytest.fixture(scope="module")
def chip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftwareTpm]:
    with software_tpm(tmp_path_factory.mktemp("tpm") / "one") as on:
        yield on


@pytest.fixture
def path(tmp_path: Path, chip: SoftwareTpm, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRIVCV_TPM", chip.tcti)
    path = tmp_path / "uplink-key.json"
    device_keys.new(path)
    return path


def run(*arguments: str, answer: str = "") -> str:
    done = CliRunner().invoke(command, list(arguments), input=answer, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def sealed(path: Path, *pcrs: str) -> str:
    """Seal by the command; returns the recovery key, which is shown once."""
    options = [part for pcr in pcrs for part in ("--pcr", pcr)]
    return run("seal", "--file", str(path), *options).split()[-1]


def test_it_is_read_as_before_and_holds_no_secret_in_the_clear(path: Path) -> None:
    before = device_keys.read(path)
    secret = json.loads(path.read_text())["keys"][0]["secret"]
    recovery = sealed(path)
    content = path.read_text()
    assert json.loads(content)["pcrs"] == [7, 11]
    assert secret not in content
    assert recovery not in content
    check_sealed(json.loads(content))
    for note in ("a note about somebody", "A" * 5000):
        for name in ("content", "recovery"):
            with pytest.raises(TpmError, match="none of a key file"):
                check_sealed({**json.loads(content), name: note})
    assert path.stat().st_mode & 0o777 == 0o600
    assert device_keys.read(path) == before
    run("unseal", "--file", str(path))
    assert json.loads(path.read_text())["keys"][0]["secret"] == secret


def test_another_state_of_the_machine_needs_the_recovery_key(path: Path, chip: SoftwareTpm) -> None:
    before = device_keys.read(path)
    recovery = sealed(path, "14")
    with Tpm(chip.tcti) as tpm:
        tpm.esys.pcr_event(tpm.tss.ESYS_TR.PCR14, b"another kernel")
    with pytest.raises(TpmError, match="does not give it out"):
        device_keys.read(path)
    for wrong in ("", "AAAA", "A" * 52, recovery[:-1] + ("A" if recovery[-1] != "A" else "Q")):
        with pytest.raises(TpmError):
            device_keys.unseal(path, wrong or "?")
    run("unseal", "--file", str(path), "--recovery", answer=f"{recovery.lower()}\n")
    assert device_keys.read(path) == before
    sealed(path, "14")
    assert device_keys.read(path) == before


def test_another_machine_does_not_open_it(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(path)
    with software_tpm(tmp_path / "two") as other:
        monkeypatch.setenv("PRIVCV_TPM", other.tcti)
        with pytest.raises(TpmError, match="does not give it out"):
            device_keys.read(path)


def test_what_was_changed_in_it_does_not_open(path: Path) -> None:
    recovery = sealed(path)
    whole = json.loads(path.read_text())
    for name in whole:
        for value in (None, "AAAA", [7], 2):
            path.write_text(json.dumps({**whole, name: value}))
            with pytest.raises(TpmError):
                device_keys.unseal(path, recovery if name == "recovery" else None)


def test_it_is_sealed_once_and_not_rotated_meanwhile(path: Path) -> None:
    with pytest.raises(KeyFileError, match="is not sealed"):
        device_keys.unseal(path, None)
    sealed(path)
    with pytest.raises(KeyFileError, match="unseal"):
        device_keys.rotate(path)
    with machine_tpm() as tpm, pytest.raises(KeyFileError, match="already"):
        device_keys.seal(path, tpm, (7,))


def test_what_is_no_way_to_a_tpm_is_refused() -> None:
    for tcti in ("cmd:touch /tmp/x", "/tmp/libevil.so", "", "device:/dev/x y"):
        with pytest.raises(TpmError, match="is no TPM"):
            Tpm(tcti)
