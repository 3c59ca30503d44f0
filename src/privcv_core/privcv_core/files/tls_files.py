# SPDX-License-Identifier: Apache-2.0
"""Certificates, their keys and authorities for TLS: errors name the file that is at fault.

Nobody is asked for a passphrase: OpenSSL would do so at the terminal of a service, and wait.
"""

import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from privcv_core.errors import TlsFileError
from privcv_core.files.input_file import read_input

_MAX_BYTES = 1 << 20


def load_certificate(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Let ``context`` show the chain in ``certificate`` (PEM). Raises ``TlsFileError``."""
    chain = _read(certificate)
    secret = _read(key)
    if b"ENCRYPTED" in secret:
        raise TlsFileError(
            f"{key}: is encrypted, and nobody is there to type its passphrase: write it out with "
            f"'openssl pkey -in {key}', into a file of mode 0600 or a systemd credential"
        )
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0].public_key()
    except ValueError as error:
        raise TlsFileError(f"{certificate}: holds no certificate (PEM)") from error
    try:
        own = load_pem_private_key(secret, password=None).public_key()
    except (ValueError, TypeError) as error:
        raise TlsFileError(f"{key}: holds no private key (PEM)") from error
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if leaf.public_bytes(*form) != own.public_bytes(*form):
        raise TlsFileError(f"{key}: is not the key of the first certificate in {certificate}")
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except OSError as error:  # ssl.SSLError is one
        raise TlsFileError(f"{certificate}: cannot be used: {_words(error)}") from error


def load_authorities(context: ssl.SSLContext, authorities: Path) -> None:
    """Let ``context`` trust the authorities in a file (PEM). Raises ``TlsFileError``."""
    _read(authorities)
    try:
        context.load_verify_locations(cafile=authorities)
    except OSError as error:
        words = _words(error)
        raise TlsFileError(f"{authorities}: cannot be used as authorities: {words}") from error


def _read(path: Path) -> bytes:
    try:
        return read_input(path, _MAX_BYTES)
    except OSError as error:
        raise TlsFileError(f"{path}: cannot be read: {error.strerror}") from error


def _words(error: OSError) -> str:
    reason = getattr(error, "reason", None) or error.strerror or error
    return str(reason).replace("_", " ").lower()
