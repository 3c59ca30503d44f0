# SPDX-License-Identifier: Apache-2.0
"""A small certificate authority for demonstrations and tests, so that they run over real TLS.

Certificates are those of RFC 5280, keys P-256 in PEM files that only their owner can read.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.folder import make_folder
from privcv_core.files.secret_file import read_secret
from privcv_core.protocol.pin import public_key_pin


@dataclass(frozen=True)
class ServerCertificate:
    """Files (PEM) of a server, and its pin."""

    certificate: Path
    key: Path
    pin: str


@dataclass(frozen=True)
class DemoCertificates:
    """What a demonstration's collector and uplink need. The second pin is that of a spare key."""

    ca_file: Path
    certificate: Path
    key: Path
    pins: tuple[str, str]


def demo_certificates(
    folder: Path, hosts: Sequence[str] = ("localhost", "127.0.0.1")
) -> DemoCertificates:
    """Make an authority, a server certificate for ``hosts`` and a spare key in ``folder``."""
    authority = Authority(folder)
    server = authority.issue("server", hosts)
    spare = _new_key(folder / "server-spare.key")
    return DemoCertificates(
        ca_file=authority.certificate,
        certificate=server.certificate,
        key=server.key,
        pins=(server.pin, public_key_pin(spare.public_key())),
    )


class Authority:
    """A root that signs for as long as this object lives: its own key is never written."""

    def __init__(self, folder: Path, name: str = "privcv demonstration authority") -> None:
        make_folder(folder)
        self.folder = folder
        self.certificate = folder / "ca.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        root = (
            _builder(self._name, self._name, self._key.public_key(), _now(), timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(sign_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
        )
        write_atomically(
            self.certificate, root.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        )

    def issue(
        self,
        name: str,
        hosts: Sequence[str],
        *,
        start: datetime | None = None,
        lifetime: timedelta = timedelta(days=90),
        key_file: Path | None = None,
    ) -> ServerCertificate:
        """Sign a certificate for ``hosts``, for a new key or the one in ``key_file``.

        It serves servers and clients (mTLS) alike.
        """
        key_path = key_file or self.folder / f"{name}.key"
        key = _read_key(key_path) if key_file else _new_key(key_path)
        certificate = (
            _builder(_name(name), self._name, key.public_key(), start or _now(), lifetime)
            .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(sign_certificates=False), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
                ),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        path = self.folder / f"{name}.pem"
        write_atomically(path, certificate.public_bytes(Encoding.PEM))
        return ServerCertificate(path, key_path, public_key_pin(key.public_key()))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    start: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + lifetime)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _new_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_atomically(path, content, mode=0o600)
    return key


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(read_secret(path), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _now() -> datetime:
    """A minute ago, so that a peer whose clock is a little behind agrees."""
    return datetime.now(timezone.utc) - timedelta(minutes=1)
