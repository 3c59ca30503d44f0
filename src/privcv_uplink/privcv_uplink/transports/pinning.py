# SPDX-License-Identifier: Apache-2.0
"""TLS 1.3 to a certificate that is valid *and* holds a pinned public key.

The pin is checked inside the handshake: where it fails, there is no connection to write to, so no
library above can send a byte of a request first. Chain, dates and host name are checked by OpenSSL
as always; pinning the key (SPKI, RFC 7469 section 2.4) survives the renewal of the certificate.
"""

import socket
import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from privcv_core.errors import TlsFileError
from privcv_core.files.regular_file import open_to_read
from privcv_core.files.secret_file import MAX_SECRET_BYTES, check_secret
from privcv_core.files.tls_files import load_authorities, load_certificate
from privcv_core.files.tls_reload import ReloadedTls
from privcv_core.protocol.pin import public_key_pin
from privcv_uplink.errors import CertificateError
from privcv_uplink.settings import UplinkSettings

UNKNOWN_ISSUER = (20, 21)
"""OpenSSL's codes of a certificate whose issuer is neither known nor sent."""


class PinMismatch(ssl.SSLCertVerificationError):
    """The certificate is valid, but its public key is not one that was pinned."""


def pinned_context(
    pins: Iterable[str],
    ca_file: Path | None = None,
    client_certificate: Path | None = None,
    client_key: Path | None = None,
) -> ssl.SSLContext:
    """A client context that speaks TLS 1.3 only and only to a holder of a pinned key.

    ``ca_file`` replaces the system's authorities. Raises ``CertificateError``, and ``KeyFileError``
    where others can read the client's key.
    """
    context = _PinnedContext(ssl.PROTOCOL_TLS_CLIENT)  # CERT_REQUIRED and check_hostname are on
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.pins = frozenset(pins)
    if not context.pins:
        raise CertificateError("pins: name at least one, see 'privcv pin'")
    if ca_file is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    try:
        if ca_file is not None:
            load_authorities(context, ca_file)
        if client_certificate is not None:
            key = client_key or client_certificate
            check_secret(key)
            load_certificate(context, client_certificate, key)
    except TlsFileError as error:
        raise CertificateError(str(error)) from error
    return context


def reloaded_context(settings: UplinkSettings) -> ReloadedTls:
    """The context of an uplink's settings, whose files are read again where they changed.

    Raises as ``pinned_context`` does.
    """
    files = (settings.ca_file, settings.client_certificate, settings.client_key)
    return ReloadedTls(
        lambda: pinned_context(settings.pins, *files), files, settings.client_certificate
    )


def certificate_pin(der: bytes) -> str:
    """Pin of a certificate's public key, ``sha256/…``; raises ``CertificateError``."""
    try:
        key = x509.load_der_x509_certificate(der).public_key()
    except ValueError as error:
        raise CertificateError(f"certificate: cannot be read: {error}") from error
    return public_key_pin(key)


def file_pin(path: Path) -> str:
    """Pin of the key in a PEM file: a certificate, or a private key kept for later.

    Raises ``CertificateError``, and ``KeyFileError`` where others can read a private key.
    """
    try:
        with open_to_read(path, follow=True) as file:
            text = file.read(MAX_SECRET_BYTES)
    except OSError as error:
        raise CertificateError(f"{path}: cannot be read: {error.strerror}") from error
    if b"PRIVATE KEY-----" in text:
        check_secret(path)
    try:
        if b"CERTIFICATE-----" in text:
            return public_key_pin(x509.load_pem_x509_certificate(text).public_key())
        return public_key_pin(load_pem_private_key(text, password=None).public_key())
    except (ValueError, TypeError) as error:
        raise CertificateError(f"{path}: holds no certificate or plain private key") from error


def server_pin(host: str, port: int, ca_file: Path | None = None) -> tuple[str, str]:
    """Pin of a server with a valid certificate, and until when that is valid (``notAfter``)."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            load_authorities(context, ca_file)
        except TlsFileError as error:
            raise CertificateError(str(error)) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        with (
            socket.create_connection((host, port), timeout=10.0) as connection,
            context.wrap_socket(connection, server_hostname=host) as secure,
        ):
            der = secure.getpeercert(binary_form=True)
            details = secure.getpeercert()
    except ssl.SSLCertVerificationError as error:
        hint = ""
        if error.verify_code in UNKNOWN_ISSUER:
            hint = _issuer_hint(host, port)
        elif ca_file is None:
            hint = "; name its authority with --ca-file"
        raise CertificateError(
            f"{host}:{port}: the certificate is not valid: {error.verify_message}{hint}"
        ) from error
    except (OSError, ValueError) as error:
        raise CertificateError(f"{host}:{port}: no TLS 1.3 connection: {error}") from error
    return certificate_pin(der or b""), str((details or {}).get("notAfter", "unknown"))


def _issuer_hint(host: str, port: int) -> str:
    """What to do where a certificate's issuer is not known: the server may not have sent it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # to look, not to talk
    try:
        with (
            socket.create_connection((host, port), timeout=10.0) as connection,
            context.wrap_socket(connection, server_hostname=host) as secure,
        ):
            der = secure.getpeercert(binary_form=True) or b""
        issuer = x509.load_der_x509_certificate(der).issuer.rfc4514_string()
    except (OSError, ValueError):
        return ""
    return (
        f": it was issued by '{issuer}'. Either the server does not send the certificate of this "
        "intermediate authority: give it the whole chain (fullchain.pem); or nobody here knows "
        "the authority: name it with --ca-file"
    )


class _PinnedObject(ssl.SSLObject):
    """What asyncio shakes hands with."""

    def do_handshake(self) -> None:
        super().do_handshake()
        _check(self.getpeercert(binary_form=True), self.context)


class _PinnedSocket(ssl.SSLSocket):
    """What blocking clients, such as paho, shake hands with."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        _check(self.getpeercert(binary_form=True), self.context)


class _PinnedContext(ssl.SSLContext):
    pins: frozenset[str]
    sslobject_class = _PinnedObject
    sslsocket_class = _PinnedSocket


def _check(der: bytes | None, context: ssl.SSLContext) -> None:
    pins = context.pins if isinstance(context, _PinnedContext) else frozenset()
    pin = certificate_pin(der) if der else "none"
    if pin not in pins:
        raise PinMismatch(f"the server's key {pin} is not among the {len(pins)} pinned keys")
