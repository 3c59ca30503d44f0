# SPDX-License-Identifier: Apache-2.0
"""A server that sends no intermediate certificate is told from an authority that nobody knows."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from privcv_uplink.errors import CertificateError
from privcv_uplink.transports.errors_in_words import in_words
from privcv_uplink.transports.pinning import server_pin

Key = ec.EllipticCurvePrivateKey


def certificate(subject: str, key: Key, issuer: str, by: Key, ca: bool) -> x509.Certificate:
    now = datetime.now(timezone.utc) - timedelta(minutes=5)
    named = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(named[0])
        .issuer_name(named[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
        .add_extension(
            x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False), critical=True
        )
    )
    if not ca:
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(by, hashes.SHA256())


@pytest.fixture
def chain(tmp_path: Path) -> dict[str, Path]:
    """Files: the root, a chain with and one without the intermediate, and the key."""
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "between", "leaf")}
    root = certificate("Root", keys["root"], "Root", keys["root"], True)
    between = certificate("Issuing CA 1", keys["between"], "Root", keys["root"], True)
    leaf = certificate("localhost", keys["leaf"], "Issuing CA 1", keys["between"], False)
    pem = {
        "root": root.public_bytes(Encoding.PEM),
        "whole": leaf.public_bytes(Encoding.PEM) + between.public_bytes(Encoding.PEM),
        "short": leaf.public_bytes(Encoding.PEM),
        "key": keys["leaf"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    }
    for name, content in pem.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in pem}


@pytest.fixture
def port(request: pytest.FixtureRequest, chain: dict[str, Path]) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain[request.param], chain["key"])
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("port", ["whole"], indirect=True)
def test_a_whole_chain_is_valid(port: int, chain: dict[str, Path]) -> None:
    assert server_pin("localhost", port, chain["root"])[0].startswith("sha256/")


@pytest.mark.parametrize("port", ["short"], indirect=True)
def test_a_missing_intermediate_is_named_with_both_ways_out(
    port: int, chain: dict[str, Path]
) -> None:
    with pytest.raises(CertificateError) as refused:
        server_pin("localhost", port, chain["root"])
    said = str(refused.value)
    assert "issued by 'CN=Issuing CA 1'" in said
    assert "fullchain.pem" in said
    assert "--ca-file" in said


@pytest.mark.parametrize("port", ["short"], indirect=True)
def test_the_uplink_says_that_a_chain_may_be_incomplete(port: int, chain: dict[str, Path]) -> None:
    context = ssl.create_default_context(cafile=chain["root"])
    with (
        pytest.raises(ssl.SSLCertVerificationError) as refused,
        socket.create_connection(("localhost", port)) as connection,
    ):
        context.wrap_socket(connection, server_hostname="localhost")
    words = in_words(refused.value)
    assert words.blocked
    assert "chain is incomplete" in str(words)
    assert len(str(words)) <= 64
