# SPDX-License-Identifier: Apache-2.0
"""One server that adds up, and a holder of the key who is offline but for a moment a window.

Of each device and window the server takes one signed ciphertext. As it closes a window it adds the
whole integer noise, encrypted, and hands on *one* ciphertext; the holder decrypts that, and adds
the whole noise once more. So epsilon covers a visit while one of the two is honest, as with two
collectors. What those have and this has not is a proof that a site's counts are counts. A site can
add any number, and a server can hand on the counts of one site as a sum, which then have the
holder's noise alone: a visit is covered, the rates of that site are not.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from privcv_across.errors import MalformedShare, ParameterError, RefusedReport, TooFewSites
from privcv_across.homomorphic.bfv import LARGEST_SUM, PublicKey, SecretKey
from privcv_across.noise.integer_laplace import IntegerLaplace
from privcv_core.protocol.signing import SigningKey, verify_signature


@dataclass(frozen=True)
class EncryptedReport:
    """One site's counts of a window (``time``, in windows since 1970)."""

    device: str
    """Its public Ed25519 key, base64url."""
    time: int
    ciphertext: bytes
    signature: str


def encrypt_report(
    task_id: bytes, device: SigningKey, key: PublicKey, time: int, counts: list[int], cap: int
) -> EncryptedReport:
    """Raises ``MeasurementError``, and ``ParameterError`` for counts over the task's cap, which
    nobody else can check."""
    if any(not 0 <= count <= cap for count in counts):
        raise ParameterError(f"counts: must be 0 to {cap}")
    ciphertext = key.encrypt(counts)
    signature = device.sign(_signed(task_id, device.public, time, ciphertext))
    return EncryptedReport(device.public, time, ciphertext, signature)


def check_report(
    task_id: bytes, roster: frozenset[str], key: PublicKey, report: EncryptedReport
) -> None:
    """What the server asks of each, of which it takes one of a device and window; raises
    ``RefusedReport``."""
    signed = _signed(task_id, report.device, report.time, report.ciphertext)
    if report.device not in roster or not verify_signature(report.device, report.signature, signed):
        raise RefusedReport("invalid_message", "report: no device of the roster signed it")
    try:
        key.add([report.ciphertext])
    except MalformedShare as error:
        raise RefusedReport("invalid_message", f"report: {error}") from error


def close_encrypted(
    key: PublicKey,
    noise: IntegerLaplace,
    ciphertexts: Mapping[str, bytes],
    min_sites: int,
    cap: int,
) -> bytes:
    """The server's part: the encrypted sum with its noise, of the ciphertexts by device.

    It has to be committed before the holder gets it, and be the same bytes for ever. Raises
    ``TooFewSites``, ``MalformedShare``, and ``ParameterError`` where the sum could overflow.
    """
    if len(ciphertexts) < min_sites:
        raise TooFewSites(f"close: {len(ciphertexts)} sites; the task asks for {min_sites}")
    if len(ciphertexts) * cap > LARGEST_SUM // 2:
        raise ParameterError(f"close: {len(ciphertexts)} sites of up to {cap} are too much to add")
    drawn = key.encrypt(noise.draw(key.length))
    return key.add([*(ciphertexts[device] for device in sorted(ciphertexts)), drawn])


def open_total(
    key: SecretKey, noise: IntegerLaplace, encrypted: bytes, length: int
) -> tuple[int, ...]:
    """The holder's part: the total with the noise of both. Once a window; raises
    ``MalformedShare``."""
    own = noise.draw(length)
    return tuple(
        count + one for count, one in zip(key.decrypt(encrypted, length), own, strict=True)
    )


def _signed(task_id: bytes, device: str, time: int, ciphertext: bytes) -> bytes:
    digest = hashlib.sha256(ciphertext).digest()
    return (
        b"privcv encrypted report\n" + task_id + device.encode() + time.to_bytes(8, "big") + digest
    )
