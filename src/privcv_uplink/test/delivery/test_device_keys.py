# SPDX-License-Identifier: Apache-2.0
"""The key file: its owner's alone, never lost in a rotation, never shown."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from privcv_core.errors import FileWriteError, KeyFileError
from privcv_core.protocol import base64url
from privcv_core.protocol.signing import ALGORITHMS
from privcv_uplink.cli.keys import command
from privcv_uplink.delivery import device_keys


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "uplink-key.json"


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_what_was_made_is_read_again(path: Path, alg: str) -> None:
    made = device_keys.new(path, alg)
    assert device_keys.read(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_file_of_version_0_1_0_is_read_and_written_the_same(path: Path) -> None:
    recorded = (Path(__file__).parent / "recorded_uplink-key.json").read_text(encoding="utf-8")
    path.parent.mkdir()
    path.write_text(recorded)
    path.chmod(0o600)
    device = device_keys.read(path)
    assert device.device == "f378532069990579f8d0783a1749531c"
    assert [(stored.key.alg, stored.key.key_id, stored.key.public) for stored in device.keys] == [
        ("Ed25519", "12d44394f9b19f6d", "u-XyJJxcRwVV_vALP2bQdaLZ5ghPOuhGKKRN-REnPGI"),
        ("HMAC-SHA256", "419bc9f5c68e00aa", "ZPQSMHQTIcgfKOTJLIzV_UiNeug7xlTAI4R1Qhc5ySI"),
        ("Ed25519", "ff2153fdd65790f2", "PPqX1Hory1w3hNMl7c9kr62AepUkFYlBAv2TRTzZis0"),
    ]
    device_keys.rotate(path)
    kept = json.loads(path.read_text())
    assert kept.pop("keys")[1:] == json.loads(recorded).pop("keys")
    assert kept == {"device": device.device, "v": 1}


def test_a_rotation_that_cannot_be_written_keeps_the_keys(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = device_keys.new(path)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(FileWriteError, match="No space left"):
            device_keys.rotate(path)
    assert device_keys.read(path) == made
    assert list(path.parent.iterdir()) == [path]


def test_device_ids_are_128_bits_of_the_digest_of_their_first_key(tmp_path: Path) -> None:
    made = [device_keys.new(tmp_path / str(n)) for n in range(50)]
    assert len({device.device for device in made}) == 50
    for device in made:
        key = base64url.decode(device.newest.public)
        wanted = hashlib.sha256(b"privcv device\nEd25519\n" + key).hexdigest()[:32]
        assert device.device == wanted


def test_the_first_key_is_kept_whatever_is_rotated(path: Path) -> None:
    """With it alone a device proves to another collector that its id is its own."""
    first = device_keys.new(path).newest
    for _ in range(7):
        device = device_keys.rotate(path)
    assert device_keys.read(path) == device
    assert device.first == first
    assert len(device.keys) == device_keys.KEYS_KEPT + 1


def test_a_key_file_is_never_replaced(path: Path) -> None:
    device_keys.new(path)
    with pytest.raises(KeyFileError, match="exists already"):
        device_keys.new(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620])
def test_a_file_that_others_can_read_or_write_is_refused(path: Path, mode: int) -> None:
    device_keys.new(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        device_keys.read(path)


def test_a_systemd_credential_may_carry_the_mask_of_its_access_list(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device_keys.new(path)
    path.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(path.parent))
    device_keys.read(path)
    path.chmod(0o444)
    with pytest.raises(KeyFileError):
        device_keys.read(path)


def test_another_users_file_is_refused(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to give a file away")
    device_keys.new(path)
    os.chown(path, 12345, 12345)
    with pytest.raises(KeyFileError, match="another user"):
        device_keys.read(path)


def test_rotation_puts_the_new_key_first_and_keeps_older_ones(path: Path) -> None:
    device = device_keys.new(path)
    seen = [device.newest.key_id]
    for _ in range(6):
        device = device_keys.rotate(path)
        assert device == device_keys.read(path)
        seen.insert(0, device.newest.key_id)
        kept = seen[: device_keys.KEYS_KEPT] + seen[device_keys.KEYS_KEPT :][-1:]
        assert [stored.key.key_id for stored in device.keys] == kept
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"v":1}',
        '{"device":"zz","keys":[],"v":1}',
        json.dumps({"device": "00 " * 16, "keys": [], "v": 1}),
        json.dumps({"device": 7, "keys": [], "v": 1}),
        "\x00",
        "[" * 9999,
    ],
)
def test_what_is_no_key_file_is_an_error_in_words(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="is not a key file"):
        device_keys.read(path)


def test_a_missing_file_says_what_to_do(path: Path) -> None:
    with pytest.raises(KeyFileError, match="privcv keys new"):
        device_keys.read(path)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_the_command_never_shows_a_secret(path: Path, alg: str) -> None:
    runner = CliRunner()
    for arguments in (["new", "--alg", alg], ["rotate"], ["show"], ["show", "--json"]):
        result = runner.invoke(command, [*arguments, "--file", str(path)])
        assert result.exit_code == 0, result.output
        secrets = [item["secret"] for item in json.loads(path.read_text())["keys"]]
        assert not any(secret in result.output for secret in secrets)
    shown = json.loads(result.output)
    assert shown["device"] == device_keys.read(path).device
    assert [item["key_id"] for item in shown["keys"]] == [
        stored.key.key_id for stored in device_keys.read(path).keys
    ]
