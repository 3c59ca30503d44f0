# SPDX-License-Identifier: Apache-2.0
"""Sealed texts say nothing without their key, open only where they belong, and tell of changes."""

import base64
import os
from pathlib import Path

import pytest
from at_rest_keys import write_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from privcv_core.at_rest.key_check import check_keys, renew_check
from privcv_core.at_rest.keys import keys_in_use, name_keys, read_keys
from privcv_core.at_rest.sealed_text import seal, unseal
from privcv_core.errors import KeyFileError


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = write_key(tmp_path / "at-rest.key")
    name_keys(path)
    return path


def test_without_keys_nothing_is_changed() -> None:
    assert seal("log", b"lobby") == b"lobby"
    assert unseal("log", b"lobby") == b"lobby"


def test_the_form_is_aes_256_gcm_as_it_is_documented(key_file: Path) -> None:
    """Opened here from the parts alone: key file, HKDF, nonce, tag."""
    secret = base64.urlsafe_b64decode(key_file.read_text().split()[0] + "=")
    key = HKDF(SHA256(), 32, None, b"privcv at rest texts").derive(secret)
    mark, key_id, text = seal("log", b"lobby").split(b" ")
    raw = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    assert (mark, len(key_id)) == (b"privcv-sealed-1", 8)
    assert AESGCM(key).decrypt(raw[:12], raw[12:], b"log") == b"lobby"


def test_equal_texts_are_sealed_differently(key_file: Path) -> None:
    assert seal("log", b"lobby") != seal("log", b"lobby")


def test_a_text_opens_only_in_its_place_and_unchanged(key_file: Path) -> None:
    sealed = seal("log", b"lobby")
    with pytest.raises(ValueError, match="belongs elsewhere"):
        unseal("another log", sealed)
    for place in range(25, len(sealed)):
        changed = sealed[:place] + (b"A" if sealed[place : place + 1] != b"A" else b"B")
        with pytest.raises(ValueError, match="was changed"):
            unseal("log", changed + sealed[place + 1 :])


def test_a_missing_and_a_wrong_key_are_named(key_file: Path, tmp_path: Path) -> None:
    sealed = seal("log", b"lobby")
    name_keys(None)
    with pytest.raises(KeyFileError, match=r"encrypted with key [0-9a-f]{8}: name the key file"):
        unseal("log", sealed)
    name_keys(write_key(tmp_path / "other.key"))
    with pytest.raises(KeyFileError, match=r"other\.key has [0-9a-f]{8}: name the file"):
        unseal("log", sealed)


def test_an_older_key_opens_what_it_sealed_and_the_newest_seals(
    key_file: Path, tmp_path: Path
) -> None:
    before = seal("log", b"lobby")
    name_keys(write_key(tmp_path / "new.key", older=(key_file,)))
    assert unseal("log", before) == b"lobby"
    assert seal("log", b"lobby").split()[1] != before.split()[1]


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        ("", 0o600, "holds no key"),
        ("# a note\n", 0o600, "holds no key"),
        ("c2hvcnQ\n", 0o600, r":1: is not a key of 32 bytes"),
        ("not base64!\n", 0o600, r":1: is not a key"),
        ("A" * 43 + "\n", 0o644, "others can read it"),
    ],
)
def test_a_file_that_is_no_key_file_is_refused(
    tmp_path: Path, content: str, mode: int, words: str
) -> None:
    path = tmp_path / "at-rest.key"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=words):
        read_keys(path)


def test_a_key_file_that_is_missing_is_refused_when_it_is_needed(tmp_path: Path) -> None:
    name_keys(tmp_path / "none.key")
    with pytest.raises(KeyFileError, match="make one with 'privcv at-rest key FILE'"):
        seal("log", b"lobby")


def test_a_credential_is_read_where_systemd_puts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_keys("credential")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(KeyFileError, match="LoadCredentialEncrypted=at-rest-key"):
        keys_in_use()
    given = write_key(tmp_path / "at-rest-key")
    os.chmod(given, 0o440)  # as systemd grants it
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    ring = keys_in_use()
    assert ring is not None
    assert ring.keys == read_keys(given).keys


def test_a_wrong_or_missing_key_is_found_at_the_start(key_file: Path, tmp_path: Path) -> None:
    check = tmp_path / "at-rest.check"
    check_keys(check)
    made = check.read_bytes()
    check_keys(check)
    name_keys(write_key(tmp_path / "other.key"))
    with pytest.raises(KeyFileError, match="is encrypted with key"):
        check_keys(check)
    name_keys(None)
    with pytest.raises(KeyFileError, match="what is kept here is encrypted: set at_rest_key"):
        check_keys(check)
    assert check.read_bytes() == made
    name_keys(tmp_path / "other.key")
    renew_check(check)
    check_keys(check)
