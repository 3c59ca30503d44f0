# SPDX-License-Identifier: Apache-2.0
"""Enrolment of an attestation key: only the TPM with the endorsement key can answer.

``TPM2_MakeCredential`` by hand (part 1, 24; annex B.10.4), so that who enrols needs no TPM and no
TSS. The secret comes out of ``TPM2_ActivateCredential`` only where the attestation key lies in the
same TPM as the endorsement key. The answer is signed by the device's Ed25519 key, which the first
quote names in its turn: key, attestation key and TPM are one device.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from Cryptodome.Cipher import AES
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from privcv_across.attestation.tpm_format import (
    name_of,
    read_attestation_key,
    read_endorsement_key,
)
from privcv_across.attestation.tpm_verify import Enrolled
from privcv_across.errors import AttestationError
from privcv_across.messages.presentation import opaque
from privcv_core.protocol.signing import SigningKey, verify_signature

SECRET_SIZE = 30
"""With its length two blocks of AES; a TPM takes up to 32."""
LONGEST_CHAIN = 4
_EK_CERTIFICATE = x509.ObjectIdentifier("2.23.133.8.1")


@dataclass(frozen=True)
class Challenge:
    """What a device is asked (``credential``, ``seed``: TPM2B contents), and who asks keeps."""

    device: str
    name: bytes
    credential: bytes
    seed: bytes
    secret: bytes = field(repr=False)

    def check(self, answer: bytes, signature: str) -> Enrolled:
        """The enrolled attester; raises ``AttestationError`` for another answer."""
        if not hmac.compare_digest(answer, self.secret):
            raise AttestationError(
                "enrolment: the attestation key is not in the TPM of that endorsement key"
            )
        if not verify_signature(self.device, signature, _answered(self.name, answer)):
            raise AttestationError("enrolment: the device's key did not sign the answer")
        return Enrolled(self.device, self.name)


def challenge(
    device: str,
    attestation_key: bytes,
    endorsement_key: bytes,
    certificates: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    now: datetime,
    known: Sequence[bytes] = (),
) -> Challenge:
    """A new challenge for the TPM with that endorsement key (both keys: TPMT_PUBLIC).

    The endorsement key must be certified by its maker (``certificates``: its own first, then up to
    one of ``roots``), or its SHA-256 Name be one of ``known``, that somebody read off the device.
    Raises ``AttestationError``.
    """
    key = read_endorsement_key(endorsement_key)
    read_attestation_key(attestation_key)
    if name_of(endorsement_key) not in known:
        _check_certificates(key, certificates, roots, now)
    name, secret = name_of(attestation_key), secrets.token_bytes(SECRET_SIZE)
    return Challenge(device, name, *make_credential(key, name, secret), secret)


def sign_answer(device: SigningKey, attestation_key: bytes, answer: bytes) -> str:
    """What the device sends beside the secret that its TPM gave it."""
    return device.sign(_answered(name_of(attestation_key), answer))


def make_credential(key: RSAPublicKey, name: bytes, secret: bytes) -> tuple[bytes, bytes]:
    """(TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET), both without their lengths."""
    seed = secrets.token_bytes(32)
    sealed = key.encrypt(seed, OAEP(MGF1(SHA256()), SHA256(), b"IDENTITY\0"))
    cipher = AES.new(kdf(seed, b"STORAGE", name, 128), AES.MODE_CFB, bytes(16), segment_size=128)
    identity = cipher.encrypt(opaque(secret, 2))
    mac = hmac.digest(kdf(seed, b"INTEGRITY", b"", 256), identity + name, "sha256")
    return opaque(mac, 2) + identity, sealed


def kdf(key: bytes, label: bytes, context: bytes, bits: int) -> bytes:
    """KDFa with SHA-256 (part 1, 11.4.10.2), for at most one block."""
    content = b"\0\0\0\1" + label + b"\0" + context + bits.to_bytes(4, "big")
    return hmac.digest(key, content, "sha256")[: bits // 8]


def _check_certificates(
    key: RSAPublicKey,
    certificates: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    now: datetime,
) -> None:
    if not certificates or len(certificates) > LONGEST_CHAIN:
        raise AttestationError("endorsement key: has no certificate, and is on no list")
    first, *above = certificates
    if first.public_key() != key or not _is_for_endorsement(first):
        raise AttestationError("endorsement key: the certificate is for another key or use")
    issued = first
    for issuer in above:
        _check_issued(issued, issuer, now)
        issued = issuer
    for root in roots:
        if root == issued or root.subject == issued.issuer:
            return _check_issued(issued, root, now)
    raise AttestationError("endorsement key: no maker that is known certified it")


def _check_issued(issued: x509.Certificate, issuer: x509.Certificate, now: datetime) -> None:
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as error:
        raise AttestationError("endorsement key: its certificates do not fit together") from error
    for one in (issued, issuer):
        if not constraints.ca or not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            raise AttestationError("endorsement key: a certificate is no maker's, or out of date")


def _is_for_endorsement(certificate: x509.Certificate) -> bool:
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return _EK_CERTIFICATE in uses


def _answered(name: bytes, answer: bytes) -> bytes:
    return b"privcv enrolment of a TPM\n" + name + hashlib.sha256(answer).digest()
