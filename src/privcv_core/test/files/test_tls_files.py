# SPDX-License-Identifier: Apache-2.0
"""Errors of TLS files name the file that is at fault."""

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from privcv_core.errors import TlsFileError
from privcv_core.files.tls_files import load_authorities, load_certificate
from privcv_core.protocol.demo_certificates import DemoCertificates, demo_certificates


@pytest.fixture
def tls(tmp_path: Path) -> DemoCertificates:
    return demo_certificates(tmp_path / "tls")


def context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def encrypted(key: Path) -> Path:
    """The same key with a passphrase."""
    secret = load_pem_private_key(key.read_bytes(), None)
    form = BestAvailableEncryption(b"secret")
    locked = key.with_name("locked.key")
    locked.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, form))
    locked.chmod(0o600)
    return locked


def test_a_certificate_and_its_key_are_loaded(tls: DemoCertificates) -> None:
    load_certificate(context(), tls.certificate, tls.key)
    load_authorities(context(), tls.ca_file)


def test_the_file_that_is_at_fault_is_named(tls: DemoCertificates, tmp_path: Path) -> None:
    other = demo_certificates(tmp_path / "other")
    text = tmp_path / "text.pem"
    text.write_text("this is no certificate")
    cases = [
        ((tls.certificate, other.key), f"{other.key}: is not the key of"),
        ((tls.certificate, text), f"{text}: holds no private key"),
        ((text, tls.key), f"{text}: holds no certificate"),
        ((tls.key, tls.key), f"{tls.key}: holds no certificate"),
        ((tls.certificate, tls.certificate), f"{tls.certificate}: holds no private key"),
        ((tmp_path, tls.key), f"{tmp_path}: cannot be read: Is a directory"),
        ((tls.certificate, tmp_path / "none"), f"{tmp_path}/none: cannot be read: No such file"),
        ((tls.certificate, encrypted(tls.key)), f"{tls.key.parent}/locked.key: is encrypted"),
    ]
    for (certificate, key), words in cases:
        with pytest.raises(TlsFileError) as refused:
            load_certificate(context(), certificate, key)
        assert str(refused.value).startswith(words)
    with pytest.raises(TlsFileError, match=r"text\.pem: cannot be used as authorities"):
        load_authorities(context(), text)
